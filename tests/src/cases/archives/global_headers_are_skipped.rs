//! A PAX global header, as git and some archivers write it, is no file, wherever it stands, and tells nothing of files.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;
use crate::oracle::raw::Raw;

/// The promise.
pub const CASE: Case = Case {
    name: "global_headers_are_skipped",
    promise: "A PAX global header, as git and some archivers write it, is no file, wherever it stands, and tells nothing of files.",
    why: "Archives made by `git archive` start with a global header; one that renames or re-owns all that follows is no layer's.",
    origin: "moby archive tests (pax global header); containers/storage (global xattrs ignored); catalogue DF11, MT7",
    covers: &["DF11", "MT7"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::GlobalHeadersAreFiles],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let comment: &[(&str, &[u8])] = &[("comment", b"0123456789012345678901234567890123456789")];
    let bossy: &[(&str, &[u8])] = &[
        ("path", b"other"),
        ("uid", b"1234"),
        ("mtime", b"1"),
        ("SCHILY.xattr.user.all", b"1"),
    ];
    let tar = Raw::new()
        .global(comment)
        .file("a", b"1")
        .global(bossy)
        .file("b", b"2")
        .pax(&[("path", b"c")])
        .global(&[])
        .file("x", b"3")
        .global(comment)
        .end();
    let layer = context.layer_of(None, &tar)?;
    let files = [file("a", "1"), file("b", "2"), file("c", "3")];
    context.expect(&layer, None, &files)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
