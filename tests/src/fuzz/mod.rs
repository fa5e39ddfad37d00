//! Archives made of arbitrary bytes, and what must hold of the unpacker whatever they are: nothing outside the stage
//! changes, nothing panics, every refusal is one of bad input, and an archive that is accepted gives the same tree
//! however slowly it is read.
//!
//! The bodies are shared: `fuzz/` runs them under libFuzzer, `cargo test` replays the corpus (`runners/corpus.rs`).

pub mod arena;
pub mod choices;
pub mod program;
pub mod seeds;
pub mod unpack;

pub use arena::Arena;
pub use unpack::{Came, unpack};
