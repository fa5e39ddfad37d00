//! Down to ten directories deep, what is changed, deleted and made again in the next layers is listed exactly, and exported.

use drivers::{Change, ChangeKind, Item};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, dir, file, remove, write};
use crate::oracle::{compare, layer};

/// The promise.
pub const CASE: Case = Case {
    name: "changes_are_exact_at_every_depth",
    promise: "Down to ten directories deep, what is changed, deleted and made again in the next layers is listed exactly, and exported.",
    why: "A diff that stops short, or forgets what an upper layer hid, loses files or brings them back.",
    origin: "containers/storage graphtest (changes, nested deletions); moby layer store; catalogue DF1",
    covers: &["DF1", "DF2"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::DeletionsMissed, Fault::ExportedDeletionsLost],
    run,
};

const DEPTH: usize = 10;

/// The directory at a depth, 1 being the first below the root.
fn at(depth: usize) -> String {
    vec!["d"; depth].join("/")
}

/// The same at each depth.
fn everywhere(ops: impl Fn(&str) -> Vec<Op>) -> Vec<Op> {
    (1..=DEPTH).flat_map(|depth| ops(&at(depth))).collect()
}

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &everywhere(|d| {
            vec![
                dir(d),
                file(format!("{d}/kept"), "1"),
                file(format!("{d}/gone"), "2"),
                file(format!("{d}/changed"), "3"),
                dir(format!("{d}/wiped")),
                file(format!("{d}/wiped/in"), "4"),
            ]
        }),
    )?;
    let mut second = context.container(Some(&base))?;
    second.apply(&everywhere(|d| {
        vec![
            remove(format!("{d}/gone")),
            write(format!("{d}/changed"), 0, "changed"),
            remove(format!("{d}/wiped")),
        ]
    }))?;
    second.check()?;
    second.unmount()?;
    exactly(context, &second)?;
    let second = context.commit(second)?;
    context.check_layer(&second)?;

    // Made again where a layer has deleted it, from the deepest on.
    let mut third = context.container(Some(&second))?;
    let mut again: Vec<Op> = everywhere(|d| {
        vec![
            file(format!("{d}/gone"), "again"),
            dir(format!("{d}/wiped")),
            file(format!("{d}/wiped/new"), "5"),
        ]
    });
    again.rotate_left(3 * (DEPTH - 1));
    third.apply(&again)?;
    // And half of it deleted in one piece.
    third.apply(&[
        remove(at(6)),
        dir(at(6)),
        file(format!("{}/kept", at(6)), "alone"),
    ])?;
    third.check()?;
    third.unmount()?;
    exactly(context, &third)?;
    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&third.key), &mut tar)?;
    let copy = context.layer_of(Some(&second), &tar)?;
    context.expect_like(&copy, &third);
    context.check_layer(&copy)?;
    Ok(Outcome::Pass)
}

/// The changes are those of the models.
fn exactly(context: &Context<'_>, container: &Container) -> Result<(), Stop> {
    let driver = context.driver()?;
    let below = context.model(container.parent.as_ref());
    let mut expected = layer::changes(&below, &container.model);
    let mut found = driver.changes(Item::Container(&container.key))?;
    let capabilities = driver.capabilities();
    if !capabilities.lower_dir_attributes_survive_copy_up
        || capabilities.mtime_granularity_ns >= 1_000_000_000
    {
        // A directory whose time changed by copy-up is rightly found changed; one whose time is the same, to the second,
        // is not.
        let noise = |change: &Change| {
            let path = String::from_utf8_lossy(&change.path);
            change.kind == ChangeKind::Modified
                && path.split('/').all(|name| name == "d" || name.is_empty())
        };
        expected.retain(|change| !noise(change));
        found.retain(|change| !noise(change));
    }
    let show = |changes: &[Change], others: &[Change]| {
        let each: Vec<_> = changes
            .iter()
            .filter(|change| !others.contains(change))
            .take(5)
            .map(|change| format!("{:?} {}", change.kind, compare::show(&change.path)))
            .collect();
        format!("{} changes, with {}", changes.len(), each.join(", "))
    };
    check::that(
        expected == found,
        show(&expected, &found),
        show(&found, &expected),
    )
}
