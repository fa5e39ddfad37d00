//! What every storage driver must do: the conformance suite, shipped as a library.
//!
//! A **case** ([`Case`]) is one promise, in one file, naming where the promise comes from; [`ALL`] lists them. It runs
//! ([`run`]) against a **subject** ([`Subject`]): any opened driver. What a container must see is said by the
//! [`oracle`]. What a driver *declares* ([`drivers::Capabilities`]) flips an assertion, never skips it.
//!
//! ```no_run
//! # fn main() -> drivers::Result<()> {
//! # let root: drivers::Root = unimplemented!();
//! let mut subject = conformance::Subject::open(
//!     drivers::backend("vfs")?, root, drivers::Options::default(), "/var/tmp/scratch".as_ref())?;
//! for case in conformance::ALL {
//!     let report = conformance::run(case, &mut subject);
//!     println!("{} {} {}", case.name, report.outcome.name(), report.outcome.reason());
//! }
//! subject.close()
//! # }
//! ```

pub mod apart;
pub mod aside;
pub mod bounded;
pub mod case;
pub mod cases;
pub mod catalogue;
pub mod check;
pub mod container;
pub mod context;
pub mod crash;
pub mod cross;
pub mod elsewhere;
pub mod faults;
pub mod faulty;
pub mod fixture;
pub mod flipped;
pub mod fuzz;
pub mod lies;
mod limits;
pub mod namespace;
pub mod oracle;
mod pace;
pub mod posix;
pub mod random;
pub mod rooms;
pub mod runner;
pub mod subject;
pub mod together;
pub mod victim;
pub mod yard;

pub use bounded::run_bounded;
pub use case::{Case, Level, Outcome, Stop, Theme, Verdict};
pub use cases::ALL;
pub use container::Container;
pub use context::Context;
pub use runner::{Report, run, run_within};
pub use subject::Subject;
