//! The same changes, done in another order in another container, export as the same bytes, known beforehand for every
//! driver, and still after a restart.

use drivers::Item;
use sha2::Digest as _;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, chmod, chown, dir, file, link, mtime, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "equal_changes_export_equal_bytes",
    promise: "The same changes, done in another order in another container, export as the same bytes, known beforehand for every driver, and still after a restart.",
    why: "A layer's digest is its name: where it depends on the driver or the day, nothing is shared and pushes repeat.",
    origin: "moby 43540 (digest differs between drivers); reproducible builds; catalogue DF4",
    covers: &["DF4", "C45", "C46"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::ExportOrderUnstable, Fault::ExportedLinksLost],
    run,
};

/// SHA-256 of the archive that the changes below are, whatever driver writes it.
const DIGEST: &str = "158b47a5afa6c5f72b3d7d07a5081a8021aa4894a9280bb30e65ce7452a85f05";

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.arbitrary_owners {
        return Err(Stop::not_applicable("there are no other owners here"));
    }
    let base = context.layer(
        None,
        &[
            dir("etc"),
            file("etc/old", "1"),
            file("etc/kept", "2"),
            dir("gone"),
            file("gone/in", "3"),
        ],
    )?;
    let made = [
        vec![
            file("etc/new", "content"),
            chmod("etc/new", 0o600),
            chown("etc/new", 7, 8),
        ],
        vec![dir("srv"), chmod("srv", 0o1777)],
        vec![file("b", "linked"), link("b", "a")],
        vec![symlink("link", "etc/new")],
        vec![remove("gone")],
        vec![file("etc/old", "changed")],
    ];
    let timed = ["", "etc", "etc/new", "etc/old", "srv", "a", "link"];
    // Times last: everything before moves those of the directories.
    let times: Vec<Op> = timed
        .iter()
        .zip(1_000_000_000..)
        .map(|(path, seconds)| mtime(path, seconds, 0))
        .collect();
    let mut one = context.container(Some(&base))?;
    one.apply(&made.concat())?;
    one.apply(&times)?;
    let mut two = context.container(Some(&base))?;
    two.apply(&[file("passing", "x"), remove("passing")])?;
    two.apply(&made.iter().rev().cloned().collect::<Vec<_>>().concat())?;
    two.apply(&times)?;
    for container in [&mut one, &mut two] {
        container.check()?;
        container.unmount()?;
    }
    let first = export(context, &one)?;
    check::same(
        "the digest of a twin",
        digest(&first),
        digest(&export(context, &two)?),
    )?;
    context.restart()?;
    check::same(
        "the digest after a restart",
        digest(&first),
        digest(&export(context, &one)?),
    )?;
    let copy = context.layer_of(Some(&base), &first)?;
    let mut again = Vec::new();
    context.driver()?.export(Item::Layer(&copy), &mut again)?;
    check::same(
        "the digest of what was applied elsewhere",
        digest(&first),
        digest(&again),
    )?;
    check::same(
        "the digest, the same for all drivers",
        DIGEST.to_owned(),
        digest(&first),
    )?;
    Ok(Outcome::Pass)
}

fn export(context: &Context<'_>, container: &Container) -> Result<Vec<u8>, Stop> {
    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&container.key), &mut tar)?;
    Ok(tar)
}

fn digest(bytes: &[u8]) -> String {
    drivers::ids::hex(&sha2::Sha256::digest(bytes))
}
