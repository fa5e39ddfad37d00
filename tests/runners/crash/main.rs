//! `cargo test`: what is left when the power goes, when a process is killed, when a disk fails. Each trial makes disks of
//! its own: these are no cases of the suite, which runs in one opened driver. What they promise is listed in
//! `conformance::crash`.
//!
//! LAYERBENCH_CRASH_POINTS and LAYERBENCH_CRASH_SEED look at more moments, or at others.
#![expect(
    clippy::print_stdout,
    reason = "a test runner's document is its standard output"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use drivers::sandbox::{Run, enter};
use drivers::{Backing, Host, SubjectSpec, Support};
use libtest_mimic::{Arguments, Failed, Trial};

mod disk;
mod judge;
mod log;
mod place;
mod power_cut;
mod script;

use place::Asked;
use power_cut::Sample;

/// Subjects beside each driver's default.
const MORE: &[&str] = &[
    "overlay2@xfs",
    "overlay2@ext4,sync=never",
    "btrfs@btrfs,sync=never",
    "overlay2@ext4,volatile=on",
    "vfs@xfs",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

fn run(arguments: &Arguments) -> drivers::Result<ExitCode> {
    enter()?;
    let host = Host::detect();
    let user = rustix::process::getuid().as_raw();
    let work = PathBuf::from(format!("/var/tmp/layerbench-test-{user}"));
    let run = Arc::new(Run::create(&work)?);
    let sample = Sample {
        points: usize::try_from(number("LAYERBENCH_CRASH_POINTS", 12)).unwrap_or(12),
        everywhere: true,
        seed: number("LAYERBENCH_CRASH_SEED", 1),
    };
    let defaults = drivers::ALL.iter().map(|backend| backend.name());
    let mut trials = Vec::new();
    for name in defaults.chain(MORE.iter().copied()) {
        let spec: SubjectSpec = name.parse()?;
        let asked = Asked::new(&spec)?;
        let name =
            drivers::subject::subject_name(&spec.driver, asked.backing.name(), &spec.options);
        let missing = matches!(asked.backend.probe(&host), Support::Missing(_));
        // Opening a pool takes ten times as long as mounting a filesystem.
        let sample = if asked.backing == Backing::Pool {
            Sample {
                everywhere: sample.points > 100,
                ..sample
            }
        } else {
            sample
        };
        let (run, host) = (Arc::clone(&run), host.clone());
        let trial = Trial::test(format!("{name}::power_cut"), move || {
            let outcome = power_cut::run(&asked, &run, &host, sample);
            match outcome.map_err(|error| Failed::from(error.to_string()))? {
                Ok(words) => {
                    println!("{name}: {words}");
                    Ok(())
                }
                Err(words) => Err(Failed::from(words)),
            }
        });
        trials.push(trial.with_ignored_flag(missing));
    }
    Ok(libtest_mimic::run(arguments, trials).exit_code())
}
