//! Arms in turn: A B B A ..., each block once through, so that drift of the machine meets all alike.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use drivers::Result;
use drivers::error::Attempt as _;
use rustix::time::{ClockId, clock_gettime};

/// One way to do the job. `work` alone is timed.
pub(crate) trait Arm {
    /// As the table calls it.
    fn name(&self) -> String;

    /// Before the clock runs.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// The job.
    fn work(&mut self) -> Result<()>;

    /// After the clock has stopped.
    fn clean(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What one arm took, in seconds, by block.
#[derive(Debug, Default, Clone)]
pub(crate) struct Series {
    /// The arm's name.
    pub(crate) name: String,
    /// Until the job was done.
    pub(crate) wall: BTreeMap<u32, f64>,
    /// Until syncfs(2) after it returned too.
    pub(crate) durable: BTreeMap<u32, f64>,
    /// CPU time of this process, children excluded.
    pub(crate) cpu: BTreeMap<u32, f64>,
}

/// Runs all arms in `blocks` blocks after one that does not count. Before each, everything on the filesystem of `disk` is
/// written out.
pub(crate) fn run(disk: &Path, blocks: u32, arms: &mut [&mut dyn Arm]) -> Result<Vec<Series>> {
    let mut all: Vec<Series> = arms
        .iter()
        .map(|arm| Series {
            name: arm.name(),
            ..Series::default()
        })
        .collect();
    for block in 0..=blocks {
        let mut order: Vec<usize> = (0..arms.len()).collect();
        if block % 2 == 1 {
            order.reverse();
        }
        for i in order {
            let arm = &mut *arms[i];
            arm.prepare()?;
            sync(disk)?;
            let (start, cpu) = (Instant::now(), cpu_seconds());
            let outcome = arm.work();
            let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
            outcome?;
            sync(disk)?;
            let durable = start.elapsed().as_secs_f64();
            arm.clean()?;
            if block > 0 {
                let series = &mut all[i];
                series.wall.insert(block, wall);
                series.durable.insert(block, durable);
                series.cpu.insert(block, cpu);
            }
        }
    }
    Ok(all)
}

fn sync(disk: &Path) -> Result<()> {
    let file = File::open(disk).attempt("open", disk)?;
    rustix::fs::syncfs(file).attempt("sync the filesystem of", disk)
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of a benchmark fit a double many times over"
    )]
    let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    seconds
}
