//! `..` of a renamed directory is its new parent: by path, by descriptor and for who stands in it.

use std::fs::Metadata;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

use drivers::error::Attempt as _;
use rustix::fs::{AtFlags, OFlags, fstat, openat, statat};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, dir, file, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "dot_dot_follows_a_rename",
    promise: "`..` of a directory that was renamed is its new parent, by path, by an open descriptor, and after a remount.",
    why: "find, rm -r and fts walk back by `..` and stop with an error, or delete elsewhere, when it leads to another place.",
    origin: "POSIX.1-2024 rename() (dot-dot entry); pjdfstest rename/12, 24",
    covers: &["RN8"],
    level: Level::Must,
    theme: Theme::Renames,
    capability: Some("rename_lower_dir"),
    broken_by: &[Fault::Lie(&lies::RENAME_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let base = context.layer(
        None,
        &[
            dir("from"),
            dir("from/lower"),
            dir("from/lower/in"),
            file("from/lower/in/f", "1"),
            dir("to"),
            dir("to/deep"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        dir("from/own"),
        dir("from/own/in"),
        file("from/own/in/f", "2"),
    ])?;
    let mut names = vec!["own"];
    if capabilities.rename_lower_dir {
        names.push("lower");
    }
    for name in names {
        let moves: [(String, String); 3] = [
            (format!("from/{name}"), format!("to/{name}")),
            (format!("to/{name}"), format!("to/deep/{name}")),
            (format!("to/deep/{name}"), name.to_owned()),
        ];
        for (from, to) in moves {
            moved(&mut container, &from, &to)?;
        }
    }
    container.check()?;
    context.mount(&mut container)?;
    parent_is(&container, "own", "")?;
    container.check()?;
    Ok(Outcome::Pass)
}

/// Renames, and asks for the parent of what was moved and of what is in it.
fn moved(container: &mut Container, from: &str, to: &str) -> Result<(), Stop> {
    let ops: [Op; 1] = [rename(from, to)];
    let above = to.rsplit_once('/').map_or("", |(above, _)| above);
    // Looked up and opened before: what is cached must not be believed.
    let path = container.path(from);
    parent_is(
        container,
        from,
        from.rsplit_once('/').map_or("", |(above, _)| above),
    )?;
    let open = container.open(from)?;
    container.apply(&ops)?;
    parent_is(container, to, above)?;
    parent_is(container, &format!("{to}/in"), to)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let parent = openat(open.as_fd(), "..", flags, rustix::fs::Mode::empty())
        .attempt("open the parent of", &path)?;
    let found = fstat(&parent).attempt("stat the parent of", &path)?;
    let wanted = container.stat(above)?;
    check::same(
        &format!(".. of an open {to}"),
        identity(&wanted),
        (found.st_dev, found.st_ino),
    )?;
    let inside = statat(open.as_fd(), "in/f", AtFlags::empty());
    check::that(
        inside.is_ok(),
        format!("in/f is found through a descriptor of {to} from before"),
        check::words("stat", &inside),
    )
}

fn parent_is(container: &Container, path: &str, above: &str) -> Result<(), Stop> {
    let found = container
        .stat(format!("{path}/.."))
        .map_err(|Stop(failed)| Stop::fail(format!("{path} is there"), failed.reason()))?;
    let wanted = container.stat(above)?;
    check::same(
        &format!(".. of {path}"),
        identity(&wanted),
        identity(&found),
    )
}

fn identity(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}
