//! User attributes, ACLs and file capabilities are exported; book-keeping of drivers and filesystems is not.

use drivers::Item;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare;
use crate::oracle::op::{chmod, dir, file, remove, xattr};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "export_keeps_attributes",
    promise: "User attributes, ACLs and file capabilities are exported; book-keeping of drivers and filesystems is not.",
    why: "Most engines drop extended attributes on export, though the specification requires them.",
    origin: "OCI layer.md (a layer must carry xattrs); moby and containerd export security.capability only",
    covers: &["XA4", "XA7", "DF2"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::ExportedXattrsLost, Fault::BookkeepingExported],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.xattr_user {
        return Err(Stop::not_applicable("there are no user.* attributes here"));
    }
    let base = context.layer(None, &[dir("d"), file("d/old", "1")])?;
    let mut container = context.container(Some(&base))?;
    let change = [
        file("f", "1"),
        xattr("f", "user.a", "1"),
        xattr("f", "user.binary", b"\x00\x0a=\xff"),
        file("cap", "1"),
        chmod("cap", 0o755),
        xattr("cap", "security.capability", fixture::capability()),
        file("acl", "1"),
        chmod("acl", 0o640),
        xattr("acl", "system.posix_acl_access", fixture::acl(1234)),
        remove("d"),
        dir("d"),
        xattr("d", "user.d", "on a directory made again"),
    ];
    container.apply(&change)?;
    container.unmount()?;
    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&container.key), &mut tar)?;
    for private in [
        &b"trusted.overlay"[..],
        b"user.overlay",
        b"user.fuseoverlayfs",
        b"SGI_ACL",
    ] {
        check::that(
            !tar.windows(private.len()).any(|window| window == private),
            format!("no {} in the export", compare::show(private)),
            "it is there",
        )?;
    }
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    Ok(Outcome::Pass)
}
