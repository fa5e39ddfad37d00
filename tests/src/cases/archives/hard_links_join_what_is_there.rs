//! A hard link joins the very thing that is there before it in the archive or below, be it a symbolic link or a device;
//! its own header changes nothing, and a target that comes later is refused.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{chmod, dir, fifo, file, link, symlink};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "hard_links_join_what_is_there",
    promise: "A hard link joins the very thing that is there before it in the archive or below, be it a symbolic link; its own header changes nothing, and a target that comes later is refused.",
    why: "A link that follows its target, or sets a mode through it, changes a file that the image's maker did not name.",
    origin: "containerd and moby archive tests (hard link to a symbolic link, no chmod through it); catalogue MT3",
    covers: &["MT3"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FollowLinks, Fault::LinksSplit],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let below = [
        dir("d"),
        file("d/a", "1"),
        chmod("d/a", 0o640),
        symlink("s", "d/a"),
        symlink("dir", "d"),
        fifo("pipe"),
    ];
    let base = context.layer(None, &below)?;
    let wild = |name: &str, target: &str| Entry {
        mode: 0o7777,
        uid: 77,
        gid: 78,
        xattrs: vec![(b"user.x".to_vec(), b"1".to_vec())],
        ..Entry::link(name, target)
    };
    let tar = archive::write(&[
        wild("to-file", "d/a"),
        wild("to-link", "s"),
        wild("to-pipe", "pipe"),
        wild("through-link", "dir/a"),
        Entry::file("new", "2"),
        wild("to-new", "./new"),
        // To itself: it stays.
        wild("new", "/new"),
        Entry::symlink("dangling", "../../nowhere"),
        wild("to-dangling", "dangling"),
    ]);
    let layer = context.layer_of(Some(&base), &tar)?;
    context.expect(
        &layer,
        Some(&base),
        &[
            link("d/a", "to-file"),
            link("s", "to-link"),
            link("pipe", "to-pipe"),
            link("d/a", "through-link"),
            file("new", "2"),
            link("new", "to-new"),
            symlink("dangling", "../../nowhere"),
            link("dangling", "to-dangling"),
        ],
    )?;
    context.check_layer(&layer)?;
    let yard = Yard::new(context, Some(&base))?;
    for (what, entries) in [
        (
            "a file that comes later",
            [Entry::link("x", "later"), Entry::file("later", "")],
        ),
        ("a directory", [Entry::dir("e/"), Entry::link("x", "e")]),
        (
            "what the archive has deleted",
            [Entry::file(".wh.s", ""), Entry::link("x", "s")],
        ),
        (
            "what is in a file",
            [Entry::file("f", ""), Entry::link("x", "f/y")],
        ),
        (
            "what goes with the directory in its place",
            [Entry::file("e/f", ""), Entry::link("e", "e/f")],
        ),
    ] {
        yard.refuses(
            context,
            &format!("a hard link to {what}"),
            &archive::write(&entries),
        )?;
    }
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
