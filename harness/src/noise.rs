//! What else the machine did during a cell, from the host's own books (/proc and /sys).
//!
//! Everything is a difference between two readings. What the host does not tell is `None`, never 0. A cell over a limit
//! ([`Limits`]) is flagged, never dropped; these readings decide it, not the measured value.
//! **Ours** is this process, its children and the daemons it started; **foreign** is every other process. Kernel threads
//! are neither: most of what they do on a machine that only measures (loop devices, write-back, btrfs workers) is our
//! own work, and nothing tells the rest apart.

mod cgroup;
mod cpu;
mod disk;
mod frequency;
mod limits;
mod memory;

use std::path::{Path, PathBuf};
use std::time::Instant;

use reports::record::Noise;

pub(crate) use cgroup::cpu_limit;
pub(crate) use disk::under;
pub(crate) use limits::Limits;
pub(crate) use memory::{DIRTY, Pressure, SWAP_TOTAL, field_bytes};

/// What is looked at, found once for a run.
#[derive(Debug)]
pub(crate) struct Watch {
    limits: Limits,
    disk: Option<disk::Disk>,
    /// The `cpu.stat` of the control groups this process is in.
    groups: Vec<PathBuf>,
}

/// The readings at the beginning of a cell.
#[derive(Debug)]
pub(crate) struct Before {
    at: Instant,
    readings: Readings,
    dirty_bytes: Option<u64>,
}

/// Counters that only rise.
#[derive(Debug, Clone, Copy, Default)]
struct Readings {
    cpu: Option<cpu::Reading>,
    disk: Option<disk::Reading>,
    cpu_pressure_us: Option<u64>,
    io_pressure_us: Option<u64>,
    memory_pressure_us: Option<u64>,
    throttled: Option<u64>,
    held_back_us: Option<u64>,
    swapped_bytes: Option<u64>,
}

impl Watch {
    /// Watches the machine, and the disk under the run's directory `dir`.
    pub(crate) fn new(dir: &Path, limits: Limits) -> Self {
        Self {
            limits,
            disk: disk::Disk::under(dir),
            groups: cgroup::statistics(),
        }
    }

    /// The readings before a cell.
    pub(crate) fn begin(&self) -> Before {
        let memory = text("/proc/meminfo");
        Before {
            dirty_bytes: DIRTY
                .iter()
                .map(|name| field_bytes(memory.as_deref()?, name))
                .sum(),
            readings: self.read(),
            at: Instant::now(),
        }
    }

    /// What happened since `before`, and the limits it went over.
    pub(crate) fn end(&self, before: &Before) -> (Noise, Vec<String>) {
        let seconds = before.at.elapsed().as_secs_f64();
        let now = self.read();
        let noise = noise(before, &now, seconds);
        tracing::debug!("{noise:?}");
        (noise, self.limits.flags(&noise, seconds))
    }

    fn read(&self) -> Readings {
        let pressure = |of: &str| {
            let text = text(format!("/proc/pressure/{of}"))?;
            Pressure::parse(&text).map(|pressure| pressure.total_us)
        };
        Readings {
            cpu: cpu::read(),
            disk: self.disk.as_ref().and_then(disk::Disk::read),
            cpu_pressure_us: pressure("cpu"),
            io_pressure_us: pressure("io"),
            memory_pressure_us: pressure("memory"),
            throttled: frequency::throttled(),
            held_back_us: cgroup::held_back_us(&self.groups),
            swapped_bytes: text("/proc/vmstat").and_then(|text| memory::swapped_bytes(&text)),
        }
    }
}

/// A file of /proc or /sys; `None` where there is none.
fn text(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counters of one cell, far below 2^53"
)]
fn noise(before: &Before, now: &Readings, seconds: f64) -> Noise {
    let was = &before.readings;
    let rise = |was: Option<u64>, now: Option<u64>| Some(now?.saturating_sub(was?) as f64);
    // PSI adds up in steps, so a short cell may see more than its own length.
    let share = |was, now| {
        let part = rise(was, now)? / 1e6 / seconds;
        part.is_finite().then(|| part.clamp(0.0, 1.0))
    };
    let cpu = was.cpu.zip(now.cpu);
    Noise {
        steal: cpu.and_then(|(was, now)| now.stolen_since(was)),
        cpu_pressure: share(was.cpu_pressure_us, now.cpu_pressure_us),
        io_pressure: share(was.io_pressure_us, now.io_pressure_us),
        memory_pressure: share(was.memory_pressure_us, now.memory_pressure_us),
        load: text("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse().ok()),
        foreign_cpu: cpu.and_then(|(was, now)| now.foreign_since(was)),
        foreign_io_bytes: was
            .disk
            .zip(now.disk)
            .map(|(was, now)| now.foreign_since(was) as f64),
        mhz: frequency::mhz(),
        throttled: rise(was.throttled, now.throttled),
        held_back: share(was.held_back_us, now.held_back_us),
        dirty_bytes: before.dirty_bytes.map(|bytes| bytes as f64),
        swapped_bytes: rise(was.swapped_bytes, now.swapped_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_tells_of_what_passed_and_not_more_than_there_is() {
        let dir = tempfile::tempdir().unwrap();
        let watch = Watch::new(dir.path(), Limits::default());
        let before = watch.begin();
        let deadline = Instant::now() + std::time::Duration::from_millis(30);
        while Instant::now() < deadline {
            std::hint::black_box(text("/proc/self/stat"));
        }
        let (noise, _) = watch.end(&before);
        for share in [
            noise.steal,
            noise.foreign_cpu,
            noise.cpu_pressure,
            noise.io_pressure,
        ] {
            assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
        // Every Linux has these.
        assert!(
            noise.load.is_some() && noise.dirty_bytes.is_some() && noise.swapped_bytes.is_some()
        );
    }
}
