//! overlay2 and fuse-overlayfs with real mounts, on /var/tmp and on filesystems of their own.
//!
//! The process enters its private mount namespace before any thread starts, because a FUSE daemon is started from a
//! thread of the library and must see the same mounts.

mod apis;
mod changes;
mod daemons;
mod grounds;
mod life;
mod support;

use libtest_mimic::{Arguments, Trial};

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list
        && let Err(error) = drivers::sandbox::enter()
    {
        eprintln_error(&error);
        return std::process::ExitCode::FAILURE;
    }
    let trials: Vec<Trial> = [
        life::trials(),
        apis::trials(),
        changes::trials(),
        daemons::trials(),
        grounds::trials(),
    ]
    .into_iter()
    .flatten()
    .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a test program's own failure")]
fn eprintln_error(error: &drivers::Error) {
    eprintln!("{error}");
}
