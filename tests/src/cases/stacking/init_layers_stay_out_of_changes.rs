//! A layer put between image and container shows in its containers and is no part of their changes; one template serves many, and gives the same layer twice.

use std::collections::BTreeSet;

use drivers::Item;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, chmod, dir, file, remove, symlink, write};

/// The promise.
pub const CASE: Case = Case {
    name: "init_layers_stay_out_of_changes",
    promise: "A layer put between image and container shows in its containers and is no part of their changes; one template serves many, and gives the same layer twice.",
    why: "Engines put their own /etc/hosts and mountpoints there; committed with the container they would end up in every image.",
    origin: "moby layer store (init layers); containers/storage graphtest (create from template)",
    covers: &["LS7"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::SharedWrites, Fault::WriteThrough],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let init: [Op; 7] = [
        file("etc/hosts", "127.0.0.1 localhost\n"),
        file("etc/resolv.conf", ""),
        chmod("etc/resolv.conf", 0o600),
        symlink("etc/mtab", "/proc/mounts"),
        dir("proc"),
        file(".dockerenv", ""),
        remove("secret"),
    ];
    // Made twice from the same template, once live and once as an archive.
    let mut live = context.container(Some(&base))?;
    live.apply(&init)?;
    live.check()?;
    let with_init = context.commit(live)?;
    context.check_layer(&with_init)?;
    let unpacked = context.layer(Some(&base), &init)?;
    context.check_layer(&unpacked)?;
    let driver = context.driver()?;
    let paths = |of: Item<'_>| -> drivers::Result<BTreeSet<_>> {
        let changes = driver.changes(of)?.into_iter();
        // What only touches a directory depends on how it was made.
        Ok(changes
            .filter(|change| !change.path.is_empty() && change.path != b"etc")
            .map(|change| (change.path, change.kind))
            .collect())
    };
    let (one, two) = (
        paths(Item::Layer(&with_init))?,
        paths(Item::Layer(&unpacked))?,
    );
    check::same("the changes of both", one, two)?;

    for layer in [&with_init, &unpacked] {
        let mut first = context.container(Some(layer))?;
        let second = context.container(Some(layer))?;
        first.check()?;
        first.apply(&[
            write("etc/hosts", 0, "127.0.0.2"),
            file("mine", "1"),
            remove("proc"),
        ])?;
        first.check()?;
        second.check()?;
        first.unmount()?;
        let changed: Vec<_> = context
            .driver()?
            .changes(Item::Container(&first.key))?
            .into_iter()
            .map(|change| change.path)
            .filter(|path| !path.is_empty() && path != b"etc")
            .collect();
        check::same(
            "changed by the container",
            [&b"etc/hosts"[..], b"mine", b"proc"]
                .map(<[u8]>::to_vec)
                .to_vec(),
            changed,
        )?;
        context.check_layer(layer)?;
    }
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
