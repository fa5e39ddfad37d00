//! System calls counted by ptrace(2): of a program, its threads and the processes it starts.
//!
//! A traced program stops twice at each call, which costs tens of microseconds: nothing is timed while it is traced. It
//! marks what is to be counted itself, by [`mark`]: the first opens a **section**, the second closes it. Counted are its own
//! calls and those of programs it starts in the section, not those of a daemon that was there before. Between sections all
//! run at their own speed.

mod class;
mod tracer;

pub use class::Class;
pub use tracer::{Counts, Traced, count, mark};
