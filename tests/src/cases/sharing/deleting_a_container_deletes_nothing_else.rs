//! Deleting a container deletes its own layer and nothing else: image and siblings keep content and size.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, remove, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "deleting_a_container_deletes_nothing_else",
    promise: "Deleting a container deletes its own layer and nothing else: image and siblings keep content and size.",
    why: "Removing one container must never harm the image or its siblings.",
    origin: "the founding documents; containers/storage bats (delete)",
    covers: &["LC1", "SH4"],
    level: Level::Must,
    theme: Theme::Sharing,
    capability: None,
    broken_by: &[Fault::NothingRemoved, Fault::RemovalTakesSibling],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let top = context.layer(Some(&base), &[file("large", fixture::noise(15, 1 << 20))])?;
    let mut one = context.container(Some(&top))?;
    let mut two = context.container(Some(&top))?;
    one.apply(&[
        file("one", fixture::noise(16, 1 << 20)),
        remove("etc"),
        write("large", 5, "x"),
    ])?;
    two.apply(&[
        file("two", fixture::noise(17, 1 << 20)),
        write("large", 6, "y"),
    ])?;
    let before = fixture::usage(context, &mut two)?;
    let listed = context.driver()?.list()?;
    let key = one.key.clone();
    context.remove(one)?;
    let expected: Vec<_> = listed
        .into_iter()
        .filter(|info| info.key.as_ref() != Some(&key))
        .collect();
    check::same("the list", expected, context.driver()?.list()?)?;
    let after = fixture::usage(context, &mut two)?;
    let moved = before.exclusive_bytes.abs_diff(after.exclusive_bytes);
    check::that(
        moved <= fixture::slack(after),
        format!(
            "the sibling still takes {}",
            fixture::bytes(before.exclusive_bytes)
        ),
        fixture::bytes(after.exclusive_bytes),
    )?;
    context.mount(&mut two)?;
    two.check()?;
    context.check_layer(&top)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
