//! `cargo test`: what is left when the power goes, when a process is killed, when a disk fails. Each trial makes disks of
//! its own: these are no cases of the suite, which runs in one opened driver. What they promise is listed in
//! `conformance::crash`.
//!
//! LAYERBENCH_CRASH_POINTS and LAYERBENCH_CRASH_SEED look at more moments, or at others; LAYERBENCH_CRASH_KILLS kills at more system
//! calls of each operation, at every one if there are no more (`make crash`).
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test runner's document is its standard output"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use conformance::crash::{ALL, Broken, Experiment, FAILED, FULL, KILLED, READ_ONLY, SYNCED};
use drivers::sandbox::{Run, enter};
use drivers::{Backing, Host, SubjectSpec, Support};
use libtest_mimic::{Arguments, Failed, Trial};

mod broken;
mod disk;
mod failing;
mod guardian;
mod judge;
mod kill;
mod log;
mod place;
mod power_cut;
mod read_only;
mod script;
mod trace;
mod turns;

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

/// Why a failing disk is not asked of a pool.
const UNASKED: &str = "a pool on a failing disk waits for it to work again, with failmode=continue too, and meanwhile zfs-fuse cannot even be ended";

/// Trials at a time.
const THREADS: usize = 1;

/// The work of this program when it is started as a process of its own.
type Child = fn(&[String]) -> drivers::Result<()>;

/// What is worth a line, or why it failed.
type Outcome = drivers::Result<Result<String, String>>;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let child: Option<Child> = match words.next().as_deref() {
        Some(kill::CHILD) => Some(kill::child),
        Some(guardian::CHILD) => Some(guardian::child),
        _ => None,
    };
    if let Some(child) = child {
        if let Err(error) = child(&words.collect::<Vec<_>>()) {
            eprintln!("{error}");
        }
        return ExitCode::FAILURE;
    }
    let mut arguments = Arguments::from_args();
    // Beside one another they keep each other's mounts open for a moment, and a copy is then written over under a mount.
    arguments.test_threads.get_or_insert(THREADS);
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
    guardian::start(run.dir())?;
    let sample = Sample {
        points: usize::try_from(number("LAYERBENCH_CRASH_POINTS", 8)).unwrap_or(8),
        everywhere: true,
        seed: number("LAYERBENCH_CRASH_SEED", 1),
    };
    let kills = usize::try_from(number("LAYERBENCH_CRASH_KILLS", 4)).unwrap_or(4);
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
        let asked_pool = asked.backing == Backing::Pool;
        let mut add = |what: &str, work: Box<dyn FnOnce() -> Outcome + Send>| {
            let mut name = format!("{name}::{what}");
            let kind = match (what, asked_pool) {
                ("kill", true) => turns::Kind::KillOnPool,
                ("kill", false) => turns::Kind::Kill,
                _ => turns::Kind::Other,
            };
            let unasked = asked_pool && what == "failing_disk";
            if unasked {
                name = format!("{name} ({UNASKED})");
            }
            let trial = Trial::test(name.clone(), move || {
                if unasked {
                    return Err(Failed::from(UNASKED));
                }
                let _turn = turns::wait(kind);
                let start = Instant::now();
                let outcome = work().map_err(|error| Failed::from(error.to_string()))?;
                let words = outcome.map_err(Failed::from)?;
                println!("{:.1} s, {name}: {words}", start.elapsed().as_secs_f64());
                Ok(())
            });
            trials.push(trial.with_ignored_flag(missing || unasked));
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
        add(
            "failing_disk",
            Box::new(move || failing::broken(&of, &there, &on)),
        );
        let (of, there, on) = (asked.clone(), Arc::clone(&run), host.clone());
        add(
            "full_disk",
            Box::new(move || failing::full(&of, &there, &on)),
        );
        let (of, there, on) = (asked.clone(), Arc::clone(&run), host.clone());
        // A pool becomes read-only by being imported anew, and by nothing else.
        if asked.backing != Backing::Pool {
            add(
                "read_only",
                Box::new(move || read_only::run(&of, &there, &on)),
            );
        }
        let (there, on) = (Arc::clone(&run), host.clone());
        let kills = kill::few(asked.backing, kills);
        add(
            "kill",
            Box::new(move || kill::run(&asked, text, &there, &on, kills)),
        );
    }
    for experiment in ALL {
        for how in experiment.broken_by {
            trials.push(caught(experiment, *how, &run, &host)?);
        }
    }
    // Those that take turns last: nobody waits for them but at the end.
    trials.sort_by_key(|trial| trial.name().contains("kill") || trial.name().contains(KILLED.name));
    // A trial that hangs does so in a thread that the guardian does not watch.
    drop(run);
    std::thread::scope(|scope| {
        scope
            .spawn(|| libtest_mimic::run(arguments, trials).exit_code())
            .join()
    })
    .map_err(|_| drivers::Error::new(drivers::ErrorKind::Io, "run the trials"))
}

/// A trial that asks a broken driver, and must say that the promise is not kept.
fn caught(
    experiment: &'static Experiment,
    how: Broken,
    run: &Arc<Run>,
    host: &Host,
) -> drivers::Result<Trial> {
    let subject = match experiment.name {
        name if name == SYNCED.name => "overlay2@ext4,volatile=on",
        _ if how == Broken::Boasts => "vfs@ext4,sync=never",
        _ => "vfs@ext4",
    };
    let mut asked = Asked::new(&subject.parse()?)?;
    asked.broken = Some(how);
    let missing = matches!(asked.backend.probe(host), Support::Missing(_));
    let name = format!("caught::{}::{}", how.name(), experiment.name);
    let (run, host) = (Arc::clone(run), host.clone());
    let kind = if experiment.name == KILLED.name {
        turns::Kind::Kill
    } else {
        turns::Kind::Other
    };
    let label = name.clone();
    let work = move || {
        let _turn = turns::wait(kind);
        let start = Instant::now();
        let sample = Sample {
            points: 8,
            everywhere: how == Broken::Boasts,
            seed: 1,
        };
        let outcome = match experiment.name {
            name if name == KILLED.name => kill::run(&asked, subject, &run, &host, 8),
            name if name == FAILED.name => failing::broken(&asked, &run, &host),
            name if name == READ_ONLY.name => read_only::run(&asked, &run, &host),
            name if name == FULL.name => failing::full(&asked, &run, &host),
            _ => power_cut::run(&asked, &run, &host, sample),
        };
        match outcome.map_err(|error| Failed::from(error.to_string()))? {
            // What is broken without any kill is no proof that kills are noticed.
            Err(words)
                if words.contains(&format!("{}:", experiment.name))
                    && !words.contains("not killed") =>
            {
                let seconds = start.elapsed().as_secs_f64();
                let seen = words.lines().nth(1).unwrap_or(&words);
                println!("{seconds:.1} s, {label}: {seen}");
                Ok(())
            }
            other => Err(Failed::from(format!(
                "{} That was not noticed: {other:?}",
                how.sentence()
            ))),
        }
    };
    Ok(Trial::test(name, work).with_ignored_flag(missing))
}
