//! Entries named with .., or from the root, never touch anything outside: they are refused or land inside.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::Entry;
use crate::victim::Victim;

/// The promise.
pub const CASE: Case = Case {
    name: "parent_references_stay_inside",
    promise: "Entries named with .., or from the root, never touch anything outside: they are refused or land inside.",
    why: "`../../etc/passwd` in a layer must never be the host's.",
    origin: "CVE-2019-14271 class; moby, containerd and containers/storage archive tests (victim directory)",
    covers: &["MT1"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FollowLinks],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let victim = Victim::new(context)?;
    let outside = victim.path();
    let up = "../".repeat(30);
    for name in [
        format!("{up}{outside}/pwned"),
        format!("..//{up}{outside}/kept"),
        format!("d/{up}{outside}/kept"),
        format!("/{outside}/pwned"),
        format!("/../{outside}/kept"),
        format!("./d/../../{up}{outside}/pwned"),
    ] {
        victim.attack(context, &[Entry::dir("d/"), Entry::file(&name, "pwned")])?;
        victim.attack(context, &[Entry::dir("d/"), Entry::dir(format!("{name}/"))])?;
        victim.attack(context, &[Entry::symlink(&name, "/etc")])?;
    }
    victim.attack(
        context,
        &[Entry::file(format!("{up}{outside}/.wh.kept"), "")],
    )?;
    victim.attack(
        context,
        &[Entry::file(format!("{up}{outside}/.wh..wh..opq"), "")],
    )?;
    Ok(Outcome::Pass)
}
