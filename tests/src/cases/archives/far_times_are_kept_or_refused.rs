//! A modification time that the filesystem cannot store is refused with that reason; any other is kept to the second.

use drivers::ErrorKind;
use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "far_times_are_kept_or_refused",
    promise: "A modification time that the filesystem cannot store is refused with that reason; any other is kept to the second.",
    why: "A time changed in silence gives other digests on export, and other decisions of build tools, on each filesystem.",
    origin: "catalogue MT7 (keep or error, no truncation); Linux timestamp_truncate (the nearest time is stored without an error)",
    covers: &["MT7"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::TimesLost],
    run,
};

const TIMES: [i64; 10] = [
    -9_000_000_000_000_000_000,
    -100_000_000_000,
    -2_147_483_649,
    -2_147_483_648,
    -1,
    4_294_967_296,
    15_032_385_535,
    15_032_385_536,
    100_000_000_000,
    9_000_000_000_000_000_000,
];

fn run(context: &mut Context<'_>) -> Verdict {
    let yard = Yard::new(context, None)?;
    let (mut refused, mut kept, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for seconds in TIMES {
        let at = |entry: Entry| Entry {
            mtime: (seconds, 0),
            ..entry
        };
        let one = [
            at(Entry::dir(format!("d{seconds}/"))),
            at(Entry::file(format!("d{seconds}/f"), "1")),
            at(Entry::symlink(format!("d{seconds}/l"), "f")),
        ];
        match yard.apply(context, &archive::write(&one))? {
            Ok(_) => {
                kept.push(seconds);
                entries.extend(one);
            }
            Err(error) => {
                let words = error.to_string();
                let what = format!("the time {seconds}");
                check::refused(&what, ErrorKind::Unsupported, Err::<(), _>(error))?;
                check::that(words.contains("modification time"), "a reason", words)?;
                refused.push(seconds);
            }
        }
    }
    check::that(
        kept.contains(&-1),
        "the last second of 1969 is kept",
        "it is not",
    )?;
    let layer = context.layer_of(None, &archive::write(&entries))?;
    let view = context.view(Some(&layer))?;
    for seconds in kept {
        for name in ["", "/f", "/l"] {
            let path = view.path(format!("d{seconds}{name}"));
            let found = rustix::fs::lstat(&path).attempt("stat", &path)?.st_mtime;
            check::same(&path.display().to_string(), seconds, found)?;
        }
    }
    if refused.is_empty() {
        return Ok(Outcome::Pass);
    }
    let before = refused.iter().filter(|seconds| **seconds < 0).max();
    let after = refused.iter().filter(|seconds| **seconds > 0).min();
    let refused: Vec<_> = [("up to", before), ("from", after)]
        .into_iter()
        .filter_map(|(word, seconds)| Some(format!("{word} {}", seconds?)))
        .collect();
    Ok(Outcome::Deviates(format!(
        "of the times asked for, those {} seconds after 1970 are refused",
        refused.join(" and ")
    )))
}
