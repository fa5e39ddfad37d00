//! Leading ./ and /, doubled and trailing slashes name the same files as the plain path.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{dir, file, link};

/// The promise.
pub const CASE: Case = Case {
    name: "odd_spellings_of_paths_are_understood",
    promise: "Leading ./ and /, doubled and trailing slashes name the same files as the plain path.",
    why: "`./a`, `a//b` and `/a` are all in use by tools that write layers.",
    origin: "containerd archive tests; GNU tar and bsdtar output",
    covers: &["MT9", "DF11"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::OddPathsSkipped],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let tar = archive::write(&[
        Entry::dir("./"),
        Entry::dir("./a"),
        Entry::file("./a/one", "1"),
        Entry::dir("/b/"),
        Entry::file("/b/two", "2"),
        Entry::file("a//three", "3"),
        Entry::file("a/./four", "4"),
        Entry::link("./five", "./a/one"),
        Entry::link("six", "/b/two"),
    ]);
    let layer = context.layer_of(None, &tar)?;
    context.expect(
        &layer,
        None,
        &[
            dir("a"),
            dir("b"),
            file("a/one", "1"),
            file("b/two", "2"),
            file("a/three", "3"),
            file("a/four", "4"),
            link("a/one", "five"),
            link("b/two", "six"),
        ],
    )?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
