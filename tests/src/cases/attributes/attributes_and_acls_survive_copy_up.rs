//! Extended attributes and ACLs of a lower file are still there after its first write, rename or link, and in what is built on it.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{chmod, dir, file, link, rename, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "attributes_and_acls_survive_copy_up",
    promise: "Extended attributes and ACLs of a lower file are still there after its first write, rename or link, and in what is built on it.",
    why: "Labels and ACLs lost at the first write change who may read a file.",
    origin: "xfstests overlay/025, 026; fuse-overlayfs xattr tests; containers/storage (ACLs dropped by vfs)",
    covers: &["XA1", "XA3"],
    level: Level::Must,
    theme: Theme::Attributes,
    capability: None,
    broken_by: &[
        Fault::CopiesLoseXattrs,
        Fault::XattrsLost,
        Fault::CopiesLoseAcls,
        Fault::CopiesKeepOnlyCapabilities,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.xattr_user {
        return Err(Stop::not_applicable("there are no user.* attributes here"));
    }
    let base = context.layer(
        None,
        &[
            file("f", "1"),
            xattr("f", "user.small", "1"),
            xattr("f", "user.binary", b"\0\n=\xff"),
            xattr("f", "user.large", vec![b'x'; 1500]),
            file("acl", "1"),
            chmod("acl", 0o640),
            xattr("acl", "system.posix_acl_access", fixture::acl(1234)),
            dir("d"),
            xattr("d", "user.d", "1"),
            chmod("d", 0o750),
            xattr("d", "system.posix_acl_default", default_acl()),
            file("trusted", "1"),
            xattr("trusted", "trusted.note", "1"),
        ],
    )?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        write("f", 0, "2"),
        write("acl", 0, "2"),
        chmod("d", 0o750),
        rename("trusted", "renamed"),
        link("f", "g"),
    ])?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let container = context.container(Some(&layer))?;
    container.check()?;
    Ok(Outcome::Pass)
}

/// u::rwx g::r-x m::r-x o::---, and user 1234 r-x.
fn default_acl() -> Vec<u8> {
    let mut value = fixture::acl(1234);
    for (entry, permission) in [7_u8, 5, 5, 5, 0].into_iter().enumerate() {
        value[4 + 8 * entry + 2] = permission;
    }
    value
}
