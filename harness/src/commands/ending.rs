//! How a run ends, whatever came of its work.

use std::path::Path;
use std::time::Instant;

use reports::Line;
use reports::record::End;

use super::report::{self, Documents};
use crate::records::Records;
use crate::workplace::Workplace;
use crate::{interrupt, progress};

/// What is there when a run has ended.
pub(super) struct Ended<T> {
    /// What the work came to.
    pub(super) outcome: T,
    pub(super) documents: Documents,
    /// The user wanted it to end.
    pub(super) interrupted: bool,
}

/// Closes the place, writes the last record and the documents, and only then gives the first failure there was.
pub(super) fn end<T>(
    outcome: anyhow::Result<T>,
    place: Workplace,
    began: Instant,
    records: &mut Records,
) -> anyhow::Result<Ended<T>> {
    let closed = place.close();
    let interrupted = interrupt::requested();
    records.push(Line::End(End {
        seconds: began.elapsed().as_secs_f64(),
        interrupted,
    }))?;
    let documents = report::write(records.results(), records.dir())?;
    let outcome = outcome?;
    closed?;
    Ok(Ended {
        outcome,
        documents,
        interrupted,
    })
}

/// Tells where the report of a run is.
pub(super) fn tell(out: &Path, records: &Records) {
    progress::say(&format!(
        "layerbench: wrote {} (run {})",
        out.join("report.html").display(),
        records.id()
    ));
    super::export::hint();
}
