//! The page of the largest run: small enough to be mailed, made in little memory. How long it takes is a benchmark.

mod big;

use std::process::Command;

const CHILD: &str = "the_child_that_is_measured";

/// Its own process, so that no other test's memory counts; run by the test below.
#[test]
#[ignore = "started by its parent"]
#[expect(clippy::print_stdout, reason = "what the parent reads")]
fn the_child_that_is_measured() {
    let page = reports::render(&big::results());
    // For looking at it.
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(dir.join("big.html"), &page).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    println!("{peak} page {}", page.len());
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a process of its own is what is measured"
)]
fn the_largest_page_is_small_and_takes_little_memory() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find(|line| line.contains("VmHWM")).unwrap();
    let numbers: Vec<u64> = line
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [kib, bytes] = numbers[..] else {
        panic!("{line}")
    };
    assert!(kib < 200 << 10, "{kib} KiB at most");
    assert!(bytes < 1_500_000, "{bytes} bytes");
}
