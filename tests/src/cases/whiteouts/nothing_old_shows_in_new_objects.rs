//! What is made where something was deleted has its maker's owner and its own content, and inherits a setgid directory's group.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::live;
use crate::oracle::op::{chmod, chown, dir, fifo, file, link, remove, symlink, xattr};

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
    broken_by: &[
        Fault::Flipped("lower_dir_attributes_survive_copy_up"),
        Fault::SpecialBitsLost,
        Fault::DeletedComeBack,
    ],
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
            dir("open"),
            chmod("open", 0o777),
            file("open/file", "old"),
            chown("open/file", 7, 8),
            dir("open/dir"),
            file("open/dir/x", "old"),
            chown("open/dir", 7, 8),
            symlink("open/link", "file"),
            chown("open/link", 7, 8),
            file("open/name", "old"),
            file("open/hard", "old"),
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

    // The maker is who made it, and a link over a deleted name is the other file.
    let names = ["file", "dir", "link", "name", "hard"].map(|name| format!("open/{name}"));
    container.apply(&names.each_ref().map(remove))?;
    let [new_file, new_dir, new_link, named, hard] = &names;
    let made = [
        file(new_file, "new"),
        dir(new_dir),
        symlink(new_link, "new"),
        file(named, "new"),
        link(named, hard),
    ];
    let root = container.root().to_owned();
    fixture::as_user(fixture::USER, || live::apply(&root, &made))??;
    container.predict(&made)?;
    for name in &names[..4] {
        container.predict(&[chown(name, fixture::USER, fixture::USER)])?;
    }
    container.check()?;
    context.mount(&mut container)?;
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
