//! The rules of POSIX and Linux as tables, asked of files that come from a lower layer.
//!
//! A [`row::Row`] is one rule: what lies in the lower layer, one system call, who makes it, and what must come of it:
//! the answer, the tree, the times and the link counts. The expected column is what POSIX.1-2024 and the Linux manual
//! pages say, not what any driver gave. [`ask::ask`] asks a table of them in one container; every row has a directory
//! of its own there, so that none depends on another.
//!
//! A row that fails is asked of a plain directory of the same backing filesystem too: what is broken there in the same
//! way is the filesystem's, and is told as a deviation instead of a failure of the driver.

pub mod act;
pub mod ask;
pub mod call;
pub mod judge;
pub mod row;
pub mod stamps;
pub mod tally;
