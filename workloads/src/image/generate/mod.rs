//! Makes an image from a seed: the same [`Spec`] gives the same bytes on every machine.
//!
//! A **plan** says what every layer holds; it is made first, in one thread, from integers alone (no floating-point
//! function whose last digit differs between libraries). Then the layers are written at the same time.

mod content;
mod draw;
mod elf;
mod features;
mod plan;
mod size;
mod spec;
mod tarball;
mod words;
mod write;

pub(crate) use elf::for_this_host as exit_zero;
pub use spec::{Preset, Spec};
pub use write::{START_FILES_LABEL, write};
