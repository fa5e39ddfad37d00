//! Holes at the start, between and at the end of a lower file are where they were after its first write and in children; what an archive makes of them is declared.

use std::os::unix::fs::MetadataExt as _;

use drivers::Item;
use drivers::error::Attempt as _;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{Op, chmod, file, truncate, write};
use crate::oracle::sparse;

/// The promise.
pub const CASE: Case = Case {
    name: "hole_shapes_are_kept",
    promise: "Holes at the start, between and at the end of a lower file are where they were after its first write and in children; what an archive makes of them is declared.",
    why: "Virtual disks and databases count on the room they left; a copy that fills the holes, or an export, takes it.",
    origin: "xfstests overlay/066 (hole patterns over copy-up); OCI layer.md (sparse entries should not be used); catalogue CU2",
    covers: &["CU2", "C30"],
    level: Level::Informs,
    theme: Theme::CopyUp,
    capability: Some("archives_keep_holes"),
    broken_by: &[Fault::Flipped("archives_keep_holes")],
    run,
};

const MIB: u64 = 1 << 20;
/// What lies farther from data than this is a hole still, though the kernel copies by the MiB.
const NEAR: u64 = MIB;

/// A file of 9 MiB, and where it has a page of data.
const SHAPES: [(&str, &[u64]); 5] = [
    ("start", &[0]),
    ("end", &[9 * MIB - 4096]),
    ("middle", &[4 * MIB]),
    ("both", &[0, 9 * MIB - 4096]),
    ("nothing", &[]),
];

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.sparse_files {
        return Err(Stop::not_applicable("holes are not kept here at all"));
    }
    let mut maker = context.container(None)?;
    let page = fixture::noise(5, 4096);
    for (name, places) in SHAPES {
        maker.apply(&[file(name, ""), truncate(name, 9 * MIB)])?;
        for &at in places {
            maker.apply(&[write(name, at, &page)])?;
        }
    }
    shaped("as made", &maker)?;
    let layer = context.commit(maker)?;

    let mut container = context.container(Some(&layer))?;
    shaped("in the layer", &container)?;
    let touched: Vec<Op> = SHAPES
        .iter()
        .map(|(name, places)| match places.first() {
            Some(&at) => write(name, at, "changed"),
            None => chmod(name, 0o600),
        })
        .collect();
    container.apply(&touched)?;
    container.check()?;
    shaped("after the first write", &container)?;
    context.mount(&mut container)?;
    shaped("after a remount", &container)?;
    container.unmount()?;

    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&layer), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    let view = context.driver()?.view(Item::Layer(&copy))?;
    context.driver()?.sync()?;
    let mut taken = 0;
    for (name, _) in SHAPES {
        let path = view.path().join(name);
        let meta = std::fs::metadata(&path).attempt("look at", &path)?;
        taken += meta.blocks() * 512;
    }
    view.close()?;
    let committed = context.commit(container)?;
    let child = context.container(Some(&committed))?;
    shaped("in a child", &child)?;
    let kept = (tar.len() as u64) < 9 * MIB;
    check::declared(
        "archives_keep_holes",
        capabilities.archives_keep_holes,
        kept,
        format!(
            "five files of 9 MiB with 6 pages of data make an archive of {}, and take {} when it is applied",
            fixture::bytes(tar.len() as u64),
            fixture::bytes(taken)
        ),
    )
}

/// No run of data is far from where data was written, as far as the filesystem tells where it has data.
fn shaped(when: &str, container: &Container) -> Result<(), Stop> {
    for (name, places) in SHAPES {
        let reader = container.open(name)?;
        reader.sync_all().attempt("sync", container.path(name))?;
        let runs = sparse::runs(&reader).attempt("find the data of", container.path(name))?;
        if runs == [(0, 9 * MIB)] {
            // It does not say: what is allocated tells.
            let blocks = reader
                .metadata()
                .attempt("look at", container.path(name))?
                .blocks();
            check::that(
                blocks * 512 <= 4 * NEAR,
                format!("{name} takes little more than its data {when}"),
                fixture::bytes(blocks * 512),
            )?;
            continue;
        }
        let far = runs.iter().find(|(start, end)| {
            !places
                .iter()
                .any(|&at| *start + NEAR >= at && *end <= at + 4096 + NEAR)
        });
        check::that(
            far.is_none(),
            format!("{name} has data near {places:?} only, {when}"),
            format!("{runs:?}"),
        )?;
    }
    Ok(())
}
