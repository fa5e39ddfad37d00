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

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            };
            // A closed pipe (`layerbench --help | head`) is no failure.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let level = ["error", "info", "debug"][usize::from(cli.verbose).min(2)];
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        // A closed standard error is no reason to panic.
        .log_internal_errors(false)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LAYERBENCH_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level)),
        )
        .init();
    match commands::dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => ExitCode::from(exit::report(&error)),
    }
}
