//! A hard link to a path outside, however it is written, is refused or lands inside; the file outside stays as it was.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::Entry;
use crate::victim::Victim;

/// The promise.
pub const CASE: Case = Case {
    name: "hard_links_do_not_lead_outside",
    promise: "A hard link to a path outside, however it is written, is refused or lands inside; the file outside stays as it was.",
    why: "An image that links to a host file can read or overwrite it.",
    origin: "moby and containerd archive tests (hard link breakout); catalogue MT3",
    covers: &["MT3"],
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
    for target in [
        format!("{outside}/kept"),
        format!("{up}{outside}/kept"),
        format!("d/{up}{outside}/kept"),
        format!(
            "./{up}/{outside}/../{}/kept",
            outside.rsplit('/').next().unwrap_or_default()
        ),
    ] {
        let link = Entry::link("h", &target);
        victim.attack(context, &[Entry::dir("d/"), link.clone()])?;
        victim.attack(
            context,
            &[Entry::dir("d/"), link.clone(), Entry::file("h", "pwned")],
        )?;
        let mut chmod = link;
        chmod.mode = 0o777;
        chmod.uid = 1234;
        victim.attack(context, &[Entry::dir("d/"), chmod])?;
    }
    Ok(Outcome::Pass)
}
