//! A modification time that the filesystem cannot store is refused with that reason; any other is kept to the second.

use drivers::ErrorKind;
use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::{check, fixture};

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
    let mut refused = Vec::new();
    for seconds in TIMES {
        let at = |entry: Entry| Entry {
            mtime: (seconds, 0),
            ..entry
        };
        let tar = archive::write(&[
            at(Entry::dir("d/")),
            at(Entry::file("d/f", "1")),
            at(Entry::symlink("d/l", "f")),
        ]);
        if let Err(error) = fixture::unpacked(context, None, &tar)? {
            let words = error.to_string();
            check::refused(
                &format!("the time {seconds}"),
                ErrorKind::Unsupported,
                Err::<(), _>(error),
            )?;
            check::that(
                words.contains("modification time"),
                "an error that says why",
                words,
            )?;
            refused.push(seconds);
            continue;
        }
        let layer = context.layer_of(None, &tar)?;
        let view = context.view(Some(&layer))?;
        for name in ["d", "d/f", "d/l"] {
            let path = view.path(name);
            let found = rustix::fs::lstat(&path).attempt("stat", &path)?.st_mtime;
            check::same(&format!("the time of {name}"), seconds, found)?;
        }
        context.remove(view)?;
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
