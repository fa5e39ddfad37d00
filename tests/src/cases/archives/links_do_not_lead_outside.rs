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
    origin: "moby and containerd archive tests (symlink breakout); catalogue MT2",
    covers: &["MT2", "MT10"],
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
    for target in [outside.to_owned(), up] {
        let link = Entry::symlink("l", &target);
        victim.attack(context, &[link.clone(), Entry::file("l/pwned", "pwned")])?;
        victim.attack(context, &[link.clone(), Entry::file("l/kept", "pwned")])?;
        victim.attack(context, &[link.clone(), Entry::file("l/.wh.kept", "")])?;
        victim.attack(context, &[link.clone(), Entry::file("l/.wh..wh..opq", "")])?;
        victim.attack(context, &[link.clone(), Entry::dir("l/")])?;
        victim.attack(context, &[link.clone(), Entry::dir("l/pwned/")])?;
        victim.attack(
            context,
            &[
                link.clone(),
                Entry::link("stolen", "l/kept"),
                Entry::file("stolen", "pwned"),
            ],
        )?;
        victim.attack(
            context,
            &[
                link.clone(),
                Entry::symlink("m", "l"),
                Entry::file("m/pwned", "pwned"),
            ],
        )?;
        let file = Entry::symlink("f", format!("{target}/kept"));
        victim.attack(context, &[file.clone(), Entry::file("f", "pwned")])?;
        let mut open = Entry::link("g", "f");
        open.mode = 0o777;
        victim.attack(context, &[file, open])?;
        // The link is in a lower layer.
        let base = context.layer_of(None, &archive::write(&[link]))?;
        victim.attack_on(context, Some(&base), &[Entry::file("l/pwned", "pwned")])?;
        victim.attack_on(context, Some(&base), &[Entry::file("l/.wh.kept", "")])?;
    }
    Ok(Outcome::Pass)
}
