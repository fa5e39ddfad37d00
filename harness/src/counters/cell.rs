//! A whole cell, looked at before and after: what it left behind, and how much of its CPU time was the harness's own.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use drivers::Driver;
use workloads::{Metric, Recorder};

use super::leftovers::Leftovers;
use super::own_cpu;
use super::threads::Helpers;

/// The phase of what is said of a whole cell.
const ALL: &str = "all";

/// A cell under watch.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    driver: &'a dyn Driver,
    run: &'a Path,
    dirs: Vec<&'a Path>,
    spent: Rc<Cell<f64>>,
    helpers: Helpers,
    leftovers: Leftovers,
    cpu: Option<f64>,
}

impl<'a> Watch<'a> {
    /// Looks before the cell. `run` is the run's directory, `dirs` are those it has to empty again.
    pub(crate) fn begin(driver: &'a dyn Driver, run: &'a Path, dirs: &[&'a Path]) -> Self {
        let leftovers = Leftovers::look(driver, run, dirs);
        Self {
            driver,
            run,
            dirs: dirs.to_vec(),
            spent: Rc::default(),
            helpers: Helpers::look(),
            leftovers,
            cpu: cell_cpu(driver),
        }
    }

    /// Takes the CPU seconds that counting costs during the cell.
    pub(crate) fn spent(&self) -> Rc<Cell<f64>> {
        Rc::clone(&self.spent)
    }

    /// Looks after the cell, and records what it found.
    pub(crate) fn end(self, recorder: &mut Recorder<'_>) {
        let cell = self
            .cpu
            .zip(cell_cpu(self.driver))
            .map(|(before, after)| after - before);
        let own = self.spent.get() + self.helpers.cpu_since();
        // Below a tick of the coarsest clock a share is chance.
        if let Some(cell) = cell.filter(|&cell| cell >= 0.01) {
            recorder.value(ALL, Metric::HarnessCpu, own / cell);
        }
        let left = self
            .leftovers
            .more_in(&Leftovers::look(self.driver, self.run, &self.dirs));
        if !left.is_empty() {
            tracing::warn!("left behind: {}", left.join(", "));
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        recorder.value(ALL, Metric::Leftovers, left.len() as f64);
    }
}

fn cell_cpu(driver: &dyn Driver) -> Option<f64> {
    Some(own_cpu()? + driver.daemon_usage().live_cpu.as_secs_f64())
}
