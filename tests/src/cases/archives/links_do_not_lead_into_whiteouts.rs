//! No directory is made whose name is a whiteout, whichever way an archive asks for it.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{dir, file};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "links_do_not_lead_into_whiteouts",
    promise: "No directory is made whose name is a whiteout, whichever way an archive asks for it.",
    why: "A directory called .wh.etc deletes /etc as soon as the layer is exported, and on fuse-overlayfs at once.",
    origin: "layerbench review of its unpacker (a symbolic link among the parents); containerd archive tests (dir named .wh.etc); catalogue WO8, MT6",
    covers: &["WO8", "MT6"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[dir("etc"), file("etc/passwd", "root"), dir("d")])?;
    let yard = Yard::new(context, Some(&base))?;
    for entries in [
        vec![Entry::symlink("l", ".wh.etc"), Entry::file("l/x", "")],
        vec![Entry::symlink("l", "d/../.wh.etc/y"), Entry::dir("l/x/")],
        vec![
            Entry::symlink("l", ".wh.etc"),
            Entry::symlink("m", "l"),
            Entry::link("m/x", "etc/passwd"),
        ],
        vec![Entry::symlink("l", ".wh..wh..opq"), Entry::file("l/x", "")],
        vec![Entry::file(".wh.etc/x", "")],
        vec![Entry::dir(".wh.etc/"), Entry::file(".wh.etc/x", "")],
    ] {
        yard.refuses(context, "a way into a whiteout", &archive::write(&entries))?;
    }
    // The directory alone is a whiteout, as a file of that name is.
    let tar = archive::write(&[Entry::dir(".wh.etc/")]);
    let layer = context.layer_of(Some(&base), &tar)?;
    context.expect(&layer, Some(&base), &[crate::oracle::op::remove("etc")])?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
