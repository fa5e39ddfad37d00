//! What a container wrote is there after it was unmounted and mounted elsewhere.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{chmod, dir, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "writes_survive_a_remount",
    promise: "What a container wrote is there after it was unmounted and mounted elsewhere.",
    why: "A stopped and restarted container must be as it was left.",
    origin: "xfstests overlay (mount cycle); unionmount suite",
    covers: &["WO1", "ID1", "LC8"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::WritesLost, Fault::DeletedComeBack],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        file("etc/passwd", "mine"),
        remove("bin/su"),
        remove("var"),
        dir("var"),
        file("var/new", "1"),
        chmod("secret", 0o711),
        symlink("s", "etc"),
    ])?;
    container.check()?;
    for _ in 0..2 {
        container.unmount()?;
        container.at = context.directory()?;
        context.mount(&mut container)?;
        container.check()?;
    }
    context.restart_unmounted(&mut container)?;
    container.check()?;
    Ok(Outcome::Pass)
}
