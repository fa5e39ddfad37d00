//! What is renamed to a deleted name, over one, or away from one shows under its new name only, also after export and for what is built on it.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use drivers::Item;
use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, fifo, file, remove, rename, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "renames_over_deleted_names_leave_no_trace",
    promise: "What is renamed to a deleted name, over one, or away from one shows under its new name only, also after export and for what is built on it.",
    why: "Programs replace files by rename; a whiteout that is renamed along deletes or shows what nobody asked for.",
    origin: "xfstests overlay/006 (whiteouts visible after rename); unionmount suite (rename matrix); catalogue WO5",
    covers: &["WO5", "C9"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
        Fault::ExportedDeletionsLost,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let base = context.layer(
        None,
        &[
            file("a", "1"),
            file("b", "2"),
            symlink("s", "a"),
            dir("d"),
            file("d/x", "3"),
            file("d/y", "4"),
            dir("e"),
            file("e/z", "5"),
            dir("e/sub"),
            file("e/sub/deep", "6"),
            dir("full"),
            file("full/of", "7"),
            file("p", "8"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        // A lower file to a deleted lower name, and back over another deleted one.
        remove("a"),
        rename("b", "a"),
        rename("a", "b"),
        remove("d/x"),
        rename("d/y", "d/x"),
        rename("s", "d/y"),
        // A new directory to a deleted directory's name: nothing of the old one in it.
        remove("e"),
        dir("new"),
        file("new/n", "9"),
        rename("new", "e"),
        // A new directory over a lower one whose content is deleted.
        dir("other"),
        dir("other/sub"),
        remove("full/of"),
        rename("other", "full"),
        // A file of another type to a deleted name, then replaced by a rename.
        remove("p"),
        fifo("p"),
        rename("b", "p"),
    ])?;
    container.check()?;
    for name in ["b", "s", "new", "other"] {
        let from = rustix::fs::rename(container.path(name), container.path("elsewhere"));
        check::errno("renaming what was renamed away", Errno::NOENT, from)?;
    }
    if capabilities.rename_flags {
        let swap = |flags| renameat_with(CWD, container.path("p"), CWD, container.path("a"), flags);
        let gone = swap(RenameFlags::EXCHANGE);
        check::errno("exchange with a deleted name", Errno::NOENT, gone)?;
        swap(RenameFlags::NOREPLACE).attempt("rename to a deleted name", container.path("a"))?;
        container.predict(&[rename("p", "a")])?;
    }
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    container.unmount()?;

    let mut tar = Vec::new();
    let driver = context.driver()?;
    driver.export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let mut child = context.container(Some(&layer))?;
    child.check()?;
    child.apply(&[rename("d/x", "b"), remove("e"), dir("e")])?;
    child.check()?;
    Ok(Outcome::Pass)
}
