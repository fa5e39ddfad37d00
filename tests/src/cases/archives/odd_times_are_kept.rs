//! Times before 1970, with nanoseconds, and after 2038 are kept as far as the filesystem's unit goes.

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, file, mtime};

/// The promise.
pub const CASE: Case = Case {
    name: "odd_times_are_kept",
    promise: "Times before 1970, with nanoseconds, and after 2038 are kept as far as the filesystem's unit goes.",
    why: "Times before 1970, after 2038 and with nanoseconds exist; build tools compare them.",
    origin: "catalogue MT7, DF5; pjdfstest utimensat (2038)",
    covers: &["MT7", "DF5"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: Some("mtime_granularity_ns"),
    broken_by: &[
        Fault::TimesLost,
        Fault::NanosecondsLost,
        Fault::OldTimesLost,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let granularity = context.capabilities()?.mtime_granularity_ns;
    let latest = context.capabilities()?.latest_mtime_s;
    let mut times = vec![
        ("zero", 0, 0),
        ("nano", 1, 1),
        ("before", -2, 500_000_000),
        ("long-before", -1_000_000_000, 1),
        ("y2038", 2_147_483_648, 999_999_999),
        ("y2100", 4_102_444_800, 5),
    ];
    times.retain(|(_, seconds, _)| *seconds <= latest);
    let mut ops = Vec::new();
    for (name, seconds, nanoseconds) in times {
        ops.push(file(name, "1"));
        ops.push(mtime(name, seconds, nanoseconds));
    }
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.check()?;
    container.apply(&[
        file("live", "1"),
        mtime("live", 1_500_000_000, 123_456_789),
        chmod("before", 0o600),
    ])?;
    container.check()?;
    if latest < i64::MAX {
        let later = container.apply(&[mtime("live", latest + 1, 0)]);
        check::that(
            later.is_err(),
            format!("a time after {latest} is refused, as declared"),
            "it is kept",
        )?;
    }
    if granularity == 1 && latest == i64::MAX {
        return Ok(Outcome::Pass);
    }
    if granularity == 1 {
        return Ok(Outcome::Deviates(format!(
            "times after {latest} are refused"
        )));
    }
    let nanoseconds = rustix::fs::stat(container.path("live"))
        .attempt("stat", container.path("live"))?
        .st_mtime_nsec;
    check::that(
        nanoseconds != 123_456_789,
        format!("times in units of {granularity} ns, as declared"),
        "nanoseconds are kept",
    )?;
    Ok(Outcome::Deviates(format!(
        "times are kept in units of {granularity} ns, and up to {latest} s after 1970"
    )))
}
