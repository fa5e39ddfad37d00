//! One change set, every driver: what one exports is what any other exports, and is the same tree on any other.
//!
//! A [`ChangeSet`] is done live in a container of every subject, and exported ([`export`]). Two exports are then equal,
//! byte for byte, unless a *declared* capability of either driver explains the difference; applied on another driver
//! ([`import`]) one gives the tree it came from, and goes out from there as the same bytes ([`judge`]). [`run`] does all of it.

mod archives;
pub mod exchange;
pub mod sets;

pub use exchange::{Exported, Imported, PairReport, export, import, judge, run};
pub use sets::{ChangeSet, SETS};
