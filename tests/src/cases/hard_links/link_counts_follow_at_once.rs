//! Right after link, unlink and rename every name of a lower file shows the same, right number of links, in whatever order it is asked.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, dir, file, link, remove, rename, write};

/// The promise.
pub const CASE: Case = Case {
    name: "link_counts_follow_at_once",
    promise: "Right after link, unlink and rename every name of a lower file shows the same, right number of links, in whatever order it is asked.",
    why: "Backup tools wait for all names of a file that claims to have more than it has, and lock files are proven by their link count.",
    origin: "xfstests overlay/033, 034, 072; moby 16813; fuse-overlayfs 192, 435 (st_nlink differs between names)",
    covers: &["HL3", "C22", "C23"],
    level: Level::Should,
    theme: Theme::HardLinks,
    capability: Some("link_counts_follow"),
    broken_by: &[Fault::Flipped("link_counts_follow")],
    run,
};

/// What is done, and the names that then are one file.
const STEPS: [(&str, &[&str]); 6] = [
    ("as it comes", &["a", "b", "d/c"]),
    ("one name unlinked", &["b", "d/c"]),
    ("another one linked", &["b", "d/c", "e"]),
    ("one renamed", &["b", "moved", "e"]),
    ("another file renamed over one", &["b", "e"]),
    ("one written to", &["b", "e"]),
];

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.link_counts_follow;
    let base = context.layer(
        None,
        &[
            file("a", "three names"),
            link("a", "b"),
            dir("d"),
            link("a", "d/c"),
            file("single", "one name"),
            file("over", "another"),
        ],
    )?;
    let mut wrong = Vec::new();
    // Forwards in one container, backwards in the other: the first name looked up must not matter.
    for backwards in [false, true] {
        let mut container = context.container(Some(&base))?;
        for (number, (what, names)) in STEPS.iter().enumerate() {
            let op: Option<Op> = match number {
                1 => Some(remove("a")),
                2 => Some(link("b", "e")),
                3 => Some(rename("d/c", "moved")),
                4 => Some(rename("over", "moved")),
                5 => Some(write("e", 0, "T")),
                _ => None,
            };
            if let Some(op) = op {
                container.apply(&[op])?;
            }
            let mut order = names.to_vec();
            if backwards {
                order.reverse();
            }
            let counts = counts(&container, &order)?;
            if counts.iter().any(|&count| count != order.len() as u64) {
                wrong.push(format!("{what}, {order:?} show {counts:?}"));
            }
        }
        // A file with one name, that gets another and loses the first.
        container.apply(&[link("single", "second")])?;
        let two = counts(&container, &["second", "single"])?;
        let reader = container.open("single")?;
        container.apply(&[remove("single")])?;
        let one = counts(&container, &["second"])?;
        container.apply(&[remove("second")])?;
        let open = reader.metadata().map(|meta| meta.nlink());
        if (&two[..], &one[..], open.as_ref().ok()) != (&[2; 4], &[1; 2], Some(&0)) {
            wrong.push(format!(
                "a lower file linked shows {two:?}, then unlinked {one:?}, then gone but open {open:?}"
            ));
        }
    }
    context.check_layer(&base)?;
    check::declared(
        "link_counts_follow",
        declared,
        wrong.is_empty(),
        check::some(&wrong),
    )
}

/// What each name shows, asked in that order, twice.
fn counts(container: &Container, names: &[&str]) -> Result<Vec<u64>, Stop> {
    names
        .iter()
        .chain(names)
        .map(|name| Ok(container.stat(name)?.nlink()))
        .collect()
}
