//! Random sequences of operations over layers and live containers: the driver against the [model](crate::oracle::model)
//! after every step.
//!
//! A [`Sequence`] is a stack of layers to start from ([`base`]) and some [`Step`]s: system calls in the mounted
//! container, and turns of its life (remount, commit, export and apply elsewhere, a sibling ...). A [`World`](world::World) is the model of
//! all containers and says for each step what a plain filesystem would do, refusals and their errno included; declared
//! capabilities change that answer. [`run`] generates sequences from a seed, and shrinks one that fails to the smallest
//! that still does. The text of a sequence is all that is needed to [`replay`] it, also with another generator.
//!
//! The generator and the shrinker are this crate's own rather than proptest's: a strategy draws steps without knowing
//! what exists by then, so that most would meet nothing, and its shrinking drops one element at a time, where each try
//! costs a driver's time. Here the generator walks the model along, and the shrinker drops halves, quarters ... first.

pub mod base;
mod check;
pub mod coverage;
pub mod dice;
pub mod generate;
pub mod lapses;
mod name;
pub mod parse;
mod perform;
pub mod plan;
mod player;
pub mod rules;
mod shrink;
pub mod state;
pub mod step;
pub mod world;

pub use coverage::Coverage;
pub use generate::sequence;
pub use plan::{Budget, Failure, Outcome, Plan, Progress, replay, run};
pub use step::{Sequence, Step};
