//! A PAX global header, as git and some archivers write it, is no file and does no harm.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "global_headers_are_skipped",
    promise: "A PAX global header, as git and some archivers write it, is no file and does no harm.",
    why: "Archives made by `git archive` start with a global header.",
    origin: "moby archive tests (pax global header); catalogue DF11, MT7",
    covers: &["DF11", "MT7"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::GlobalHeadersAreFiles],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let comment = b"52 comment=0123456789012345678901234567890123456789\n";
    let header = Entry {
        mtime: (0, 0),
        data: comment.to_vec(),
        ..Entry::new(tar::EntryType::XGlobalHeader, "pax_global_header")
    };
    let tar = archive::write(&[header, Entry::file("a", "1")]);
    let layer = context.layer_of(None, &tar)?;
    context.expect(&layer, None, &[file("a", "1")])?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
