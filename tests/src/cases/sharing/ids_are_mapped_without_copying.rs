//! A container can be mounted with its owners shifted, without a copy: what is there and what is made is mapped both ways.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;

use drivers::error::Attempt as _;
use drivers::{ErrorKind, Owners};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, chown, dir, file, remove};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "ids_are_mapped_without_copying",
    promise: "A container can be mounted with its owners shifted, without a copy: what is there and what is made is mapped both ways.",
    why: "Containers in user namespaces need other owners; where they cannot be mapped, every file is chowned, and so copied.",
    origin: "mount_setattr(2) (MOUNT_ATTR_IDMAP); overlayfs on id-mapped layers (Linux 5.19); containers/storage bats (idmap); catalogue SH6",
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
            file("open/gone", "0"),
            file("small", "1"),
            chown("small", 1, 2),
            file("root", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let before = fixture::usage(context, &mut container)?;
    let owners =
        Owners::shifted(FIRST, 65_536).map_err(|error| Stop::not_applicable(error.to_string()))?;
    if let Err(error) = context.mount_as(&mut container, &owners)? {
        check::refused("mounting with other owners", ErrorKind::Unsupported, {
            Err::<(), _>(error)
        })?;
        context.mount(&mut container)?;
        container.check()?;
        let why = "a container cannot be mounted with other owners";
        return check::declared("idmapped_mounts", capabilities.idmapped_mounts, false, why);
    }
    for (name, uid, gid) in [("large", 1, 2), ("root", 0, 0), ("", 0, 0)] {
        let meta = container.stat(name)?;
        check::same(
            &format!("the owner of /{name}, mapped"),
            (FIRST + uid, FIRST + gid),
            (meta.uid(), meta.gid()),
        )?;
    }
    used_by_mapped_users(&container)?;
    container.predict(&[
        file("open/made", "2"),
        chown("open/made", 7, 7),
        remove("open/gone"),
        file("small", "12"),
        chown("small", 1, 2),
    ])?;
    own_mount_is_apart(context, &container)?;
    // Stored as if nothing had been mapped.
    context.mount(&mut container)?;
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
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    check::declared(
        "idmapped_mounts",
        capabilities.idmapped_mounts,
        true,
        "ids are mapped",
    )
}

/// Those who have an id in the container make, delete and change what they may.
fn used_by_mapped_users(container: &Container) -> Result<(), Stop> {
    let (made, gone, small) = (
        container.path("open/made"),
        container.path("open/gone"),
        container.path("small"),
    );
    fixture::as_user(FIRST + 7, || {
        std::fs::write(&made, "2").attempt("write as a mapped user", &made)?;
        std::fs::remove_file(&gone).attempt("delete as a mapped user", &gone)
    })??;
    Ok(fixture::as_user(FIRST + 1, || {
        let file = std::fs::File::options().append(true).open(&small);
        file.and_then(|mut file| file.write_all(b"2"))
            .attempt("append as a mapped user", &small)
    })??)
}

/// A further mount with the owners as they are stored is refused, or shows them so.
fn own_mount_is_apart(context: &mut Context<'_>, container: &Container) -> Result<(), Stop> {
    let at = context.directory()?;
    match context.driver()?.mount(&container.key, &at) {
        Ok(mount) => {
            let path = at.join("large");
            let owner = path.metadata().attempt("look at", &path)?.uid();
            check::same("the owner of /large beside, as stored", 1, owner)?;
            Ok(mount.unmount()?)
        }
        Err(error) => check::refused("mounting with two sets of owners", ErrorKind::InUse, {
            Err::<(), _>(error)
        }),
    }
}
