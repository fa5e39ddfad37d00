//! A name that was made in the place of a lower one stays gone once it is renamed with RENAME_NOREPLACE.

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{dir, file, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "noreplace_hides_what_is_below",
    promise: "A name that was made in the place of a lower one stays gone once it is renamed with RENAME_NOREPLACE.",
    why: "A file of the image that was replaced and moved away comes back.",
    origin: "layerbench, found by a random sequence on fuse-overlayfs 1.10",
    covers: &["RN4"],
    level: Level::Must,
    theme: Theme::Renames,
    capability: Some("noreplace_hides_what_is_below"),
    broken_by: &[Fault::Flipped("noreplace_hides_what_is_below")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.rename_flags {
        return Err(Stop::not_applicable("renameat2 has no flags here"));
    }
    let base = context.layer(None, &[dir("a"), dir("b"), file("a/old", "below")])?;
    let container = context.container(Some(&base))?;
    live::apply(container.root(), &[rename("a/old", "b/kept"), dir("a/old")])?;
    let (from, to) = (container.path("a/old"), container.path("b/moved"));
    renameat_with(CWD, &from, CWD, &to, RenameFlags::NOREPLACE)
        .map_err(|errno| Stop::fail("RENAME_NOREPLACE to a free name works", errno.to_string()))?;
    let gone = from.symlink_metadata().is_err();
    check::declared(
        "noreplace_hides_what_is_below",
        capabilities.noreplace_hides_what_is_below,
        gone,
        "the lower file is back under its old name",
    )
}
