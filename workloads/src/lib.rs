//! What is done to a storage driver: images are pulled, containers started, files written.
//!
//! A **workload** is one thing done to a driver, made of named **phases**; [`ALL`] lists them. It runs in a [`Cell`]: one
//! subject, one round. What it measures it hands to the cell's [`Recorder`]; it never decides what a number means.

pub mod aging;
pub mod bill;
pub mod build;
pub mod cell;
pub mod container;
pub mod copy_up;
pub mod copy_up_tree;
pub mod density;
pub mod diff;
pub mod environment;
pub mod fio;
pub mod fixture;
pub mod full;
pub mod image;
pub mod layers;
pub mod made;
pub mod own;
pub mod postgres;
mod processes;
pub mod programs;
pub mod pull;
pub mod read;
pub mod recorder;
pub mod removal;
pub mod repeated;
pub mod room;
pub mod share;
mod shown;
pub mod stand;
pub mod start;
pub mod start_programs;
pub mod start_scale;
pub mod target;
pub mod tools;
pub mod tree;
pub mod volume;
pub mod warmth;
mod work;
pub mod write_heavy;
pub mod write_modes;

pub use cell::{Cell, Ground, Place, Scale};
pub use environment::{CacheState, Environment, Glance, Probe, Settled, SmallStore};
pub use own::Own;
pub use recorder::{Metric, Recorder, Sample};
pub use work::Work;

/// Which profiles take a workload that is not asked for by name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// All of them: the few that a first answer and a gate need.
    Short,
    /// Those that take their time.
    Full,
    /// Only those whose numbers are published: it takes minutes a cell.
    Long,
}

/// One thing done to a driver.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// `pull`, `start`: lower case, words joined by `-`.
    pub name: &'static str,
    /// The question its chart answers, as a sentence.
    pub question: &'static str,
    /// Its phases in order: name, and what is timed.
    pub phases: &'static [(&'static str, &'static str)],
    /// Who takes it unasked.
    pub reach: Reach,
    /// Runs it once. An `Unsupported` error means "this subject cannot do that": DNF, with the error as the reason.
    pub run: fn(&mut Cell<'_>) -> drivers::Result<()>,
}

/// Every workload, in the order reports show them.
pub const ALL: &[&Workload] = &[
    &pull::WORKLOAD,
    &pull::SHAPES,
    &start::WORKLOAD,
    &start_programs::WORKLOAD,
    &start_scale::WORKLOAD,
    &copy_up::WORKLOAD,
    &copy_up_tree::WORKLOAD,
    &write_heavy::WORKLOAD,
    &read::WORKLOAD,
    &share::WORKLOAD,
    &density::WORKLOAD,
    &postgres::WORKLOAD,
    &aging::WORKLOAD,
    &full::WORKLOAD,
    &build::WORKLOAD,
    &diff::WORKLOAD,
    &removal::WORKLOAD,
    &write_modes::WORKLOAD,
    &fio::WORKLOAD,
    &tools::WORKLOAD,
];
