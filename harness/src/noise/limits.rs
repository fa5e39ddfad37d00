//! Above which readings a cell is flagged. Settable as `[noise]` in `layerbench.toml`; kept with the run's settings.

use reports::record::Noise;
use serde::{Deserialize, Serialize};

/// The limits. Shares are of 1; a limit that is left out (`None`) flags nothing.
///
/// They are chosen so that what a cell does itself does not flag it: time in which *some* task waited for a CPU or for
/// the disk comes with every parallel or synced workload and tells nothing of others, so these two have no limit unless
/// one is set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Limits {
    /// CPU time taken by the hypervisor, as a share of all: as large as the differences that are looked for (5 %).
    pub(crate) steal: Option<f64>,
    /// CPU time of foreign processes, as a share of all: work of two threads on two CPUs is slowed by about as much. A
    /// monitoring daemon stays far below, a compiler far above.
    pub(crate) foreign_cpu: Option<f64>,
    /// Below so many seconds of foreign CPU time nothing is flagged: a tick is 1 to 10 ms, and short cells have few.
    pub(crate) foreign_cpu_least_seconds: f64,
    /// Bytes a second others moved over the run's disk: a tenth of what a hard disk, or a small cloud disk, moves.
    pub(crate) foreign_io_per_second: Option<f64>,
    /// Below so many bytes nothing is flagged: logs and journals of the host are written in bursts.
    pub(crate) foreign_io_least_bytes: f64,
    /// Share of the cell in which some task waited for a CPU. Own threads beyond the number of CPUs wait as well.
    pub(crate) cpu_pressure: Option<f64>,
    /// Share of the cell in which some task waited for I/O. Every synced write waits.
    pub(crate) io_pressure: Option<f64>,
    /// Share of the cell in which some task waited for memory: reclaim or thrashing, which no workload causes by itself.
    pub(crate) memory_pressure: Option<f64>,
    /// Times heat slowed a CPU: once is a clock that changed under the measurement.
    pub(crate) throttled: Option<f64>,
    /// Share of the cell in which a CPU limit of the control group held it back: it then measures the limit.
    pub(crate) held_back: Option<f64>,
    /// Bytes dirty or under write-back at the beginning: pending writes are drained before a cell, so what is there
    /// comes from others, or the disk cannot keep up; it is written while the cell runs.
    pub(crate) dirty_bytes: Option<f64>,
    /// Bytes swapped: memory of the cell may be among them.
    pub(crate) swapped_bytes: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steal: Some(0.05),
            foreign_cpu: Some(0.10),
            foreign_cpu_least_seconds: 0.05,
            foreign_io_per_second: Some(10e6),
            foreign_io_least_bytes: 8e6,
            cpu_pressure: None,
            io_pressure: None,
            memory_pressure: Some(0.05),
            throttled: Some(0.0),
            held_back: Some(0.02),
            dirty_bytes: Some(128e6),
            swapped_bytes: Some(1e6),
        }
    }
}

impl Limits {
    /// What was over: `steal 12 %`, `foreign I/O 35.0 MB`.
    pub(super) fn flags(&self, noise: &Noise, seconds: f64) -> Vec<String> {
        let percent = |value: f64| format!("{:.0} %", value * 100.0);
        let megabytes = |value: f64| format!("{:.1} MB", value / 1e6);
        let times = |value: f64| format!("{value:.0} times");
        let cpus = std::thread::available_parallelism().map_or(1.0, |n| {
            f64::from(u32::try_from(n.get()).unwrap_or(u32::MAX))
        });
        let foreign_cpu = noise
            .foreign_cpu
            .filter(|share| share * seconds * cpus >= self.foreign_cpu_least_seconds);
        let foreign_io = noise
            .foreign_io_bytes
            .filter(|bytes| *bytes >= self.foreign_io_least_bytes);
        let io_limit = self.foreign_io_per_second.map(|rate| rate * seconds);
        type Words<'a> = &'a dyn Fn(f64) -> String;
        let rows: [(&str, Option<f64>, Option<f64>, Words<'_>); 10] = [
            ("steal", noise.steal, self.steal, &percent),
            ("foreign CPU", foreign_cpu, self.foreign_cpu, &percent),
            ("foreign I/O", foreign_io, io_limit, &megabytes),
            (
                "cpu pressure",
                noise.cpu_pressure,
                self.cpu_pressure,
                &percent,
            ),
            ("io pressure", noise.io_pressure, self.io_pressure, &percent),
            (
                "memory pressure",
                noise.memory_pressure,
                self.memory_pressure,
                &percent,
            ),
            ("throttled", noise.throttled, self.throttled, &times),
            ("held back", noise.held_back, self.held_back, &percent),
            (
                "dirty at the start",
                noise.dirty_bytes,
                self.dirty_bytes,
                &megabytes,
            ),
            (
                "swapped",
                noise.swapped_bytes,
                self.swapped_bytes,
                &megabytes,
            ),
        ];
        rows.into_iter()
            .filter_map(|(name, value, limit, words)| {
                let (value, limit) = (value?, limit?);
                (value > limit).then(|| format!("{name} {}", words(value)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_over_a_limit_is_flagged() {
        let limits = Limits::default();
        let noise = Noise {
            steal: Some(0.12),
            foreign_cpu: Some(0.34),
            foreign_io_bytes: Some(35e6),
            cpu_pressure: Some(1.0),
            io_pressure: Some(1.0),
            memory_pressure: Some(0.01),
            throttled: Some(1.0),
            dirty_bytes: Some(1e6),
            ..Noise::default()
        };
        let flags = limits.flags(&noise, 1.0);
        let expected = [
            "steal 12 %",
            "foreign CPU 34 %",
            "foreign I/O 35.0 MB",
            "throttled 1 times",
        ];
        assert_eq!(flags, expected);
        // What the host does not tell flags nothing.
        assert!(limits.flags(&Noise::default(), 1.0).is_empty());
        // In a long cell the same bytes are little; in a very short one ticks tell nothing.
        let quiet = Noise {
            foreign_io_bytes: Some(35e6),
            ..Noise::default()
        };
        assert!(limits.flags(&quiet, 10.0).is_empty());
        let short = Noise {
            foreign_cpu: Some(0.5),
            foreign_io_bytes: Some(1e6),
            ..Noise::default()
        };
        assert!(limits.flags(&short, 0.001).is_empty());
    }

    #[test]
    fn single_limits_can_be_set_and_unknown_ones_are_refused() {
        let limits: Limits = toml::from_str("steal = 0.2\ncpu-pressure = 0.9\n").unwrap();
        assert_eq!((limits.steal, limits.cpu_pressure), (Some(0.2), Some(0.9)));
        assert_eq!(limits.foreign_cpu, Limits::default().foreign_cpu);
        assert!(toml::from_str::<Limits>("steel = 0.2").is_err());
    }
}
