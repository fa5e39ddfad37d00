//! A static site made of runs: an index, a page for each run, a page for each two, a feed. Nothing of it needs a server
//! or a script, and the same runs give the same bytes.

pub mod card;
pub mod feed;
pub mod frame;
pub mod index;
pub mod pair;
pub mod pairs;
mod private;
pub mod redact;
pub mod run;

pub use card::{Card, State};
pub use frame::Site;
pub use pair::PairCard;
pub use redact::Redactor;
