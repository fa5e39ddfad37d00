//! A directory of a lower layer can be renamed with all it holds; where that is declared impossible it is EXDEV and the source stays intact.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "lower_directory_can_be_renamed",
    promise: "A directory of a lower layer can be renamed with all it holds; where that is declared impossible it is EXDEV and the source stays intact.",
    why: "apt, npm, conda and rustup fail with EXDEV where it cannot.",
    origin: "moby 25409; podman 13123; unionmount suite (rename-exdev); rustup 1239",
    covers: &["RN2", "C18"],
    level: Level::Should,
    theme: Theme::Renames,
    capability: Some("rename_lower_dir"),
    broken_by: &[Fault::Flipped("rename_lower_dir")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.rename_lower_dir;
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            dir("d/sub"),
            file("d/sub/b", "2"),
            dir("e"),
        ],
    )?;
    let top = context.layer(Some(&base), &[file("d/c", "3")])?;
    let mut container = context.container(Some(&top))?;
    // A directory of the container's own can always be renamed.
    container.apply(&[dir("own"), file("own/x", "4"), rename("own", "mine")])?;
    container.check()?;
    let outcome = rustix::fs::rename(container.path("d"), container.path("moved"));
    if outcome.is_ok() {
        container.predict(&[rename("d", "moved")])?;
        container.check()?;
        container.apply(&[
            dir("d"),
            file("moved/sub/new", "5"),
            rename("moved/sub", "e/sub"),
        ])?;
        container.check()?;
        let layer = context.commit(container)?;
        context.check_layer(&layer)?;
    } else {
        check::errno("rename of a lower directory", Errno::XDEV, outcome)?;
        container.check()?;
    }
    check::declared(
        "rename_lower_dir",
        declared,
        outcome.is_ok(),
        "rename of a lower directory is EXDEV, the source stays intact",
    )
}
