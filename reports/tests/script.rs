//! The page's script, run by node: what it computes, file by file, without a browser.

use std::process::Command;

#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test of the script needs an engine, and says so where there is none"
)]
fn what_the_script_computes_is_right() {
    let checks = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/script/checks.js");
    match Command::new("node").arg(checks).output() {
        Err(why) => eprintln!("skipped: node could not be started ({why}): apt-get install nodejs"),
        Ok(output) => assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
