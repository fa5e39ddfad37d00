//! A change of mode, owner, time, extended attribute or hard link alone is found among the changes, and exported.

use drivers::{Change, ChangeKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, chmod, chown, dir, file, link, mtime, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "metadata_changes_are_found",
    promise: "A change of mode, owner, time, extended attribute or hard link alone is found among the changes, and exported.",
    why: "A chmod or setcap that the diff misses is lost in the image.",
    origin: "moby 27298, 20240, 28391 (metadata lost between layers); catalogue DF5, XA7",
    covers: &["DF5", "XA7", "C15"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::MetadataMissed, Fault::SameSizeMissed],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let names = ["mode", "owner", "time", "xattr", "dir", "aged"];
    let mut ops: Vec<Op> = names[..4].iter().map(|name| file(name, "1")).collect();
    ops.push(dir("dir"));
    ops.push(dir("aged"));
    ops.push(file("aged/in", "1"));
    ops.push(file("link", "1"));
    ops.push(dir("other"));
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let change = [
        chmod("mode", 0o600),
        chown("owner", 3, 4),
        mtime("time", 1_400_000_000, 0),
        xattr("xattr", "user.new", "1"),
        link("link", "linked"),
        chmod("dir", 0o2700),
        mtime("aged", 1_460_000_000, 0),
        mtime("", 1_450_000_000, 0),
    ];
    container.apply(&change)?;
    container.check()?;
    container.unmount()?;
    let driver = context.driver()?;
    let found = driver.changes(Item::Container(&container.key))?;
    for name in names {
        let possible = match name {
            "owner" => capabilities.arbitrary_owners,
            "xattr" => capabilities.xattr_user,
            _ => true,
        };
        let wanted = Change {
            path: name.as_bytes().to_vec(),
            kind: ChangeKind::Modified,
        };
        check::that(
            !possible || found.contains(&wanted),
            format!("{name} is modified"),
            format!("{found:?}"),
        )?;
    }
    let linked = Change {
        path: b"linked".to_vec(),
        kind: ChangeKind::Added,
    };
    check::that(
        found.contains(&linked),
        "the new name of a file is added",
        format!("{found:?}"),
    )?;
    check::that(
        !found
            .iter()
            .any(|c| c.path == b"other" || c.path == b"aged/in"),
        "what was not touched is not among the changes",
        format!("{found:?}"),
    )?;
    let mut tar = Vec::new();
    driver.export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    Ok(Outcome::Pass)
}
