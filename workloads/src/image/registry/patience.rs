//! What is tried again, after how long, and when it is given up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use drivers::{Error, ErrorKind, Result};

/// Failures in a row after which it is given up.
const TRIES: u32 = 6;
/// The pause after the first failure; each further one is twice as long: 3.1 s in all.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause a registry may ask for.
const LONGEST: Duration = Duration::from_secs(60);
/// How often it is asked whether the user still wants it.
const LOOK: Duration = Duration::from_millis(100);

/// A failure, and whether it may be chance.
#[derive(Debug)]
pub(super) enum Failure {
    /// It would fail again.
    Final(Error),
    /// The network, or a registry under load; it may have said when to come back.
    Chance(Error, Option<Duration>),
    /// The answer was not what its digest says: once is chance.
    Damaged(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Ends everything that waits or downloads.
#[derive(Debug, Default)]
pub(super) struct Stop {
    stopped: AtomicBool,
    cancelled: Option<fn() -> bool>,
    lock: Mutex<()>,
    bell: Condvar,
}

impl Stop {
    pub(super) fn new(cancelled: Option<fn() -> bool>) -> Self {
        Self {
            cancelled,
            ..Self::default()
        }
    }

    /// Nobody wants it any more.
    pub(super) fn stop(&self) {
        let _held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.stopped.store(true, Ordering::Relaxed);
        self.bell.notify_all();
    }

    /// Whether [`Self::stop`] was called.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Fails when it is not wanted any more.
    pub(super) fn check(&self) -> Result<()> {
        let cancelled = self.cancelled.is_some_and(|cancelled| cancelled());
        if !cancelled && !self.is_stopped() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Io, "go on downloading").because("it is not wanted any more"))
    }

    fn pause(&self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            held = self
                .bell
                .wait_timeout(held, left.min(LOOK))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// Counts the failures of one document or blob.
#[derive(Debug, Default)]
pub(super) struct Patience {
    failures: u32,
    damaged: bool,
    /// Failures in all, for the numbers.
    pub(super) retries: u32,
}

impl Patience {
    /// Returns when it is time to try again.
    ///
    /// # Errors
    /// The failure's, when trying again is of no use.
    pub(super) fn after(&mut self, failure: Failure, stop: &Stop) -> Result<()> {
        let (error, asked) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Damaged(error) if self.damaged => return Err(error),
            Failure::Damaged(error) => {
                tracing::warn!("{error}: asking once more");
                self.damaged = true;
                self.retries += 1;
                return stop.check();
            }
            Failure::Chance(error, asked) => (error, asked),
        };
        self.failures += 1;
        if self.failures >= TRIES {
            return Err(error.hint(format!("it was tried {TRIES} times: try again later")));
        }
        let pause = asked.unwrap_or(PAUSE * (1 << (self.failures - 1)));
        if pause > LONGEST {
            return Err(error.hint(format!(
                "the registry asks to come back in {} s",
                pause.as_secs()
            )));
        }
        tracing::info!("{error}: trying again in {} ms", pause.as_millis());
        self.retries += 1;
        stop.pause(pause)
    }

    /// Something came of the last try.
    pub(super) fn refresh(&mut self) {
        self.failures = 0;
    }
}

/// The value of a `Retry-After` header that is a number of seconds (RFC 9110, section 10.2.3). A date is left alone: clocks differ.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    value.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(asked: Option<u64>) -> Failure {
        let error = Error::new(ErrorKind::Io, "ask").because("429");
        Failure::Chance(error, asked.map(Duration::from_secs))
    }

    #[test]
    fn chance_is_tried_again_a_few_times_and_progress_counts() {
        let (stop, mut patience) = (Stop::default(), Patience::default());
        for _ in 0..TRIES - 1 {
            patience.after(chance(Some(0)), &stop).unwrap();
        }
        patience.refresh();
        patience.after(chance(Some(0)), &stop).unwrap();
        for _ in 0..TRIES - 2 {
            patience.after(chance(Some(0)), &stop).unwrap();
        }
        let error = patience
            .after(chance(Some(0)), &stop)
            .unwrap_err()
            .to_string();
        assert!(error.contains("6 times"), "{error}");
    }

    #[test]
    fn a_long_wait_and_a_second_damage_are_refused_at_once() {
        let (stop, mut patience) = (Stop::default(), Patience::default());
        let error = patience
            .after(chance(Some(3600)), &stop)
            .unwrap_err()
            .to_string();
        assert!(error.contains("3600 s"), "{error}");
        let damaged = || Failure::Damaged(Error::new(ErrorKind::BadInput, "verify"));
        patience.after(damaged(), &stop).unwrap();
        assert!(patience.after(damaged(), &stop).is_err());
    }

    #[test]
    fn who_waits_is_woken_by_the_end() {
        let stop = Stop::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| Patience::default().after(chance(Some(50)), &stop));
            stop.stop();
            assert!(waiting.join().unwrap().is_err());
        });
        let cancelled = Stop::new(Some(|| true));
        assert!(cancelled.check().is_err());
    }

    #[test]
    fn only_seconds_are_read() {
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        for other in ["", "-1", "Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(retry_after(other), None, "{other}");
        }
    }
}
