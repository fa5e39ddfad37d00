//! Tests the suite: whatever promise is broken, the cases that say so must fail.
//!
//! One trial for each fault of each case, `fault::case`. The driver underneath is the simplest, in a plain directory. A
//! control without a fault shows that no case fails because of the detours: the wrapping, and a filter of system calls
//! that lets all through. With `LAYERBENCH_SHOW=1` each trial says what the case saw.
#![expect(
    clippy::print_stdout,
    reason = "a test runner's document is its standard output"
)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use conformance::apart::Apart;
use conformance::aside::Aside;
use conformance::faults::Fault;
use conformance::faulty::Faulty;
use conformance::{Case, Outcome, Subject};
use drivers::sandbox::{Ground, Run, enter};
use drivers::{Backing, Driver, Error, ErrorKind, Host, Options, Result, Root};
use libtest_mimic::{Arguments, Failed, Trial};

mod lying;

/// The driver that is made faulty: it has the fewest declared deviations.
const DRIVER: &str = "vfs";

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
    let host = Arc::new(Host::detect());
    let mut trials = Vec::new();
    let mut add = |name: String, judge: fn(&Judge) -> Result<()>, fault, case| {
        let judge_of = Judge {
            run: Arc::clone(&run),
            host: Arc::clone(&host),
            number: trials.len(),
            fault,
            case,
            start: OnceLock::new(),
        };
        trials.push(Trial::test(name, move || {
            judge(&judge_of).map_err(|error| Failed::from(error.to_string()))
        }));
    };
    for &case in conformance::ALL {
        add(
            format!("control::{}", case.name),
            Judge::control,
            Fault::None,
            case,
        );
        for &fault in case.broken_by {
            add(
                format!("{fault}::{}", case.name),
                Judge::caught,
                fault,
                case,
            );
        }
    }
    let any = conformance::ALL[0];
    for fault in [Fault::DaemonDiesOnce, Fault::DaemonAlwaysDies] {
        add(fault.to_string(), Judge::asked_twice, fault, any);
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// One case under one fault.
struct Judge {
    run: Arc<Run>,
    host: Arc<Host>,
    number: usize,
    fault: Fault,
    case: &'static Case,
    /// When it began.
    start: OnceLock<Instant>,
}

impl Judge {
    /// Without a fault, the case is in order.
    fn control(&self) -> Result<()> {
        let outcome = self.outcome()?;
        self.verdict(outcome.is_ok(), &outcome)
    }

    /// Under its fault, the case fails, and by what it asserts: an operation that fails because of something the fault
    /// did before says little of the promise. Only where the lie is a refusal, that refusal is the proof.
    fn caught(&self) -> Result<()> {
        let outcome = self.outcome()?;
        let refused = matches!(self.fault, Fault::Lie(lie) if lie.errno != 0);
        let caught = matches!(outcome, Outcome::Fail { .. });
        self.verdict(caught && (refused || !outcome.is_mere_error()), &outcome)
    }

    /// A case whose daemon is lost is asked once more, and that is told; twice lost is a failure.
    fn asked_twice(&self) -> Result<()> {
        let mut subject = self.subject()?;
        let report = conformance::run(self.case, &mut subject);
        let as_wanted = match self.fault {
            Fault::DaemonDiesOnce => report.outcome == Outcome::Pass,
            _ => matches!(report.outcome, Outcome::Fail { .. }),
        };
        self.verdict(as_wanted && report.asked_again.is_some(), &report.outcome)
    }

    fn outcome(&self) -> Result<Outcome> {
        let lie = match self.fault {
            Fault::Lie(lie) => Some(lie),
            _ => None,
        };
        let mut subject = self.subject()?;
        let report =
            conformance::run_within(&|work| lying::under(lie, work), self.case, &mut subject);
        // Whatever became of the case: the fault may be that nothing can be closed.
        drop(subject);
        Ok(report.outcome)
    }

    fn verdict(&self, as_wanted: bool, outcome: &Outcome) -> Result<()> {
        let what = format!("judge {} by {}", self.fault, self.case.name);
        let seen = format!("{} {}", outcome.name(), outcome.reason());
        if std::env::var_os("LAYERBENCH_SHOW").is_some() {
            let seconds = self
                .start
                .get()
                .map_or(0.0, |start| start.elapsed().as_secs_f64());
            println!("{seconds:.2} s, {what}: {seen}");
        }
        if as_wanted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Io, what).because(seen))
    }

    fn subject(&self) -> Result<Subject> {
        let (number, fault) = (self.number, self.fault);
        self.start.get_or_init(Instant::now);
        let name = format!("mutant-{number}");
        let ground = Ground::create(&self.run, &name, Backing::Directory, 0, &self.host)?;
        let scratch = self.run.directory(&format!("{name}-scratch"))?;
        let root = ground.root().clone();
        let opened = AtomicU32::new(0);
        let aside = Aside::start();
        let room = aside.clone();
        let open_at = move |root: &Root, again: bool| {
            let root = root.clone();
            let driver = Apart::open(&room, move || {
                let inner = drivers::backend(DRIVER)?.open(&root, &Options::default())?;
                Ok(Box::new(Faulty::new(inner, fault, again)?))
            })?;
            Ok(Box::new(driver) as Box<dyn Driver>)
        };
        let (own, elsewhere) = (root.clone(), open_at.clone());
        let open = move || open_at(&own, opened.fetch_add(1, Ordering::Relaxed) > 0);
        Ok(Subject::new(open, &scratch)?
            .works_aside(aside)
            .with_roots(root, move |root| {
                let mut root = root.clone();
                if fault == Fault::RootShared {
                    // What is as good as free to be opened: a root without a lock.
                    root.dir.push("unlocked");
                }
                elsewhere(&root, false)
            }))
    }
}
