//! user.* attributes of lower and of new files and directories can be set, listed, replaced and removed.

use drivers::error::Attempt as _;
use rustix::fs::{XattrFlags, getxattr, removexattr, setxattr};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, xattr};
use crate::oracle::seen;

/// The promise.
pub const CASE: Case = Case {
    name: "user_attributes_can_be_set_listed_and_removed",
    promise: "user.* attributes of lower and of new files and directories can be set, listed, replaced and removed.",
    why: "Desktop and backup tools keep their notes in extended attributes.",
    origin: "fuse-overlayfs xattr tests; catalogue XA1",
    covers: &["XA1"],
    level: Level::Should,
    theme: Theme::Attributes,
    capability: Some("xattr_user"),
    broken_by: &[
        Fault::Flipped("xattr_user"),
        Fault::Flipped("xattr_create_is_exclusive"),
        Fault::Lie(&lies::REMOVEXATTR_DOES_NOTHING),
        Fault::Lie(&lies::SETXATTR_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.xattr_user;
    let base = context.layer(
        None,
        &[file("f", "1"), xattr("f", "user.old", "1"), dir("d")],
    )?;
    let mut container = context.container(Some(&base))?;
    if !declared {
        let refused = setxattr(container.path("f"), "user.new", b"1", XattrFlags::empty());
        let errno = refused.err();
        return check::declared(
            "xattr_user",
            declared,
            errno.is_none(),
            format!("setxattr: {errno:?}"),
        );
    }
    container.apply(&[
        file("new", "2"),
        xattr("new", "user.new", "1"),
        xattr("f", "user.new", ""),
        xattr("f", "user.old", "replaced"),
        xattr("d", "user.dir", "1"),
    ])?;
    container.check()?;
    let path = container.path("f");
    removexattr(&path, "user.old").attempt("remove an attribute of", &path)?;
    let gone = getxattr(&path, "user.old", &mut [0_u8; 16][..]);
    check::errno("reading a removed attribute", Errno::NODATA, gone)?;
    let again = removexattr(&path, "user.old");
    check::errno("removing it again", Errno::NODATA, again)?;
    let exclusive = setxattr(&path, "user.new", b"2", XattrFlags::CREATE);
    let names: Vec<_> = seen::xattrs(&path)?.into_keys().collect();
    check::same("the names", vec![b"user.new".to_vec()], names)?;
    context.check_layer(&base)?;
    check::declared(
        "xattr_create_is_exclusive",
        context.capabilities()?.xattr_create_is_exclusive,
        exclusive == Err(Errno::EXIST),
        format!("creating an attribute that is there: {exclusive:?}"),
    )
}
