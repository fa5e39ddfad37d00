//! Statistics of paired measurements on noisy machines.
//!
//! A **pair** is one round's value of a subject and of what it is compared with; its **log ratio** is ln(subject /
//! other). Everything is computed on log ratios, because noise on shared machines multiplies, and turned back into
//! ratios at the end. docs/measuring.md says why these methods and not others.

pub mod bootstrap;
pub mod centre;
pub mod family;
pub mod friedman;
pub mod letters;
pub mod normal;
pub mod outliers;
pub mod pair;
pub mod quantile;
pub mod random;
pub mod ranks;
pub mod signed_rank;
pub mod student;
pub mod unpaired;
pub mod verdict;

pub use bootstrap::Bootstrapped;
pub use friedman::Friedman;
pub use outliers::Outliers;
pub use pair::{Interval, Paired};
pub use unpaired::Unpaired;
pub use verdict::{Verdict, Why};
