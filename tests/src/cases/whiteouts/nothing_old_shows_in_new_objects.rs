//! What is made where something was deleted has its maker's owner and its own content, and inherits a setgid directory's group.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::oracle::live;
use crate::oracle::op::{chmod, chown, dir, fifo, file, remove, symlink, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "nothing_old_shows_in_new_objects",
    promise: "What is made where something was deleted has its maker's owner and its own content, and inherits a setgid directory's group.",
    why: "What is made over a deleted name belongs to its maker.",
    origin: "xfstests overlay/008, 015",
    covers: &["WO3"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: Some("lower_dir_attributes_survive_copy_up"),
    broken_by: &[],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.arbitrary_owners {
        return Err(Stop::not_applicable(
            "owners other than the caller cannot be stored here",
        ));
    }
    let base = context.layer(
        None,
        &[
            dir("d"),
            chown("d", 0, 50),
            chmod("d", 0o2775),
            file("d/a", "a long old content"),
            chown("d/a", 1000, 1000),
            chmod("d/a", 0o4711),
            xattr("d/a", "user.old", "1"),
            dir("d/sub"),
            file("d/sub/x", "1"),
            symlink("d/l", "a"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[remove("d/a"), remove("d/sub"), remove("d/l")])?;
    let made = [file("d/a", "new"), dir("d/sub"), fifo("d/l")];
    live::apply(container.root(), &made)?;
    container.predict(&made)?;
    let inherits = capabilities.lower_dir_attributes_survive_copy_up;
    if inherits {
        container.predict(&[
            chown("d/a", 0, 50),
            chown("d/sub", 0, 50),
            chown("d/l", 0, 50),
        ])?;
    }
    container.check()?;
    let committed = context.commit(container)?;
    context.check_layer(&committed)?;
    if inherits {
        return Ok(Outcome::Pass);
    }
    Ok(Outcome::Deviates(
        "the setgid bit of a lower directory is lost, so what is made in it has its maker's group"
            .to_owned(),
    ))
}
