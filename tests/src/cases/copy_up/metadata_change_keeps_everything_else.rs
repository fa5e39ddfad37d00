//! chmod, chown, utimensat or setxattr of a lower file, directory or link changes that one attribute and nothing else.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::lies;
use crate::oracle::op::{Op, chmod, chown, mtime, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "metadata_change_keeps_everything_else",
    promise: "chmod, chown, utimensat or setxattr of a lower file, directory or link changes that one attribute and nothing else.",
    why: "A chmod must not touch times, owner or content.",
    origin: "xfstests overlay/004; unionmount suite; moby 15585 (metadata lost in copy-up)",
    covers: &["CU3"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: None,
    broken_by: &[
        Fault::Lie(&lies::CHMOD_DOES_NOTHING),
        Fault::Lie(&lies::CHOWN_DOES_NOTHING),
        Fault::Lie(&lies::UTIMES_DO_NOTHING),
        Fault::Lie(&lies::SETXATTR_DOES_NOTHING),
        Fault::CopiesLoseSpecialBits,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let mut container = context.container(Some(&base))?;
    if context.capabilities()?.special_files_survive_copy_up {
        container.apply(&[chmod("dev/pipe", 0o600)])?;
        if context.capabilities()?.device_nodes {
            container.apply(&[chown("dev/null", 1, 2), mtime("dev/disk", 5, 5)])?;
        }
        container.check()?;
    }
    for ops in [
        [chmod("bin/ping", 0o700)],
        [chmod("var/tmp", 0o1755)],
        [chown("etc/passwd", 5, 6)],
        [chown("dangling", 9, 10)],
        [chown("secret", 11, 12)],
        [mtime("bin/su", 1_111_111_111, 222_222_222)],
        [mtime("var", 1_111_111_111, 222_222_222)],
        [mtime("bin/sh", 1_111_111_111, 222_222_222)],
        [xattr("var/empty", "user.more", "1")],
        [xattr("secret", "user.dir", "changed")],
        [xattr("secret/acl", "user.more", "1")],
    ] {
        container.apply(&ops)?;
        container.check()?;
    }
    // Asked before anything reads them: a read may set the time of access.
    let mut fresh = context.container(Some(&base))?;
    for op in [
        chmod("etc/passwd", 0o600),
        chown("bin/su", 5, 6),
        xattr("var/empty", "user.more", "1"),
        mtime("secret/acl", 1_111_111_111, 222_222_222),
    ] {
        let path = match &op {
            Op::Chmod(path, _) | Op::Chown(path, ..) | Op::Xattr(path, ..) => path.clone(),
            _ => b"secret/acl".to_vec(),
        };
        let before = fresh.stat(&path)?;
        fresh.apply(std::slice::from_ref(&op))?;
        let after = fresh.stat(&path)?;
        check::same(
            &format!("the time of access after {op:?}"),
            (before.atime(), before.atime_nsec()),
            (after.atime(), after.atime_nsec()),
        )?;
        if !matches!(op, Op::Mtime(..)) {
            check::same(
                &format!("the time of modification after {op:?}"),
                (before.mtime(), before.mtime_nsec()),
                (after.mtime(), after.mtime_nsec()),
            )?;
        }
    }
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
