//! File capabilities are kept when a lower file is renamed, linked, or has its mode or time changed, and by what is built on it.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{chmod, file, link, mtime, rename, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "capabilities_survive_copy_up",
    promise: "File capabilities are kept when a lower file is renamed, linked, or has its mode or time changed, and by what is built on it.",
    why: "A ping or a web server that loses its capability stops working only after the first change to it.",
    origin: "xfstests overlay/064; moby 42655 (vfs dropped capabilities)",
    covers: &["XA2", "C28"],
    level: Level::Must,
    theme: Theme::Attributes,
    capability: None,
    broken_by: &[Fault::CopiesLoseXattrs],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    if !context.capabilities()?.xattr_privileged {
        return Err(Stop::not_applicable(
            "security.* attributes cannot be stored here",
        ));
    }
    let mut ops = Vec::new();
    for name in ["chmod", "mtime", "rename", "link", "same"] {
        ops.push(file(name, "program"));
        ops.push(chmod(name, 0o755));
        ops.push(xattr(name, "security.capability", fixture::capability()));
    }
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        chmod("chmod", 0o700),
        mtime("mtime", 1_111_111_111, 1),
        rename("rename", "renamed"),
        link("link", "linked"),
    ])?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
