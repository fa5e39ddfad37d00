//! The page as a browser's own parser reads it: its numbers are those of results.json, no name becomes markup, and bad
//! input makes a page that says what is missing.

mod bad_input;
mod cards;
#[path = "../common/mod.rs"]
mod common;
mod dom;
mod hostile;
mod numbers;
mod poison;
mod truth;
