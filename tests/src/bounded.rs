//! A case under a time limit. A driver that hangs (a dead FUSE daemon, a lock that is never released) costs one case, or
//! itself, but not the other drivers.
//!
//! Past the limit the FUSE connections of the subject are aborted, which wakes whoever waits for them. What does not end
//! even then is left behind in its thread, with the subject: nobody can end a thread that waits in the kernel.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::{Case, Outcome};
use crate::runner::{Report, run};
use crate::subject::Subject;

/// What a case is given to end in once its connections are aborted: the driver's own time limits apply to each of its
/// operations.
const GRACE: Duration = Duration::from_secs(60);

/// As [`run`], within `limit`. The subject comes back unless it hangs.
pub fn run_bounded(
    case: &'static Case,
    mut subject: Subject,
    limit: Duration,
) -> (Report, Option<Subject>) {
    let start = Instant::now();
    let places = subject.places();
    let (sender, receiver) = channel();
    let worker = thread::Builder::new()
        .name(case.name.to_owned())
        .spawn(move || {
            let report = run(case, &mut subject);
            // Nobody listens any more when it came too late.
            drop(sender.send((report, subject)));
        });
    if let Err(error) = worker {
        return (
            broken(start, format!("no thread for the case: {error}")),
            None,
        );
    }
    match receiver.recv_timeout(limit) {
        Ok((report, subject)) => return (report, Some(subject)),
        Err(RecvTimeoutError::Disconnected) => {
            return (broken(start, "the runner panicked".to_owned()), None);
        }
        Err(RecvTimeoutError::Timeout) => {}
    }
    let places: Vec<_> = places.iter().map(|place| &**place).collect();
    let done = match drivers::fusectl::abort_below(&places) {
        Ok(0) => "nothing could be done about it".to_owned(),
        Ok(count) => format!("{count} FUSE connections were aborted"),
        Err(error) => error.to_string(),
    };
    let late = format!("it did not end within {} s; {done}", limit.as_secs_f64());
    match receiver.recv_timeout(GRACE) {
        Ok((_, subject)) => (broken(start, late), Some(subject)),
        Err(_) => (
            broken(
                start,
                format!("{late}; it did not end, and the driver is lost"),
            ),
            None,
        ),
    }
}

fn broken(start: Instant, why: String) -> Report {
    Report {
        outcome: Outcome::Broken(why),
        seconds: start.elapsed().as_secs_f64(),
        asked_again: None,
        reduced: Vec::new(),
    }
}
