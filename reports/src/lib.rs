//! What the numbers say: the record format, statistics, verdicts, and the documents made of them.
//!
//! Pure: text in, text out. No clock, no host, no file, no sibling crate; the same results give the same bytes.

pub mod analysis;
pub mod anchor;
pub mod charts;
pub mod claims;
pub mod compare;
pub mod decide;
pub mod emulated;
pub mod error;
pub mod export;
pub mod finish;
pub mod gate;
pub mod glossary;
pub mod headline;
pub mod html;
pub mod junit;
pub mod latency;
pub mod markdown;
pub mod matrix;
pub mod merge;
pub mod metric;
pub mod number;
pub mod order;
pub mod precision;
pub mod record;
pub mod repeats;
pub mod series;
pub mod sheet;
pub mod site;
pub mod standing;
pub mod stats;
pub mod summary;
pub mod table;
pub mod tail;
pub mod targets;
pub mod tied;
pub mod trend;
pub mod uses;
pub mod wrap;

pub use analysis::Analysis;
pub use compare::Comparison;
pub use error::{Error, ErrorKind, Result};
pub use html::{Beside, render, render_with};
pub use junit::junit;
pub use latency::Latencies;
pub use merge::merge;
pub use record::{
    Block, Cache, CaseResult, CellInfo, Dnf, End, Facts, HostLine, Level, Line, Noise, Outcome,
    Record, Results, Role, Run, SCHEMA, Subject, Support, WorkloadInfo,
};
