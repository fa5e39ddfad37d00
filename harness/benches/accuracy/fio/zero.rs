//! What the two instruments read when nothing is done, in seconds: the median, as they time an operation.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::sys::command;
use drivers::{Error, ErrorKind, Result};
use hdrhistogram::Histogram;
use serde_json::Value;

use super::{FIO_LIMIT, NOTHING};

/// As the loops of `write-heavy` do: the time between two looks at the clock, kept in a histogram.
pub(super) fn ours() -> Result<f64> {
    let mut histogram = Histogram::<u64>::new(3)
        .map_err(|e| Error::new(ErrorKind::Io, "make a histogram").because(e.to_string()))?;
    for _ in 0..NOTHING {
        let began = Instant::now();
        let nothing = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        histogram.saturating_record(nothing);
    }
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds below 2^53")]
    Ok(histogram.value_at_quantile(0.5) as f64 / 1e9)
}

/// fio with an engine that does nothing, and all else as in the jobs.
pub(super) fn fios(fio: &Path, scratch: &Path) -> Result<f64> {
    let file = scratch.join("nothing.fio");
    let job = include_str!("nothing.fio");
    std::fs::write(&file, job).attempt("write", &file)?;
    let args = [OsStr::new("--output-format=json"), file.as_os_str()];
    let text = command::run(fio, &args, FIO_LIMIT)?;
    let bad =
        |why: &str| Error::new(ErrorKind::Corrupt, "read what fio says of nothing").because(why);
    let json: Value = serde_json::from_slice(&text).map_err(|e| bad(&e.to_string()))?;
    json["jobs"][0]["write"]["clat_ns"]["percentile"]["50.000000"]
        .as_f64()
        .map(|nanoseconds| nanoseconds / 1e9)
        .ok_or_else(|| bad("a field is missing"))
}
