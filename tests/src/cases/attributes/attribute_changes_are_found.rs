//! An attribute, a capability, an ACL or a default ACL that is set, replaced or removed, and nothing else, is a change, is exported, and comes back by apply.

use drivers::error::Attempt as _;
use drivers::{ChangeKind, Item};
use rustix::fs::lremovexattr;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::compare;
use crate::oracle::model::Model;
use crate::oracle::op::{Op, chmod, dir, fifo, file, symlink, xattr};
use crate::oracle::seen;

/// The promise.
pub const CASE: Case = Case {
    name: "attribute_changes_are_found",
    promise: "An attribute, a capability, an ACL or a default ACL that is set, replaced or removed, and nothing else, is a change, is exported, and comes back by apply.",
    why: "A setfacl or setcap in a build step is lost without a word where the diff looks at modes and times only.",
    origin: "moby and containerd comparers look at security.capability alone, read in their sources; catalogue XA7",
    covers: &["XA7", "XA3", "XA4"],
    level: Level::Must,
    theme: Theme::Attributes,
    capability: None,
    broken_by: &[
        Fault::Lie(&crate::lies::SETXATTR_DOES_NOTHING),
        Fault::MetadataMissed,
        Fault::ExportedXattrsLost,
    ],
    run,
};

/// A path, its attribute, and the old and the new value.
type Attribute<'a> = (&'a str, &'a str, Option<&'a [u8]>, Option<&'a [u8]>);

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.xattr_user {
        return Err(Stop::not_applicable("there are no user.* attributes here"));
    }
    // The path is what happens to it.
    let (cap, other_cap) = (fixture::capability(), {
        let mut other = fixture::capability();
        other[4] = 1;
        other
    });
    let (acl, other_acl) = (fixture::acl(1234), fixture::acl(4321));
    let attributes: [Attribute<'_>; 17] = [
        ("set", "user.x", None, Some(b"1")),
        ("replaced", "user.x", Some(b"1"), Some(b"2")),
        ("emptied", "user.x", Some(b"1"), Some(b"")),
        ("removed", "user.x", Some(b"1"), None),
        ("dir-set", "user.x", None, Some(b"1")),
        ("dir-removed", "user.x", Some(b"1"), None),
        ("trusted-replaced", "trusted.x", Some(b"1"), Some(b"2")),
        ("link-set", "trusted.x", None, Some(b"1")),
        ("pipe-set", "trusted.x", None, Some(b"1")),
        ("cap-set", "security.capability", None, Some(&cap)),
        (
            "cap-replaced",
            "security.capability",
            Some(&cap),
            Some(&other_cap),
        ),
        ("cap-removed", "security.capability", Some(&cap), None),
        ("acl-set", "system.posix_acl_access", None, Some(&acl)),
        (
            "acl-replaced",
            "system.posix_acl_access",
            Some(&acl),
            Some(&other_acl),
        ),
        (
            "dir-default-set",
            "system.posix_acl_default",
            None,
            Some(&acl),
        ),
        (
            "dir-default-replaced",
            "system.posix_acl_default",
            Some(&acl),
            Some(&other_acl),
        ),
        (
            "dir-default-removed",
            "system.posix_acl_default",
            Some(&acl),
            None,
        ),
    ];
    let possible = |path: &str, name: &str| {
        (match name.split('.').next() {
            Some("user") => capabilities.xattr_user,
            Some("system") => capabilities.posix_acl,
            _ => capabilities.xattr_privileged,
        }) && (path != "pipe-set" || capabilities.special_files_survive_copy_up)
            && (path != "link-set" || capabilities.symlink_attributes_survive_copy_up)
    };
    let mut ops = Vec::new();
    for (path, name, old, _) in &attributes {
        ops.push(match path.split('-').next() {
            Some("dir") => dir(path),
            Some("link") => symlink(path, "to"),
            Some("pipe") => fifo(path),
            _ => file(path, *path),
        });
        if path.starts_with("acl") {
            ops.push(chmod(path, 0o640));
        }
        ops.extend(old.map(|old| xattr(path, name, old)));
    }
    ops.push(file("untouched", "1"));
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let mut wanted = Vec::new();
    let changed = attributes
        .iter()
        .filter(|(path, name, ..)| possible(path, name));
    for (path, name, _, new) in changed {
        wanted.push(path.as_bytes().to_vec());
        match new {
            Some(new) => container.apply(&[xattr(path, name, new)] as &[Op])?,
            None => {
                let at = container.path(path);
                lremovexattr(&at, *name).attempt("remove an attribute of", &at)?;
            }
        }
    }
    wanted.sort();
    let mut expected = Model::of(&seen::read(container.root())?);
    expected.live = true;
    container.unmount()?;
    let driver = context.driver()?;
    let found = driver.changes(Item::Container(&container.key))?;
    let paths: Vec<_> = found
        .iter()
        .filter(|change| change.kind == ChangeKind::Modified && !change.path.is_empty())
        .map(|change| change.path.clone())
        .collect();
    let list = |paths: &[Vec<u8>]| {
        let names: Vec<_> = paths.iter().map(|path| compare::show(path)).collect();
        names.join(" ")
    };
    check::same("modified paths", list(&wanted), list(&paths))?;
    let mut tar = Vec::new();
    driver.export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    let view = context.driver()?.view(Item::Layer(&copy))?;
    crate::context::matches("the export, applied", &expected, view.path(), &capabilities)?;
    view.close()?;
    Ok(Outcome::Pass)
}
