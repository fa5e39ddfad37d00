//! The summary of a run: the tables and notes it is made of, and how it is printed on a terminal.

mod notes;
mod tables;
mod terminal;

pub(crate) use notes::{close_calls, notes, undecided_line};
pub(crate) use tables::{counts, standings, table};
pub use terminal::{LINES, text};
