//! Entries named with .., from the root, or after a neighbour, never touch anything outside: they are refused or land
//! inside.

use tar::EntryType;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::victim::Victim;

/// The promise.
pub const CASE: Case = Case {
    name: "parent_references_stay_inside",
    promise: "Entries named with .., from the root, or after a neighbour, never touch anything outside: they are refused or land inside.",
    why: "`../../etc/passwd` in a layer must never be the host's.",
    origin: "CVE-2019-14271 class; moby, containerd and containers/storage archive tests (victim directory, sibling prefix)",
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
        format!("{up}{outside}/.wh.kept"),
        format!("{up}{outside}/.wh..wh..opq"),
    ] {
        // Everything that an entry can make, in one archive each: what is refused must not hide what follows.
        for entry in [
            Entry::file(&name, "pwned"),
            Entry::dir(format!("{name}/")),
            Entry::symlink(&name, "/etc"),
            Entry::link(&name, "d/inside"),
            Entry::new(EntryType::Fifo, &name),
        ] {
            let all = [Entry::dir("d/"), Entry::file("d/inside", "x"), entry];
            victim.attack(context, &all)?;
        }
    }
    // A neighbour whose name starts like that of the layer's own directory: "does the path start with the root's" is
    // no test. And the directory above itself.
    for (what, make) in [
        ("a neighbour", "../{}-evil"),
        ("a neighbour by a detour", "/d/../../{}-evil"),
        ("the directory itself from outside", "../{}/pwned"),
        ("the directory above", ".."),
        ("the directory above, from the root", "/.."),
    ] {
        let applied = victim.attack_with(context, None, what, |stage| {
            let name = make.replace("{}", stage);
            let entries = [Entry::dir("d/"), Entry::dir(format!("{name}/"))];
            archive::write(&entries)
        })?;
        check::that(!applied, format!("{what} is refused"), "it was applied")?;
    }
    Ok(Outcome::Pass)
}
