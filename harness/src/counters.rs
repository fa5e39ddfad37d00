//! What is read around a phase of a timed pass: CPU time, and what reading it cost.
//!
//! [`cell`] looks at a whole cell: what it left behind, and the harness's own share of its CPU time. [`settled`] is what a
//! counted pass reads, off any clock.

pub(crate) mod cell;
pub(crate) mod device;
mod kernel_threads;
pub(crate) mod leftovers;
pub(crate) mod settled;
mod threads;

use std::cell::Cell;
use std::rc::Rc;

use drivers::Driver;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use rustix::time::{ClockId, clock_gettime};
use workloads::Metric;
use workloads::recorder::{Count, Counters};

/// CPU time of this process, its reaped children and the driver's live daemons. Nothing else is read here: on the clock's
/// side of a phase every file read is work that later phases could see.
#[derive(Debug)]
pub(crate) struct HostCounters<'a> {
    driver: &'a dyn Driver,
    before: Option<f64>,
    spent: Rc<Cell<f64>>,
}

impl<'a> HostCounters<'a> {
    /// `spent` takes the CPU seconds that counting itself costs.
    pub(crate) fn new(driver: &'a dyn Driver, spent: Rc<Cell<f64>>) -> Self {
        Self {
            driver,
            before: None,
            spent,
        }
    }

    fn daemons(&self) -> f64 {
        self.driver.daemon_usage().live_cpu.as_secs_f64()
    }

    fn billed<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = thread_cpu();
        let value = work();
        self.spent.set(self.spent.get() + thread_cpu() - before);
        value
    }
}

impl Counters for HostCounters<'_> {
    fn begin(&mut self) {
        self.before = self.billed(|| {
            // Our own bill last: looking at the daemons' costs some.
            let daemons = self.daemons();
            own_cpu().map(|own| own + daemons)
        });
    }

    fn end(&mut self) -> Vec<Count> {
        let after = self.billed(|| own_cpu().map(|own| own + self.daemons()));
        let both = self.before.take().zip(after);
        both.map(|(before, after)| Count {
            metric: Metric::Cpu,
            value: (after - before).max(0.0),
        })
        .into_iter()
        .collect()
    }
}

/// CPU seconds of this process and its reaped children, so far.
pub(crate) fn own_cpu() -> Option<f64> {
    let of = |who| {
        let usage = getrusage(who).ok()?;
        Some(seconds(usage.user_time()) + seconds(usage.system_time()))
    };
    Some(of(UsageWho::RUSAGE_SELF)? + of(UsageWho::RUSAGE_CHILDREN)?)
}

fn seconds(time: TimeVal) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "CPU time of a run, far below 2^53"
    )]
    let (whole, micro) = (time.tv_sec() as f64, time.tv_usec() as f64);
    whole + micro / 1e6
}

/// CPU seconds of this thread, so far.
pub(crate) fn thread_cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    #[expect(
        clippy::cast_precision_loss,
        reason = "CPU time of a run, far below 2^53"
    )]
    let (whole, nano) = (time.tv_sec as f64, time.tv_nsec as f64);
    whole + nano / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_billed_to_the_process() {
        let (before, here) = (own_cpu().unwrap(), thread_cpu());
        let mut sum = 0_u64;
        while thread_cpu() - here < 0.02 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(own_cpu().unwrap() - before >= 0.01);
    }
}
