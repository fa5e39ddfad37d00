//! layerbench: which container storage driver, and is it correct?
//!
//! The binary: command line, schedule, cache control, host facts. Progress goes to standard error, the document to
//! standard output; exit codes are in [`exit`].

mod bench;
mod between;
mod cache;
mod catalogue;
mod checkup;
mod cli;
mod commands;
mod conform;
mod counters;
mod counting;
mod describe;
mod examined;
mod exit;
mod hostfacts;
mod inside;
mod interrupt;
mod known;
mod layout;
mod noise;
mod outfile;
mod packed;
mod profile;
mod progress;
mod records;
mod rounds;
mod runs;
mod schedule;
mod select;
mod settings;
mod small;
mod spoken;
mod stores;
mod subjects;
mod vm;
mod workplace;

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

/// The variable with the log filter.
const LOG: &str = "LAYERBENCH_LOG";

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            };
            // A closed pipe (`layerbench --help | head`) is no failure.
            drop(error.print());
            if let Some(whence) = cli::whence(&error) {
                progress::say(&format!("layerbench: {whence}"));
            }
            return ExitCode::from(code);
        }
    };
    let log = match log_filter(cli.verbose) {
        Ok(filter) => filter,
        Err(error) => return ExitCode::from(exit::report(&error)),
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        // A closed standard error is no reason to panic.
        .log_internal_errors(false)
        .with_env_filter(log)
        .init();
    match commands::dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => ExitCode::from(exit::report(&error)),
    }
}

/// What is logged: as `LAYERBENCH_LOG` says, else as many `-v` do.
fn log_filter(verbose: u8) -> anyhow::Result<EnvFilter> {
    let level = ["error", "info", "debug"][usize::from(verbose).min(2)];
    match std::env::var(LOG) {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text).map_err(|error| {
            exit::coded(
                exit::USAGE,
                format!("{LOG} is no log filter such as debug or drivers=debug: {text:?}: {error}"),
            )
        }),
        _ => Ok(EnvFilter::new(level)),
    }
}
