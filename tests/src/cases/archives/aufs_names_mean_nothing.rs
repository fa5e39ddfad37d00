//! Names that AUFS kept for itself, .wh..wh.aufs, .wh..wh.plnk and their like, show nowhere and delete nothing.

use tar::EntryType;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{dir, file};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "aufs_names_mean_nothing",
    promise: "Names that AUFS kept for itself, .wh..wh.aufs, .wh..wh.plnk and their like, show nowhere and delete nothing; a link into them is refused.",
    why: "Old images have them; as whiteouts they would delete files called .wh.aufs, as files they would be in the way.",
    origin: "moby pkg/archive (WhiteoutMetaPrefix, WhiteoutLinkDir); catalogue MT6",
    covers: &["MT6"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::AufsNamesKept],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[dir("d"), file("d/a", "1"), file("b", "2")])?;
    let own = [
        Entry::file(".wh..wh.aufs", ""),
        Entry::dir(".wh..wh.plnk/"),
        Entry::file(".wh..wh.plnk/131.7", "shared"),
        Entry::dir(".wh..wh.orph/"),
        Entry::dir("./.wh..wh.orph/x/"),
        Entry::file("d/.wh..wh.aufs", ""),
        Entry::symlink("d/.wh..wh.tmp", "../b"),
        Entry::new(EntryType::Fifo, "d/.wh..wh.x"),
        Entry::link("d/.wh..wh.y", "b"),
        Entry::file("d/.wh..wh.opq", "not the opaque marker"),
        Entry::file("d/.wh..wh..opqx", "neither"),
    ];
    let tar = archive::write(&[&own[..], &[Entry::file("new", "3")]].concat());
    let layer = context.layer_of(Some(&base), &tar)?;
    context.expect(&layer, Some(&base), &[file("new", "3")])?;
    context.check_layer(&layer)?;
    let mut container = context.container(Some(&layer))?;
    container.check()?;
    container.unmount()?;
    // What AUFS meant by it is not known here, and nothing is guessed.
    let linked = [&own[..], &[Entry::link("x", ".wh..wh.plnk/131.7")]].concat();
    let yard = Yard::new(context, None)?;
    yard.refuses(
        context,
        "a link into AUFS' own directory",
        &archive::write(&linked),
    )?;
    Ok(Outcome::Pass)
}
