//! Many operations timed one by one.

use std::time::Instant;

use drivers::{Error, ErrorKind, Result};
use hdrhistogram::Histogram;

use crate::cell::Cell;
use crate::recorder::Metric;

/// The longest operation that is told from longer ones, nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// Operations of one phase.
#[derive(Debug)]
pub(super) struct Ops {
    latencies: Histogram<u64>,
    began: Option<Instant>,
    seconds: f64,
}

impl Ops {
    pub(super) fn new() -> Result<Self> {
        let latencies = Histogram::new_with_max(LONGEST, 3)
            .map_err(|e| Error::new(ErrorKind::Io, "make a histogram").because(e.to_string()))?;
        Ok(Self {
            latencies,
            began: None,
            seconds: 0.0,
        })
    }

    /// Starts the phase's clock.
    pub(super) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// Stops it.
    pub(super) fn end(&mut self) {
        self.seconds = self
            .began
            .map_or(0.0, |began| began.elapsed().as_secs_f64());
    }

    /// Does and times one operation.
    pub(super) fn one<T, E>(&mut self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let began = Instant::now();
        let outcome = work();
        let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(took);
        outcome
    }

    /// Records how many a second there were, and the latencies.
    pub(super) fn record(self, cell: &mut Cell<'_>, phase: &str) {
        if self.seconds > 0.0 && !self.latencies.is_empty() {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a number of operations below 2^53"
            )]
            let rate = self.latencies.len() as f64 / self.seconds;
            cell.recorder.value(phase, Metric::Rate, rate);
            cell.recorder.latencies(phase, self.latencies);
        }
    }
}
