//! Two names of one lower file stay one file: what is written through one is read through the other.

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, link, write};

/// The promise.
pub const CASE: Case = Case {
    name: "hard_links_survive_copy_up",
    promise: "Two names of one lower file stay one file: what is written through one is read through the other.",
    why: "Programs that write one name and read the other see old data where the link breaks.",
    origin: "xfstests overlay/018, 044; moby 16813; fuse-overlayfs 109",
    covers: &["HL2", "HL3", "C22", "C24"],
    level: Level::Should,
    theme: Theme::HardLinks,
    capability: Some("hard_links_survive_copy_up"),
    broken_by: &[
        Fault::Flipped("hard_links_survive_copy_up"),
        Fault::CopiesSplitLinks,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.hard_links_survive_copy_up;
    let base = context.layer(
        None,
        &[file("a", "old"), link("a", "b"), dir("d"), link("a", "d/c")],
    )?;
    let mut container = context.container(Some(&base))?;
    container.check()?;
    container.apply(&[write("a", 0, "new")])?;
    let other = container.read("b")?;
    check::same("the written name", b"new".to_vec(), container.read("a")?)?;
    if declared {
        container.check()?;
        let layer = context.commit(container)?;
        context.check_layer(&layer)?;
    } else {
        check::same("the other name", b"old".to_vec(), other.clone())?;
    }
    context.check_layer(&base)?;
    check::declared(
        "hard_links_survive_copy_up",
        declared,
        other == b"new",
        "the written name becomes a file of its own; the other keeps the old content",
    )
}
