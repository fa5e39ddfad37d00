//! Recommendations, as far as the data carry them.
//!
//! For a use, a subject's score of a round is the weighted mean of the logarithms of its headline costs. The subject with
//! the lowest score leads. It is recommended, together with those that cannot be told apart from it, only if the next one
//! surely costs more, by the same rules as every other verdict; a subject that fails a `must` case, or could not be
//! asked one, or lacks what the use needs, is never recommended.

mod blocks;
mod certainty;
mod decision;
mod judge;
mod reasons;
mod score;
mod words;

pub(crate) use blocks::blocked;
pub use blocks::{failed_musts, partly_asked};
pub use certainty::Certainty;
pub use decision::{Decision, Number, Place, Undecided, decide, undecided, weighed};
pub use reasons::Reason;
pub(crate) use score::{costs, lacking};
pub use words::{caution, sentence};
