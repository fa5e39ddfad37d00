//! overlay2 and fuse-overlayfs with real mounts, on /var/tmp and on filesystems of their own.
//!
//! The process enters its private mount namespace before any thread starts, because a FUSE daemon is started from a
//! thread of the library and must see the same mounts.

mod apis;
mod changes;
mod daemons;
mod grounds;
mod life;
mod limits;
mod support;
mod userns;

use libtest_mimic::{Arguments, Trial};

fn main() -> std::process::ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(userns::CHILD) {
        return child(&words.collect::<Vec<_>>());
    }
    let arguments = Arguments::from_args();
    if !arguments.list
        && let Err(error) = drivers::sandbox::enter()
    {
        eprintln_error(&error);
        return std::process::ExitCode::FAILURE;
    }
    let trials: Vec<Trial> = [
        life::trials(),
        limits::trials(),
        apis::trials(),
        changes::trials(),
        daemons::trials(),
        grounds::trials(),
        userns::trials(),
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

#[expect(clippy::print_stdout, reason = "its caller reads the verdict there")]
fn child(words: &[String]) -> std::process::ExitCode {
    let outcome = match words {
        [subject, home] => userns::inside(subject, home.as_ref()),
        _ => return std::process::ExitCode::FAILURE,
    };
    match outcome {
        Ok(()) => println!("passed"),
        Err(error) => println!("{error}"),
    }
    std::process::ExitCode::SUCCESS
}
