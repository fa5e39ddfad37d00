//! A file opened with O_TMPFILE can be given a name.

use std::os::fd::AsRawFd as _;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, file};

/// The promise.
pub const CASE: Case = Case {
    name: "unnamed_file_can_be_linked",
    promise: "A file opened with O_TMPFILE can be given a name.",
    why: "O_TMPFILE with linkat is how files are made visible only when complete.",
    origin: "catalogue FD8 (O_TMPFILE with linkat)",
    covers: &["FD8"],
    level: Level::Should,
    theme: Theme::OpenFiles,
    capability: Some("tmpfile"),
    broken_by: &[
        Fault::Flipped("tmpfile"),
        Fault::Lie(&lies::LINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.tmpfile;
    let base = context.layer(None, &[dir("d"), file("d/a", "1")])?;
    let mut container = context.container(Some(&base))?;
    let opened = openat(
        CWD,
        container.path("d"),
        OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC,
        Mode::from_raw_mode(0o600),
    );
    let linked = opened.and_then(|fd| {
        rustix::io::write(&fd, b"unnamed")?;
        let name = format!("/proc/self/fd/{}", fd.as_raw_fd());
        linkat(
            CWD,
            name.as_str(),
            CWD,
            container.path("d/named"),
            AtFlags::SYMLINK_FOLLOW,
        )
    });
    if linked.is_ok() {
        container.predict(&[file("d/named", "unnamed"), chmod("d/named", 0o600)])?;
    }
    container.check()?;
    check::declared(
        "tmpfile",
        declared,
        linked.is_ok(),
        check::words("O_TMPFILE and linkat", &linked),
    )
}
