//! A container can be mounted with its owners shifted, without a copy: what is there and what is made is mapped both ways.

use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use drivers::Mount;
use drivers::error::Attempt as _;
use drivers::sys::{mount_attr, userns};
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, chown, dir, file};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "ids_are_mapped_without_copying",
    promise: "A container can be mounted with its owners shifted, without a copy: what is there and what is made is mapped both ways.",
    why: "Containers in user namespaces need other owners; where mounts cannot map them, every file is chowned, and so copied.",
    origin: "mount_setattr(2) (MOUNT_ATTR_IDMAP); containers/storage bats (idmap); catalogue SH6",
    covers: &["SH6"],
    level: Level::Informs,
    theme: Theme::Sharing,
    capability: Some("idmapped_mounts"),
    broken_by: &[Fault::Flipped("idmapped_mounts")],
    run,
};

/// Where the container's ids begin.
const FIRST: u32 = 200_000;

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.arbitrary_owners {
        return Err(Stop::not_applicable("there are no other owners here"));
    }
    let base = context.layer(
        None,
        &[
            file("large", fixture::noise(74, 4 << 20)),
            chown("large", 1, 2),
            dir("open"),
            chmod("open", 0o777),
            file("root", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let before = fixture::usage(context, &mut container)?;
    context.mount(&mut container)?;
    let at = context.directory()?;
    let namespace =
        userns::mapped(FIRST, 65_536).map_err(|error| Stop::not_applicable(error.to_string()))?;
    let tree = open_tree(
        CWD,
        container.root(),
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )
    .attempt("clone the mount of", container.root())?;
    if let Err(error) = mount_attr::map_ids(tree.as_fd(), namespace.as_fd()) {
        container.check()?;
        let why = format!("mapping the ids of its mount: {error}");
        return check::declared("idmapped_mounts", capabilities.idmapped_mounts, false, why);
    }
    move_mount(
        tree.as_fd(),
        "",
        CWD,
        &at,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
    .attempt("mount on", &at)?;
    let mapped = Mount::new(&at);
    drop(tree);
    for (name, uid, gid) in [("large", 1, 2), ("root", 0, 0)] {
        let path = at.join(name);
        let meta = path.metadata().attempt("look at", &path)?;
        check::same(
            &format!("the owner of {name}, mapped"),
            (FIRST + uid, FIRST + gid),
            (meta.uid(), meta.gid()),
        )?;
        let plain = container.stat(name)?;
        check::same(
            &format!("the owner of {name}, as stored"),
            (uid, gid),
            (plain.uid(), plain.gid()),
        )?;
    }
    // Made by one who has an id in the container, it belongs to that.
    let made = at.join("open/made");
    let made = Path::new(&made);
    fixture::as_user(FIRST + 7, || std::fs::write(made, "2"))?
        .attempt("write as a mapped user", made)?;
    container.predict(&[file("open/made", "2"), chown("open/made", 7, 7)])?;
    mapped.unmount()?;
    container.check()?;
    let after = fixture::usage(context, &mut container)?;
    check::that(
        after.exclusive_bytes <= before.exclusive_bytes + fixture::slack(after),
        "no copy of what is shown with other owners",
        format!(
            "{} before, {} after",
            fixture::bytes(before.exclusive_bytes),
            fixture::bytes(after.exclusive_bytes)
        ),
    )?;
    check::declared(
        "idmapped_mounts",
        capabilities.idmapped_mounts,
        true,
        "ids are mapped",
    )
}
