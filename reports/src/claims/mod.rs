//! Published statements about storage drivers, asked of the results of one host.
//!
//! A **claim** is a statement somebody published, in our words, with its source. It has **parts**, all of which must hold.
//! A part says whom it is about and how it is checked: by a number against a **band**, by the answer to a conformance case,
//! by a limit or a fact a driver tells. Of each subject it is about there is a **finding**; together they are the
//! **answer**: confirmed, refuted, inconclusive or not applicable, on this host.

pub mod about;
mod asking;
pub mod band;
pub mod check;
pub mod claim;
pub mod find;
pub mod judge;
mod list;
pub mod number;
pub mod page;
pub mod pick;
pub mod show;
pub mod term;
pub mod verdict;

pub use claim::{Claim, Part};
pub use judge::{Answer, Finding, answers};
pub use list::ALL;
pub use verdict::Verdict;
