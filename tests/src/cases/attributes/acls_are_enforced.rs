//! A POSIX ACL lets the one user in whom the mode keeps out, in a layer and after the first write.

use std::fs;

use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::live;
use crate::oracle::op::{chmod, file, xattr};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "acls_are_enforced",
    promise: "A POSIX ACL lets the one user in whom the mode keeps out, in a layer and after the first write.",
    why: "An ACL that is stored but not enforced opens a file its owner thought closed.",
    origin: "xfstests overlay/025; catalogue XA3",
    covers: &["XA3"],
    level: Level::Should,
    theme: Theme::Attributes,
    capability: Some("posix_acl"),
    broken_by: &[
        Fault::Flipped("posix_acl"),
        Fault::Lie(&lies::SETXATTR_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.arbitrary_owners {
        return Err(Stop::not_applicable(
            "owners other than the caller cannot be stored here",
        ));
    }
    let base = context.layer(
        None,
        &[
            file("f", "for one"),
            chmod("f", 0o640),
            file("plain", "1"),
            chmod("plain", 0o640),
        ],
    )?;
    let container = context.container(Some(&base))?;
    let set = live::apply(
        container.root(),
        &[xattr(
            "f",
            "system.posix_acl_access",
            fixture::acl(fixture::USER),
        )],
    );
    let (f, plain) = (container.path("f"), container.path("plain"));
    let (one, same_mode) = fixture::as_user(fixture::USER, || (fs::read(&f), fs::read(&plain)))?;
    let other = fixture::as_user(fixture::USER + 1, || fs::read(&f))?;
    check::errno("reading with the mode alone", Errno::ACCESS, same_mode)?;
    check::errno("reading as another user", Errno::ACCESS, other)?;
    check::declared(
        "posix_acl",
        capabilities.posix_acl,
        set.is_ok() && one.is_ok(),
        format!(
            "setting the ACL: {}; reading as its user: {}",
            set.map_or_else(|e| e.to_string(), |()| "accepted".to_owned()),
            one.map_or_else(|e| e.to_string(), |_| "allowed".to_owned()),
        ),
    )
}
