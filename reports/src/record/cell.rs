//! One cell as a moment on the machine: when, after what, and what else the machine did. None of it is looked at to
//! decide a value; it says how far the values can be trusted.

use serde::{Deserialize, Serialize};

/// One subject, one workload, one round.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellInfo {
    /// Its place in the order of time, counted from 0; records name it.
    pub id: u32,
    /// The subject's name.
    pub subject: String,
    /// The workload's name.
    pub workload: String,
    /// Counted from 0; a block that was measured again has a round of its own ([`Block`]).
    pub round: u32,
    /// The place of the subject in its block, counted from 0.
    pub position: u32,
    /// The subject whose cell came just before, of whatever workload; absent for the first cell of the run, and where
    /// stores were made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<String>,
    /// Seconds from the start of the run to its beginning.
    pub began_s: f64,
    /// How long it took, what is off the clock included, seconds.
    pub seconds: f64,
    /// What else the machine did.
    #[serde(default)]
    pub noise: Noise,
    /// Which limits of the noise watch it went over: `steal 12 %`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
}

/// What the machine did beside a cell. Absent: the host does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Share of all CPU time that the hypervisor gave to others, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal: Option<f64>,
    /// Share of the cell in which some task waited for a CPU (PSI `cpu some`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_pressure: Option<f64>,
    /// Share of the cell in which some task waited for I/O (PSI `io some`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_pressure: Option<f64>,
    /// Share of the cell in which some task waited for memory (PSI `memory some`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_pressure: Option<f64>,
    /// Load average over one minute, at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// CPU time of processes that are not part of the cell, as a share of all CPU time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_cpu: Option<f64>,
    /// Bytes that others moved to and from the disk under the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_io_bytes: Option<f64>,
    /// Mean frequency of the CPUs at the end, MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mhz: Option<f64>,
    /// Times a CPU was throttled for heat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<f64>,
    /// Share of the cell in which a CPU limit of its control group held it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<f64>,
    /// Bytes dirty or under write-back when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty_bytes: Option<f64>,
    /// Bytes swapped in and out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped_bytes: Option<f64>,
}

/// A block (one workload, one round) that was measured again because the machine was too noisy during it. Both stay in
/// the records; analyses take the quieter one by these readings, never by a measured value, and say what the other gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The workload.
    pub workload: String,
    /// The round of the repeat: a number no planned round has.
    pub round: u32,
    /// The noisy round it stands in for.
    pub repeats: u32,
    /// Why: the flags of its cells.
    pub flags: Vec<String>,
    /// Whether the repeat was the quieter one, and is the one that counts.
    pub counts: bool,
}

impl CellInfo {
    /// Whether JSON can hold all its numbers.
    pub(crate) fn is_finite(&self) -> bool {
        let noise = self.noise;
        [
            noise.steal,
            noise.cpu_pressure,
            noise.io_pressure,
            noise.memory_pressure,
            noise.load,
            noise.foreign_cpu,
            noise.foreign_io_bytes,
            noise.mhz,
            noise.throttled,
            noise.held_back,
            noise.dirty_bytes,
            noise.swapped_bytes,
        ]
        .into_iter()
        .flatten()
        .chain([self.began_s, self.seconds])
        .all(f64::is_finite)
    }
}
