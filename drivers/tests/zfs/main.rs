//! The zfs driver with the real zfs-fuse (or the kernel module, where there is one).
//!
//! The process enters its private mount namespace before any thread starts. Some trials run this program once more, as
//! a process that is killed or that stays outside a private namespace; see `faults`.

mod bench;
mod caches;
mod faults;
mod life;

use std::process::ExitCode;

use drivers::Support;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if let Ok(role) = std::env::var(bench::ROLE) {
        return faults::play(&role);
    }
    let arguments = Arguments::from_args();
    let mut missing = None;
    if !arguments.list {
        if let Err(error) = drivers::sandbox::enter() {
            say(&error.to_string());
            return ExitCode::FAILURE;
        }
        let zfs = drivers::backend("zfs").expect("it is registered");
        if let Support::Missing(why) = zfs.probe(&drivers::Host::detect()) {
            say(&format!("not run: {}; {}", why.what, why.fix));
            missing = Some(());
        }
    }
    let trials: Vec<Trial> = [caches::trials(), life::trials(), faults::trials()]
        .into_iter()
        .flatten()
        .map(|trial| trial.with_ignored_flag(missing.is_some()))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a test program's own words")]
fn say(text: &str) {
    eprintln!("{text}");
}
