//! Removing a container removes all of it: deep trees, odd modes, and names of any bytes.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, fifo, file, socket};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "removal_takes_what_was_made_inside",
    promise: "Removing a container removes all of it: deep trees, odd modes, and names of any bytes.",
    why: "Content that stays behind after removal fills the disk unseen.",
    origin: "moby btrfs driver tests (nested content); container-libs removal bugs",
    covers: &["LC4"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::NothingRemoved],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let mut container = context.container(Some(&base))?;
    let mut path = b"deep".to_vec();
    let mut ops = vec![dir(&path)];
    for _ in 0..40 {
        path.extend_from_slice(b"/d");
        ops.push(dir(&path));
    }
    ops.push(file([&path[..], b"/\xff\n"].concat(), "odd"));
    ops.push(chmod("deep/d", 0));
    ops.push(fifo("deep/pipe"));
    ops.push(socket("deep/socket"));
    container.apply(&ops)?;
    container.check()?;
    let before = context.driver()?.list()?.len();
    context.remove(container)?;
    check::same("items", before - 1, context.driver()?.list()?.len())?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
