//! A view shows its layer and refuses every write with EROFS.

use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{
    chmod, chown, dir, fifo, file, link, mtime, remove, rename, symlink, truncate, write, xattr,
};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "view_refuses_writes",
    promise: "A view shows its layer and refuses every write with EROFS.",
    why: "A read-only mount that can be written to changes the image.",
    origin: "containerd snapshotter suite (readonly view); pjdfstest (EROFS); fuse-overlayfs readonly tests",
    covers: &["LS8"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::WritableView],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let view = context.view(Some(&base))?;
    view.check()?;
    let mut writes = vec![
        file("new", ""),
        dir("new"),
        write("etc/passwd", 0, "x"),
        truncate("etc/passwd", 0),
        chmod("etc/passwd", 0o600),
        mtime("etc", 1, 1),
        symlink("new", "etc"),
        link("etc/passwd", "new"),
        fifo("new"),
        rename("etc/passwd", "new"),
        remove("etc/passwd"),
        chown("etc/passwd", 0, 0),
    ];
    if context.capabilities()?.xattr_user {
        writes.push(xattr("etc/passwd", "user.new", "1"));
    }
    for op in &writes {
        let outcome = live::apply(view.root(), std::slice::from_ref(op));
        let errno = outcome
            .as_ref()
            .err()
            .and_then(drivers::Error::raw_os_error);
        check::that(
            errno == Some(Errno::ROFS.raw_os_error()),
            format!("EROFS for {op:?}"),
            format!("{outcome:?}"),
        )?;
    }
    view.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
