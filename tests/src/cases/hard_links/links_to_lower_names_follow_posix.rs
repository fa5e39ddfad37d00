//! A lower, a new and a renamed file, and a symbolic link itself, can be given another name; what cannot be linked is refused with the right errno.

use std::path::Path;

use drivers::error::Attempt as _;
use rustix::fs::{AtFlags, CWD, linkat};
use rustix::io::{Errno, Result};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, link, remove, rename, symlink, write};

/// The promise.
pub const CASE: Case = Case {
    name: "links_to_lower_names_follow_posix",
    promise: "A lower, a new and a renamed file, and a symbolic link itself, can be given another name; what cannot be linked is refused with the right errno.",
    why: "Package managers and mail servers link a finished file into place; a wrong errno makes them overwrite or give up.",
    origin: "unionmount suite (hard link matrix); pjdfstest link; fuse-overlayfs hard link tests; catalogue HL1",
    covers: &["HL1"],
    level: Level::Must,
    theme: Theme::HardLinks,
    capability: None,
    broken_by: &[Fault::Lie(&lies::LINK_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            dir("d/sub"),
            file("f", "lower"),
            file("g", "another"),
            file("moved", "to be renamed"),
            file("gone", "to be deleted"),
            symlink("s", "f"),
            symlink("dangling", "no/where"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        link("f", "d/f2"),
        file("new", "made here"),
        link("new", "d/new2"),
        rename("moved", "d/sub/moved"),
        link("d/sub/moved", "moved"),
        // The name of something else that was deleted.
        remove("gone"),
        link("g", "gone"),
        // The link itself, wherever it leads.
        link("s", "d/s2"),
        link("dangling", "d/dangling2"),
    ])?;
    container.check()?;

    let root = container.root().to_owned();
    let at = |name: &str| root.join(name);
    let linked =
        |from: &Path, to: &Path| -> Result<()> { linkat(CWD, from, CWD, to, AtFlags::empty()) };
    container.apply(&[remove("d/sub/moved")])?;
    for (what, from, to, errno) in [
        ("a new name that a lower file has", "f", "g", Errno::EXIST),
        ("a new name that a new file has", "g", "new", Errno::EXIST),
        (
            "a new name that a directory has",
            "f",
            "d/sub",
            Errno::EXIST,
        ),
        (
            "a new name that a dangling link has",
            "f",
            "dangling",
            Errno::EXIST,
        ),
        ("the name it has already", "f", "f", Errno::EXIST),
        ("a file that never was", "never", "x", Errno::NOENT),
        (
            "a lower file that was renamed away",
            "d/sub/moved",
            "x",
            Errno::NOENT,
        ),
        (
            "a directory that is not there",
            "f",
            "never/x",
            Errno::NOENT,
        ),
        ("a file as a directory", "f", "g/x", Errno::NOTDIR),
        ("a name below a file", "g/x", "x", Errno::NOTDIR),
        ("a lower directory", "d", "x", Errno::PERM),
        ("a directory below it", "d/sub", "x", Errno::PERM),
    ] {
        check::errno(
            &format!("linking {what}"),
            errno,
            linked(&at(from), &at(to)),
        )?;
    }
    container.check()?;

    let through = linkat(CWD, at("s"), CWD, at("through"), AtFlags::SYMLINK_FOLLOW);
    through.attempt("link what the symbolic link leads to", at("s"))?;
    container.predict(&[link("f", "through")])?;
    container.apply(&[write("through", 0, "L"), write("d/new2", 0, "M")])?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
