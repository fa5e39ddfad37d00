//! Tests the random sequences: drivers with one fault each must be found out within so many sequences of one seed, and the
//! sequence that shows it must be small.
//!
//! The driver underneath is the simplest, in a plain directory. One without a fault shows that the wrapping is not what is
//! found.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use conformance::Subject;
use conformance::faults::Fault;
use conformance::faulty::Faulty;
use conformance::random::lapses::{Forgetful, Lapse};
use conformance::random::{self, Budget, Plan};
use drivers::sandbox::{Ground, Run, enter};
use drivers::{Backing, Driver, Error, ErrorKind, Host, Options, Result};
use libtest_mimic::{Arguments, Failed, Trial};

/// The driver that is made faulty: it has the fewest declared deviations.
const DRIVER: &str = "vfs";

/// `LAYERBENCH_SEED` asks with another.
const SEED: u64 = 2;

/// What is enough to find any of them.
const SEQUENCES: u64 = 600;

/// What is small.
const STEPS: usize = 6;

/// Faults of drivers that show in sequences, too.
const FAULTS: [Fault; 5] = [
    Fault::WhiteoutsForgotten,
    Fault::XattrsLost,
    Fault::LinksSplit,
    Fault::DeletionsMissed,
    Fault::ExportedLinksLost,
];

#[derive(Debug, Clone, Copy)]
enum Broken {
    Nothing,
    Lapse(Lapse),
    Fault(Fault),
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let run = enter().and_then(|()| {
        let user = rustix::process::getuid().as_raw();
        Run::create(Path::new(&format!("/var/tmp/layerbench-test-{user}")))
    });
    let run = match run {
        Ok(run) => Arc::new(run),
        Err(error) => {
            tracing::error!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let lapses = Lapse::ALL.map(Broken::Lapse);
    let faults = FAULTS.map(Broken::Fault);
    let all = lapses.into_iter().chain(faults).chain([Broken::Nothing]);
    let trials = all.enumerate().map(|(number, broken)| {
        let run = Arc::clone(&run);
        let name = match broken {
            Broken::Nothing => "control".to_owned(),
            Broken::Lapse(lapse) => format!("{lapse:?}"),
            Broken::Fault(fault) => format!("{fault:?}"),
        };
        Trial::test(name, move || {
            judge(&run, number, broken).map_err(|error| Failed::from(error.to_string()))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn judge(run: &Run, number: usize, broken: Broken) -> Result<()> {
    let mut subject = subject(run, number, broken)?;
    let sequences = match broken {
        Broken::Nothing => 30,
        _ => SEQUENCES,
    };
    let seed = std::env::var("LAYERBENCH_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SEED);
    let plan = Plan::new(seed, Budget::Sequences(sequences));
    let outcome = random::run(&mut subject, &plan, &mut |_| ControlFlow::Continue(()));
    subject.close()?;
    let wrong = |why: String| Err(Error::new(ErrorKind::Io, "judge the sequences").because(why));
    match (broken, outcome.failure) {
        (Broken::Nothing, None) => Ok(()),
        (Broken::Nothing, Some(failure)) => wrong(format!("nothing is wrong, yet\n{failure}")),
        (_, None) => wrong(format!("nothing found in {} sequences", outcome.sequences)),
        (_, Some(failure)) if failure.smallest.steps.len() > STEPS => {
            wrong(format!("not small:\n{failure}"))
        }
        (_, Some(failure)) => {
            // The text alone shows it again.
            let text = failure.smallest.to_string();
            let Ok(sequence) = text.parse() else {
                return wrong(format!("{text:?} is not read back"));
            };
            let mut subject = self::subject(run, number + 1000, broken)?;
            let again = random::replay(&mut subject, &sequence);
            subject.close()?;
            match again.failure {
                Some(_) => Ok(()),
                None => wrong(format!("{text} does not fail when it is replayed")),
            }
        }
    }
}

fn subject(run: &Run, number: usize, broken: Broken) -> Result<Subject> {
    let name = format!("broken-{number}");
    let ground = Ground::create(run, &name, Backing::Directory, 0, &Host::detect())?;
    let scratch = run.directory(&format!("{name}-scratch"))?;
    let root = ground.root().clone();
    let opened = AtomicU32::new(0);
    let open = move || {
        let inner = drivers::backend(DRIVER)?.open(&root, &Options::default())?;
        let again = opened.fetch_add(1, Ordering::Relaxed) > 0;
        Ok(match broken {
            Broken::Nothing => Box::new(Faulty::new(inner, Fault::None, again)?) as Box<dyn Driver>,
            Broken::Lapse(lapse) => Box::new(Forgetful::new(inner, lapse)),
            Broken::Fault(fault) => Box::new(Faulty::new(inner, fault, again)?),
        })
    };
    Subject::new(open, &scratch)
}
