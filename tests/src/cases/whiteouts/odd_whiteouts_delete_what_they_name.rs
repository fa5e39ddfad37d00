//! A whiteout below a link, a dead link, a file or a deleted directory, or spelled as a directory, deletes what it names or nothing.

use drivers::{ErrorKind, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{Op, dir, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "odd_whiteouts_delete_what_they_name",
    promise: "A whiteout below a link, a dead link, a file or a deleted directory, or spelled as a directory, deletes what it names or nothing.",
    why: "Layers of old builders hold such markers; a reader that makes the missing parents brings deleted directories back.",
    origin: "containerd archive tests (whiteout under a dead symlink, of a symlink, .wh. directory); containers/storage archive tests; catalogue WO8",
    covers: &["WO8", "WO6"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::WhiteoutsForgotten, Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("etc"),
            file("etc/passwd", "1"),
            symlink("dead", "no/where"),
            dir("real"),
            file("real/x", "1"),
            file("real/.x", "hidden by its dot only"),
            symlink("way", "real"),
            file("plain", "1"),
            dir("gone"),
            dir("gone/sub"),
            file("gone/sub/file", "1"),
        ],
    )?;
    let removed = context.layer(Some(&base), &[remove("gone")])?;
    let whiteout = |path: &str| Entry::file(path, "");
    let odd: [(&[Entry], &[Op]); 3] = [
        // Nothing to delete, and nothing may be made on the way.
        (
            &[
                whiteout("dead/.wh.x"),
                whiteout("no/where/.wh.x"),
                whiteout("plain/.wh.x"),
                whiteout("gone/.wh.sub"),
                whiteout("gone/sub/.wh.file"),
                whiteout("gone/sub/.wh..wh..opq"),
            ],
            &[],
        ),
        // Through the link, then the link itself; a name that starts with a dot.
        (
            &[
                whiteout("way/.wh.x"),
                whiteout("real/.wh..x"),
                whiteout(".wh.way"),
            ],
            &[remove("real/x"), remove("real/.x"), remove("way")],
        ),
        // A marker is one by its name, whatever its type.
        (
            &[Entry::dir(".wh.etc/"), Entry::symlink("real/.wh.x", "to")],
            &[remove("etc"), remove("real/x")],
        ),
    ];
    for (entries, ops) in odd {
        let layer = context.layer_of(Some(&removed), &archive::write(entries))?;
        context.expect(&layer, Some(&removed), ops)?;
        context.check_layer(&layer)?;
    }
    // Below a directory that the same archive deletes, before and after it says so.
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let markers = [".wh.gone", "gone/.wh.sub", "gone/sub/.wh.file"];
        let entries = order.map(|number: usize| whiteout(markers[number]));
        let layer = context.layer_of(Some(&base), &archive::write(&entries))?;
        context.expect(&layer, Some(&base), &[remove("gone")])?;
        context.check_layer(&layer)?;
        if order[0] == 2 {
            let again = context.layer(Some(&layer), &[dir("gone"), dir("gone/sub")])?;
            context.check_layer(&again)?;
            let container = context.container(Some(&again))?;
            container.check()?;
        }
    }
    let key = context.key()?;
    let driver = context.driver()?;
    driver.prepare(&key, Some(&base), Kind::Writable)?;
    let inside = archive::write(&[Entry::dir(".wh.etc/"), whiteout(".wh.etc/file")]);
    let outcome = driver.apply(&key, &mut &inside[..], &Limits::default());
    check::refused("an entry inside a whiteout", ErrorKind::BadInput, outcome)?;
    driver.remove(Item::Container(&key))?;
    Ok(Outcome::Pass)
}
