//! What is read around a phase, beside the clock.

use super::metric::Metric;

/// Reads counters around a phase, off the clock; the harness knows where they come from.
///
/// A **timed** pass reads what costs nothing that could be seen. A **counted** pass may settle the store and trace the
/// process around each phase, so that its counts are exact; its times mean nothing and are not taken.
pub trait Counters: std::fmt::Debug {
    /// Just before the clock starts.
    fn begin(&mut self);

    /// Just after the clock was read: what happened since `begin`.
    fn end(&mut self) -> Vec<Count>;

    /// Whether this is a counted pass.
    fn counted(&self) -> bool {
        false
    }
}

/// What one counter says of a phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// What is counted.
    pub metric: Metric,
    /// In the metric's unit.
    pub value: f64,
}

/// A phase of a counted pass.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedPhase {
    /// The phase.
    pub phase: String,
    /// What it was done with.
    pub params: std::collections::BTreeMap<String, String>,
    /// What was counted; empty where the phase failed, which says nothing.
    pub counts: Vec<Count>,
    /// Whether it failed.
    pub failed: bool,
    /// Whether counters were read around it; else the workload told of it.
    pub bracketed: bool,
}

/// No counters at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uncounted;

impl Counters for Uncounted {
    fn begin(&mut self) {}

    fn end(&mut self) -> Vec<Count> {
        Vec::new()
    }
}
