//! What a pull is asked, and what it answers.

use std::time::Duration;

use drivers::{Applied, LayerId, Limits};

/// How to pull.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// What one layer may ask for.
    pub limits: Limits,
    /// Layers applied at once where the driver can; `None` is one per processor, up to 4.
    pub parallel: Option<usize>,
    /// What the keys of layers being made begin with: unique among those who use the driver now.
    pub key_prefix: String,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            parallel: None,
            key_prefix: "pull".to_owned(),
        }
    }
}

/// What a pull did.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// The layer containers of the image stand on.
    pub top: LayerId,
    /// Every layer of the image, the lowest first.
    pub layers: Vec<LayerOutcome>,
    /// How long each part was at work. The parts overlap: their sum exceeds the wall time.
    pub busy: Busy,
    /// What the archives held.
    pub applied: Applied,
    /// Bytes of blobs read.
    pub blob_bytes: u64,
}

/// What became of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerOutcome {
    /// Its place in the image, from 1.
    pub number: usize,
    /// Its name.
    pub chain_id: LayerId,
    /// Pulled or not.
    pub outcome: Outcome,
}

/// See [`LayerOutcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was unpacked and committed.
    Pulled,
    /// The driver had it.
    AlreadyExists,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pulled => "pulled",
            Self::AlreadyExists => "already exists",
        })
    }
}

/// Time at work, waiting for other parts excluded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Busy {
    /// Reading blobs, and digesting them and the archives in them.
    pub verify: Duration,
    /// Decompressing.
    pub decompress: Duration,
    /// Writing files.
    pub unpack: Duration,
    /// Waiting for the disk while committing, where the driver's commits do.
    pub sync: Duration,
    /// Preparing and committing layers, but for that.
    pub commit: Duration,
}

impl std::ops::AddAssign for Busy {
    fn add_assign(&mut self, other: Self) {
        self.verify += other.verify;
        self.decompress += other.decompress;
        self.unpack += other.unpack;
        self.sync += other.sync;
        self.commit += other.commit;
    }
}

/// Adds what one archive held to a sum.
pub(super) fn add(sum: &mut Applied, one: Applied) {
    sum.entries += one.entries;
    sum.bytes += one.bytes;
    sum.whiteouts += one.whiteouts;
    sum.opaques += one.opaques;
    sum.owners_dropped += one.owners_dropped;
    sum.xattrs_dropped += one.xattrs_dropped;
    sum.devices_dropped += one.devices_dropped;
}
