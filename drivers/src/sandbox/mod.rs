//! The ground drivers stand on: a run's own directory, a private mount namespace, and backing stores in sparse files.
//!
//! A run writes nowhere else. Its directory carries a marker naming the process that owns it, so that
//! [`sweep`](sweep::sweep) can tell a dead run's leftovers from anything else and remove exactly those.

mod ground;
mod namespace;
mod run;
pub mod sweep;
pub mod userns;

pub use ground::{Ground, NO_PROJECTS};
pub use namespace::{enter, entered};
pub use run::{Marker, Run};
