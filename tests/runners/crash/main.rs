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
mod failing;
mod judge;
mod kill;
mod log;
mod place;
mod power_cut;
mod script;
mod trace;

use place::Asked;
use power_cut::Sample;

/// Subjects beside each driver's default, for power cuts only.
const MORE: &[&str] = &[
    "overlay2@xfs",
    "overlay2@ext4,sync=never",
    "btrfs@btrfs,sync=never",
    "overlay2@ext4,volatile=on",
    "vfs@xfs",
];

/// What is worth a line, or why it failed.
type Outcome = drivers::Result<Result<String, String>>;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(kill::CHILD) {
        let outcome = kill::child(&words.collect::<Vec<_>>());
        if let Err(error) = &outcome {
            println!("{error}");
        }
        return ExitCode::FAILURE;
    }
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
        points: usize::try_from(number("LAYERBENCH_CRASH_POINTS", 8)).unwrap_or(8),
        everywhere: true,
        seed: number("LAYERBENCH_CRASH_SEED", 1),
    };
    let kills = usize::try_from(number("LAYERBENCH_CRASH_KILLS", 6)).unwrap_or(6);
    let defaults = drivers::ALL.iter().map(|backend| backend.name());
    let mut trials = Vec::new();
    for text in defaults.chain(MORE.iter().copied()) {
        let spec: SubjectSpec = text.parse()?;
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
        let mut add = |what: &str, work: Box<dyn FnOnce() -> Outcome + Send>| {
            let name = format!("{name}::{what}");
            let trial = Trial::test(name.clone(), move || {
                let outcome = work().map_err(|error| Failed::from(error.to_string()))?;
                let words = outcome.map_err(Failed::from)?;
                println!("{name}: {words}");
                Ok(())
            });
            trials.push(trial.with_ignored_flag(missing));
        };
        let (of, there, on) = (asked.clone(), Arc::clone(&run), host.clone());
        add(
            "power_cut",
            Box::new(move || power_cut::run(&of, &there, &on, sample)),
        );
        if !spec.options.0.is_empty() || spec.backing.is_some() {
            continue;
        }
        let (of, there, on) = (asked.clone(), Arc::clone(&run), host.clone());
        // A pool on a failing disk waits for it to work again; zfs-fuse then cannot even be ended, and this process with it.
        if asked.backing != Backing::Pool {
            add(
                "failing_disk",
                Box::new(move || failing::broken(&of, &there, &on)),
            );
        }
        let (of, there, on) = (asked.clone(), Arc::clone(&run), host.clone());
        add(
            "full_disk",
            Box::new(move || failing::full(&of, &there, &on)),
        );
        let (there, on) = (Arc::clone(&run), host.clone());
        let kills = kill::few(asked.backing, kills);
        add(
            "kill",
            Box::new(move || kill::run(&asked, text, &there, &on, kills)),
        );
    }
    Ok(libtest_mimic::run(arguments, trials).exit_code())
}
