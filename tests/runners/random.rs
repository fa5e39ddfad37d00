//! Random sequences against every driver of this host, one trial each: the same ones on every machine.
//!
//! `LAYERBENCH_RANDOM_SECONDS` runs each driver for so long instead, `LAYERBENCH_RANDOM_SEED` from another seed; both are for runs by
//! hand. The runs end with the table of pairs of steps that met.
#![expect(
    clippy::print_stdout,
    reason = "a test runner's document is its standard output"
)]

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use conformance::random::{self, Budget, Coverage, Plan};
use drivers::sandbox::{Run, enter};
use drivers::{Host, SubjectSpec, Support};
use libtest_mimic::{Arguments, Failed, Trial};

// What the runner of cases needs of them is not needed here.
#[expect(dead_code, reason = "shared with the runner of cases")]
mod lab;
mod leaks;
mod watch;

use lab::Lab;
use watch::Watch;

/// Subjects beside each driver's default: options that change what may be refused and what stays linked.
const MORE: &[&str] = &["overlay2@ext4,metacopy=on,redirect_dir=on"];

/// What the slowest driver may take.
const LIMIT: Duration = Duration::from_secs(8);

/// Any number will do, as long as it stays.
const SEED: u64 = 20_260_703;

/// What all runs together met, and how far each came.
type Notes = Arc<Mutex<(Coverage, Vec<String>)>>;

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

fn run(arguments: &Arguments) -> drivers::Result<ExitCode> {
    enter()?;
    let host = Host::detect();
    let run = Arc::new(Run::create(&lab::work_dir())?);
    let (notes, watch) = (Notes::default(), Watch::start());
    let mut labs = Vec::new();
    let mut trials = Vec::new();
    for spec in specs()? {
        let name = lab::spell(&spec);
        if matches!(
            drivers::backend(&spec.driver)?.probe(&host),
            Support::Missing(_)
        ) {
            trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
            continue;
        }
        let lab = Arc::new(Lab::new(labs.len(), spec, Arc::clone(&run), host.clone()));
        labs.push(Arc::clone(&lab));
        trials.push(trial(lab, &notes, &watch));
    }
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(arguments, trials);
    if listing {
        return Ok(ExitCode::SUCCESS);
    }
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{}", notes.1.join("\n"));
    println!("{}", notes.0);
    lab::end(labs, run, conclusion.exit_code())
}

fn specs() -> drivers::Result<Vec<SubjectSpec>> {
    if let Ok(subjects) = std::env::var("LAYERBENCH_RANDOM_SUBJECTS") {
        return subjects.split_whitespace().map(str::parse).collect();
    }
    let defaults = drivers::ALL.iter().map(|backend| backend.name());
    defaults
        .chain(MORE.iter().copied())
        .map(str::parse)
        .collect()
}

/// A variable of the environment as a number.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn plan() -> Plan {
    let seed = number("LAYERBENCH_RANDOM_SEED").unwrap_or(SEED);
    match number("LAYERBENCH_RANDOM_SECONDS") {
        Some(seconds) => Plan::new(seed, Budget::Time(Duration::from_secs(seconds))),
        // The slowest driver comes as far as time allows, the others to the end.
        None => Plan {
            limit: LIMIT,
            ..Plan::new(seed, Budget::Sequences(40))
        },
    }
}

fn trial(lab: Arc<Lab>, notes: &Notes, watch: &Watch) -> Trial {
    let (notes, watch) = (Arc::clone(notes), watch.clone());
    Trial::test(lab.name().to_owned(), move || {
        let plan = plan();
        let start = std::time::Instant::now();
        let outcome = lab
            .with(&watch, |subject| {
                random::run(subject, &plan, &mut |_| ControlFlow::Continue(()))
            })
            .map_err(|error| error.to_string())?;
        let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.0.merge(&outcome.coverage);
        notes.1.push(format!(
            "{}: {} sequences, {} steps ({} refused as expected, {} left out) in {:.1} s{}",
            lab.name(),
            outcome.sequences,
            outcome.steps,
            outcome.refused,
            outcome.unasked,
            start.elapsed().as_secs_f64(),
            match outcome.lost.len() {
                0 => String::new(),
                count => format!(
                    ", {count} played again as the daemon was lost: {:?}",
                    outcome.lost
                ),
            }
        ));
        match outcome.failure {
            None => Ok(()),
            Some(failure) => Err(Failed::from(format!(
                "sequence {} of seed {} fails; shrunk from {} steps to\n{failure}\nto replay: {}",
                failure.case_no, plan.seed, failure.steps_before, failure.smallest
            ))),
        }
    })
}
