//! However a driver finds its changes, they equal those found by comparing whole trees.

use drivers::{Change, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare;
use crate::oracle::op::{
    Op, chmod, chown, dir, file, link, mtime, remove, rename, symlink, truncate, write, xattr,
};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "changes_equal_the_naive_comparison",
    promise: "However a driver finds its changes, they equal those found by comparing whole trees.",
    why: "A fast diff that differs from the slow one makes images that depend on the host.",
    origin: "moby 39428, containerd 12842 (fast and naive diff); layerbench driver.rs",
    covers: &["DF1", "C41"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[
        Fault::SameSizeMissed,
        Fault::DeletionsMissed,
        Fault::MetadataMissed,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let top = context.layer(
        Some(&base),
        &[
            file("etc/motd", "hello"),
            dir("srv"),
            file("srv/a", "1"),
            file("srv/b", "2"),
            // Bytes that tools escape, each in its own way.
            dir(ODD),
            file(odd("written"), "1"),
            file(odd("large attribute"), "1"),
            file(odd("gone\t"), "1"),
        ],
    )?;
    let mut container = context.container(Some(&top))?;
    let steps: [&[Op]; 9] = [
        &[],
        &[
            file("new", "1"),
            dir("var/d"),
            file("var/d/e", "2"),
            symlink("var/s", "d"),
        ],
        &[
            write("etc/motd", 0, "HELLO"),
            chmod("bin/su", 0o755),
            chown("etc", 1, 2),
            mtime("secret", 5, 5),
        ],
        &[
            remove("bin/ping"),
            remove("srv"),
            dir("srv"),
            file("srv/b", "2"),
        ],
        &[
            remove("etc/passwd"),
            dir("etc/passwd"),
            file("etc/passwd/in", "3"),
            remove("links/two"),
        ],
        &[
            rename("etc/motd", "motd"),
            link("new", "newer"),
            file("srv/c", "4"),
            truncate("srv/c", 0),
        ],
        &[
            remove("var"),
            file("var", "a file now"),
            xattr("secret", "user.more", "1"),
        ],
        &[
            write(odd("written"), 0, "2"),
            remove(odd("gone\t")),
            file(odd("\\0040"), "3"),
        ],
        // Too large for the place that small ones have: nothing but the attribute is changed.
        &[xattr(odd("large attribute"), "user.large", [b'x'; 3000])],
    ];
    for ops in steps {
        context.mount(&mut container)?;
        container.apply(ops)?;
        container.unmount()?;
        same(context, Item::Container(&container.key))?;
    }
    let layer = context.commit(container)?;
    for item in [Item::Layer(&layer), Item::Layer(&top), Item::Layer(&base)] {
        same(context, item)?;
    }
    Ok(Outcome::Pass)
}

const ODD: &[u8] = b"odd \\ \n\t\xff\x01 -> b";

/// A name in a directory of that name.
fn odd(name: &str) -> Vec<u8> {
    [ODD, b"/", name.as_bytes()].concat()
}

fn same(context: &Context<'_>, item: Item<'_>) -> check::Checked {
    let driver = context.driver()?;
    let (found, naive) = (driver.changes(item)?, driver.changes_naive(item)?);
    check::that(
        found == naive,
        format!("as by comparison: {}", words(&naive, &found)),
        format!("instead: {}", words(&found, &naive)),
    )
}

/// The first few of `these` that are not among `those`.
fn words(these: &[Change], those: &[Change]) -> String {
    let only: Vec<_> = these
        .iter()
        .filter(|change| !those.contains(change))
        .take(4)
        .map(|change| format!("{:?} {}", change.kind, compare::show(&change.path)))
        .collect();
    format!("[{}]", only.join(", "))
}
