//! What is written through two names of a lower file, in different directories, is in all of its names, also after a remount.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{dir, file, link, write};

/// The promise.
pub const CASE: Case = Case {
    name: "writes_through_any_name_are_kept",
    promise: "What is written through two names of a lower file, in different directories, is in all of its names, also after a remount.",
    why: "What was written and read back is gone after the next start of the container, without an error.",
    origin: "fuse-overlayfs 109 (link coherence); layerbench, met with fuse-overlayfs 1.10 (lost at the remount)",
    covers: &["HL2", "C24"],
    level: Level::Must,
    theme: Theme::HardLinks,
    capability: Some("writes_through_any_name_are_kept"),
    broken_by: &[Fault::Flipped("writes_through_any_name_are_kept")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let base = context.layer(
        None,
        &[file("a", "old"), link("a", "b"), dir("d"), link("a", "d/c")],
    )?;
    let mut container = context.container(Some(&base))?;
    // One name is looked up first, another written first.
    container.read("d/c")?;
    live::apply(
        container.root(),
        &[write("a", 0, "new"), write("d/c", 1, "EW and more")],
    )?;
    let whole = [
        b"nEW and more".to_vec(),
        b"nEW and more".to_vec(),
        b"nEW and more".to_vec(),
    ];
    // Where a link breaks at the first write, each name keeps what was written through it.
    let apart = [b"new".to_vec(), b"old".to_vec(), b"oEW and more".to_vec()];
    let at_once = contents(&container)?;
    context.mount(&mut container)?;
    let later = contents(&container)?;
    context.check_layer(&base)?;
    let wanted = if capabilities.hard_links_survive_copy_up {
        whole
    } else {
        apart
    };
    let kept = at_once == wanted && later == wanted;
    let text = |names: &[Vec<u8>; 3]| {
        names
            .each_ref()
            .map(|name| name.escape_ascii().to_string())
            .join(", ")
    };
    let verdict = check::declared(
        "writes_through_any_name_are_kept",
        capabilities.writes_through_any_name_are_kept,
        kept,
        format!(
            "three names show {}, and after a remount {}",
            text(&at_once),
            text(&later)
        ),
    )?;
    if verdict == Outcome::Pass && !capabilities.hard_links_survive_copy_up {
        return Ok(Outcome::Deviates(
            "each name keeps what was written through it".to_owned(),
        ));
    }
    Ok(verdict)
}

fn contents(container: &Container) -> Result<[Vec<u8>; 3], Stop> {
    Ok([
        container.read("a")?,
        container.read("b")?,
        container.read("d/c")?,
    ])
}
