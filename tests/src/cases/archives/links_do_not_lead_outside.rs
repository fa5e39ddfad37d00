//! Writing, linking or deleting through a symbolic link that points outside stays inside the layer or is refused.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::victim::Victim;

/// The promise.
pub const CASE: Case = Case {
    name: "links_do_not_lead_outside",
    promise: "Writing, linking or deleting through a symbolic link that points outside stays inside the layer or is refused.",
    why: "The classic escape: a link to the host, then a write through it, as root.",
    origin: "moby and containerd archive tests (symlink breakout, two hops, a link in place of a directory); catalogue MT2",
    covers: &["MT2"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FollowLinks],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let victim = Victim::new(context)?;
    let outside = victim.path();
    let up = format!("{}{outside}", "../".repeat(30));
    let proc = format!("/proc/self/root{outside}");
    let cwd = "/proc/self/cwd".to_owned();
    // What is done with the link `l` once it is there.
    let blows = [
        vec![
            Entry::file("l/pwned", "pwned"),
            Entry::file("l/kept", "pwned"),
        ],
        vec![
            Entry::file("l/.wh.kept", ""),
            Entry::file("l/.wh..wh..opq", ""),
        ],
        vec![Entry::dir("l/pwned/"), Entry::dir("l/")],
        vec![
            Entry::link("stolen", "l/kept"),
            Entry::file("stolen", "pwned"),
        ],
        vec![
            Entry::symlink("m", "n/d"),
            Entry::symlink("n", "l"),
            Entry::file("m/kept", "pwned"),
        ],
    ];
    for target in [outside.to_owned(), up.clone(), proc, cwd] {
        let link = Entry::symlink("l", &target);
        for blow in &blows {
            victim.attack(context, &[&[link.clone()][..], blow].concat())?;
        }
    }
    // A link to a file, and a hard link to that link whose header opens it to everybody.
    let file = Entry::symlink("f", format!("{up}/kept"));
    victim.attack(context, &[file.clone(), Entry::file("f", "pwned")])?;
    let mut open = Entry::link("g", "f");
    open.mode = 0o777;
    victim.attack(context, &[file, open])?;
    // A directory becomes a link in the middle of the archive.
    victim.attack(
        context,
        &[
            Entry::dir("d/"),
            Entry::file("d/kept", "mine"),
            Entry::symlink("d", outside),
            Entry::file("d/kept", "pwned"),
            Entry::file("d/.wh.kept", ""),
        ],
    )?;
    // The link is in a lower layer.
    for target in [outside, &up] {
        let base = context.layer_of(None, &archive::write(&[Entry::symlink("l", target)]))?;
        for blow in &blows {
            victim.attack_on(context, Some(&base), blow)?;
        }
    }
    Ok(Outcome::Pass)
}
