//! Over a merged tree of 300 names from three layers and a container, two names have one device and inode number exactly
//! if they are one file.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare;
use crate::oracle::op::{Op, dir, file, link, remove, rename, symlink, write};

/// The promise.
pub const CASE: Case = Case {
    name: "files_are_told_apart",
    promise: "Over a merged tree of 300 names from three layers and a container, two names have one device and inode number exactly if they are one file.",
    why: "diff, cp, tar and rsync take two files with one number for one file, and skip the second.",
    origin: "xfstests overlay/049, 059, 067; fuse-overlayfs unique inode tests; catalogue ID3",
    covers: &["ID3"],
    level: Level::Must,
    theme: Theme::Identity,
    capability: None,
    broken_by: &[Fault::LinksSplit, Fault::CopiesJoinEqualFiles],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let mut parent = None;
    for layer in 0..3 {
        let mut ops = match layer {
            0 => vec![dir("d"), dir("d/e"), dir("e")],
            _ => Vec::new(),
        };
        for number in 0..20 {
            let name = format!("{layer}-{number}");
            ops.extend([
                file(format!("d/{name}"), &name),
                file(format!("d/e/{name}"), &name),
                symlink(format!("e/{name}"), &name),
            ]);
        }
        ops.push(file(format!("e/linked-{layer}"), "l"));
        ops.push(link(
            format!("e/linked-{layer}"),
            format!("d/linked-{layer}"),
        ));
        parent = Some(context.layer(parent.as_ref(), &ops)?);
    }
    let mut container = context.container(parent.as_ref())?;
    told_apart(&container)?;
    let mut ops: Vec<Op> = Vec::new();
    for layer in 0..3 {
        for number in 0..10 {
            let name = format!("{layer}-{number}");
            ops.extend([
                write(format!("d/{name}"), 0, "w"),
                remove(format!("d/e/{name}")),
                file(format!("d/e/{name}"), "again"),
                rename(format!("e/{name}"), format!("d/e/link-{name}")),
                file(format!("e/own-{name}"), "own"),
                dir(format!("e/dir-{name}")),
            ]);
        }
    }
    ops.push(link("e/own-0-0", "d/own-linked"));
    container.apply(&ops)?;
    told_apart(&container)?;
    container.check()?;
    context.mount(&mut container)?;
    told_apart(&container)?;
    Ok(Outcome::Pass)
}

fn told_apart(container: &Container) -> Result<(), Stop> {
    let (mut of_file, mut of_number) = (BTreeMap::new(), BTreeMap::new());
    for (path, file) in container.model.paths() {
        let meta = container.stat(&path)?;
        let number = (meta.dev(), meta.ino());
        let (first, name) = of_number.entry(number).or_insert((file, path.clone()));
        if *first != file {
            return Err(Stop::fail(
                format!(
                    "{} and {} have numbers of their own",
                    compare::show(name),
                    compare::show(&path)
                ),
                format!("device and inode of both: {number:?}"),
            ));
        }
        let (known, name) = of_file.entry(file).or_insert((number, path.clone()));
        if *known != number {
            return Err(Stop::fail(
                format!(
                    "{} and {} are one file",
                    compare::show(name),
                    compare::show(&path)
                ),
                format!("{known:?} and {number:?}"),
            ));
        }
    }
    Ok(())
}
