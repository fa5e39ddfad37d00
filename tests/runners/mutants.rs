//! Tests the suite: drivers that break one promise each must be caught, by the cases that promise it.
//!
//! The driver underneath is the simplest, in a plain directory. A control without a fault shows that the cases do not
//! fail because of the wrapping.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use conformance::faults::Fault;
use conformance::faulty::Faulty;
use conformance::{Case, Outcome, Subject};
use drivers::sandbox::{Ground, Run, enter};
use drivers::{Backing, Driver, Error, ErrorKind, Host, Options, Result};
use libtest_mimic::{Arguments, Failed, Trial};

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
    let mut trials = Vec::new();
    for fault in std::iter::once(Fault::None).chain(Fault::OF_DRIVERS) {
        let run = Arc::clone(&run);
        trials.push(Trial::test(format!("{fault:?}"), move || {
            judge(&run, fault).map_err(|error| Failed::from(error.to_string()))
        }));
    }
    for (fault, wanted) in [
        (Fault::DaemonDiesOnce, "pass"),
        (Fault::DaemonAlwaysDies, "fail"),
    ] {
        let run = Arc::clone(&run);
        trials.push(Trial::test(format!("{fault:?}"), move || {
            asked_twice(&run, fault, wanted).map_err(|error| Failed::from(error.to_string()))
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A case whose daemon is lost is asked once more, and that is told; twice lost is a failure.
fn asked_twice(run: &Run, fault: Fault, wanted: &str) -> Result<()> {
    let mut subject = subject(run, fault)?;
    let report = conformance::run(find("upper_name_wins")?, &mut subject);
    if report.outcome.name() == wanted && report.asked_again.is_some() {
        return Ok(());
    }
    Err(
        Error::new(ErrorKind::Io, format!("judge {fault:?}")).because(format!(
            "{} {}",
            report.outcome.name(),
            report.reason()
        )),
    )
}

/// Every named case must fail under its fault; without a fault, all of them must be in order.
fn judge(run: &Run, fault: Fault) -> Result<()> {
    let mut subject = subject(run, fault)?;
    let wanted = |case: &&&Case| match fault {
        Fault::None => !case.broken_by.is_empty(),
        _ => case.broken_by.contains(&fault),
    };
    for case in conformance::ALL.iter().filter(wanted) {
        let outcome = conformance::run(case, &mut subject).outcome;
        let as_wanted = if fault == Fault::None {
            outcome.is_ok()
        } else {
            matches!(outcome, Outcome::Fail { .. })
        };
        if !as_wanted {
            return Err(
                Error::new(ErrorKind::Io, format!("judge {fault:?} by {}", case.name))
                    .because(format!("{} {}", outcome.name(), outcome.reason())),
            );
        }
    }
    drop(subject);
    Ok(())
}

fn find(name: &str) -> Result<&'static Case> {
    conformance::ALL
        .iter()
        .find(|case| case.name == name)
        .copied()
        .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("find the case {name}")))
}

fn subject(run: &Run, fault: Fault) -> Result<Subject> {
    let name = format!("{fault:?}");
    let size = 0;
    let ground = Ground::create(run, &name, Backing::Directory, size, &Host::detect())?;
    let scratch = run.directory(&format!("{name}-scratch"))?;
    let root = ground.root().clone();
    let opened = AtomicU32::new(0);
    let open = move || {
        let inner = drivers::backend(DRIVER)?.open(&root, &Options::default())?;
        let again = opened.fetch_add(1, Ordering::Relaxed) > 0;
        Ok(Box::new(Faulty::new(inner, fault, again)) as Box<dyn Driver>)
    };
    Subject::new(open, &scratch)
}
