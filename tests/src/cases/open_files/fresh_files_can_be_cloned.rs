//! Where files can be cloned, one that was just written can be, at once; or that is EAGAIN, and works when the file is on the disk.

use rustix::fs::ioctl_ficlone;
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "fresh_files_can_be_cloned",
    promise: "Where files can be cloned, one that was just written can be, at once; or that is EAGAIN, and works when the file is on the disk.",
    why: "A build that writes a file and clones it fails or copies instead, depending on how fast it is.",
    origin: "OpenZFS: zfs(4), zfs_bclone_wait_dirty (off unless set: FICLONE of a dirty block fails at once); zfs_clone_range in module/zfs/zfs_vnops.c, read in 2.3.2; catalogue FD8",
    covers: &["FD8"],
    level: Level::Informs,
    theme: Theme::OpenFiles,
    capability: Some("fresh_files_can_be_cloned"),
    broken_by: &[Fault::Flipped("reflink")],
    run,
};

/// Not a single file decides: it may happen to be written out between its writing and its cloning.
const FILES: u64 = 6;

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.reflink {
        return Err(Stop::not_applicable("no file can be cloned here"));
    }
    let mut container = context.container(None)?;
    let mut refused = Vec::new();
    for number in 0..FILES {
        let (from, to) = (format!("from-{number}"), format!("to-{number}"));
        let content = fixture::noise(600 + number, 128 << 10);
        container.apply(&[file(&to, ""), file(&from, &content)])?;
        match ioctl_ficlone(container.open_for_writing(&to)?, container.open(&from)?) {
            Ok(()) => container.predict(&[file(&to, &content)])?,
            Err(Errno::AGAIN) => refused.push((from, to, content)),
            Err(errno) => {
                return Err(Stop::fail(
                    "a clone, or EAGAIN",
                    format!("FICLONE of {from}: {errno}"),
                ));
            }
        }
    }
    container.check()?;
    context.driver()?.sync()?;
    for (from, to, content) in &refused {
        let cloned = ioctl_ficlone(container.open_for_writing(to)?, container.open(from)?);
        check::that(
            cloned.is_ok(),
            "a clone of what is on the disk",
            check::words("FICLONE", &cloned),
        )?;
        container.predict(&[file(to, content)])?;
    }
    container.check()?;
    let (of, many) = (FILES, refused.len());
    context.remove(container)?;
    check::declared(
        "fresh_files_can_be_cloned",
        capabilities.fresh_files_can_be_cloned,
        refused.is_empty(),
        format!(
            "FICLONE of {many} of {of} files just written: EAGAIN; none of them once they were on the disk"
        ),
    )
}
