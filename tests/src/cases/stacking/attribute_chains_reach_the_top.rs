//! Modes and owners changed in one layer after the other, of files and of directories whose content changes meanwhile, are all there on top.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, chmod, chown, dir, file, remove, symlink, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "attribute_chains_reach_the_top",
    promise: "Modes and owners changed in one layer after the other, of files and of directories whose content changes meanwhile, are all there on top.",
    why: "A chown in one build step was undone by a write in the next: services could not enter their own directories.",
    origin: "moby 27298, 20240, 24913, 28391 (directory modes and owners lost between layers)",
    covers: &["C15", "LS4"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[
        Fault::OwnersLost,
        Fault::Lie(&crate::lies::CHMOD_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            dir("d/sub"),
            file("d/sub/f", "1"),
            file("f", "1"),
            symlink("l", "f"),
            dir("t"),
            chmod("t", 0o1777),
        ],
    )?;
    let steps: [&[Op]; 5] = [
        &[
            chown("d", 5, 6),
            chmod("f", 0o600),
            chmod("d/sub", 0o700),
            chown("l", 7, 8),
        ],
        // The content of the directory, and other attributes of the file.
        &[
            file("d/new", "2"),
            chown("f", 5, 6),
            xattr("d/sub", "user.x", "1"),
            file("t/x", "2"),
        ],
        &[chmod("d", 0o750), write("f", 0, "3"), chown("d/sub", 9, 10)],
        &[
            remove("d/new"),
            chmod("f", 0o644),
            chmod("t", 0o755),
            write("d/sub/f", 0, "4"),
        ],
        &[chown("d", 0, 0), chmod("d/sub", 0o755), chown("f", 0, 0)],
    ];
    // Archives and containers in turn: what one spells the other has to keep.
    let (mut built, mut mixed) = (base.clone(), base.clone());
    for (number, ops) in steps.into_iter().enumerate() {
        built = context.layer(Some(&built), ops)?;
        context.check_layer(&built)?;
        mixed = if number % 2 == 0 {
            let mut container = context.container(Some(&mixed))?;
            container.apply(ops)?;
            container.check()?;
            context.commit(container)?
        } else {
            context.layer(Some(&mixed), ops)?
        };
        context.check_layer(&mixed)?;
    }
    let container = context.container(Some(&built))?;
    container.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
