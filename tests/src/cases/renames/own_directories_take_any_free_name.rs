//! A directory of the container's own can be renamed, also to the name of a deleted or emptied lower directory.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, file, remove, rename, symlink, xattr};

const CAPABILITY: &str = "rename_own_dir_from_lower_name";

/// The promise.
pub const CASE: Case = Case {
    name: "own_directories_take_any_free_name",
    promise: "A directory of the container's own can be renamed, also to the name of a deleted or emptied lower directory, and shows nothing of that one.",
    why: "Package managers unpack beside the old version, delete that and rename: what was deleted must not shine through.",
    origin: "unionmount suite (rename-new-dir, rename-pop-dir); catalogue RN3",
    covers: &["RN3"],
    level: Level::Must,
    theme: Theme::Renames,
    capability: Some(CAPABILITY),
    broken_by: &[
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
        Fault::Flipped(CAPABILITY),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let mut lower = Vec::new();
    for name in ["deleted", "emptied", "kept"] {
        lower.extend([
            dir(name),
            file(format!("{name}/old"), "old"),
            dir(format!("{name}/sub")),
            file(format!("{name}/sub/old"), "old"),
        ]);
    }
    lower.extend([file("file", "old"), dir("empty"), chmod("empty", 0o700)]);
    let bottom = context.layer(None, &lower)?;
    // Names that come from two layers.
    let base = context.layer(
        Some(&bottom),
        &[file("deleted/newer", "2"), file("emptied/newer", "2")],
    )?;
    let mut container = context.container(Some(&base))?;
    let own = |name: &str| {
        vec![
            dir(name),
            file(format!("{name}/new"), name),
            dir(format!("{name}/sub")),
            file(format!("{name}/sub/new"), name),
            xattr(name, "user.own", name),
        ]
    };
    let steps = [
        [own("a"), vec![rename("a", "fresh")]].concat(),
        [own("a"), vec![remove("deleted"), rename("a", "deleted")]].concat(),
        [
            own("a"),
            vec![
                remove("emptied/old"),
                remove("emptied/newer"),
                remove("emptied/sub"),
                rename("a", "emptied"),
            ],
        ]
        .concat(),
        [own("a"), vec![rename("a", "empty")]].concat(),
        [own("a"), vec![remove("file"), rename("a", "file")]].concat(),
        [
            own("a"),
            vec![rename("a", "kept/a"), rename("kept/a", "kept/sub/a")],
        ]
        .concat(),
        // A link in place of a deleted directory, then a directory in place of that.
        [
            vec![
                remove("deleted"),
                symlink("deleted", "kept"),
                remove("deleted"),
            ],
            own("a"),
            vec![rename("a", "deleted")],
        ]
        .concat(),
    ];
    for ops in &steps {
        container.apply(ops)?;
        container.check()?;
    }
    let away = rustix::fs::rename(container.path("deleted"), container.path("b"));
    let declared = context.capabilities()?.rename_own_dir_from_lower_name;
    let uncovered = container.path("deleted").symlink_metadata().is_ok();
    if away.is_ok() && uncovered {
        return check::declared(
            CAPABILITY,
            declared,
            false,
            format!(
                "a directory renamed to a deleted lower one's name and away again uncovers the deleted one: {} of its names are there again",
                container.names("deleted")?.len()
            ),
        );
    }
    if away.is_ok() {
        container.predict(&[rename("deleted", "b")])?;
        container.check()?;
        // And back, and the name taken by another.
        container.apply(&[
            rename("b", "deleted"),
            rename("deleted", "b"),
            dir("deleted"),
            file("deleted/third", "3"),
            rename("b", "deleted/b"),
            rename("deleted/b", "b"),
        ])?;
    } else {
        check::errno("rename away from a deleted name", Errno::XDEV, away)?;
    }
    container.check()?;
    let over = rustix::fs::rename(container.path("fresh"), container.path("kept"));
    // Which of the two is the filesystem's choice.
    check::that(
        matches!(over, Err(Errno::NOTEMPTY | Errno::EXIST)),
        "rename over a full lower directory is ENOTEMPTY or EEXIST",
        check::words("it", &over),
    )?;
    let over = rustix::fs::rename(container.path("kept/sub/a"), container.path("kept/old"));
    check::errno("rename over a lower file", Errno::NOTDIR, over)?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    // What was hidden stays hidden one layer up, where the names are lower ones themselves.
    let mut child = context.container(Some(&layer))?;
    child.apply(&[file("emptied/more", "4"), remove("empty")])?;
    child.check()?;
    context.check_layer(&base)?;
    check::declared(
        CAPABILITY,
        declared,
        away.is_ok(),
        "a directory made in place of a deleted lower one cannot be renamed: EXDEV, it stays intact",
    )
}
