//! A file opened with O_TMPFILE can be given a name, unless O_EXCL forbids it.

use std::os::fd::AsRawFd as _;

use drivers::error::Attempt as _;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, file};

/// The promise.
pub const CASE: Case = Case {
    name: "unnamed_file_can_be_linked",
    promise: "A file opened with O_TMPFILE can be given a name, unless O_EXCL forbids it.",
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
        never_to_be_linked(&container)?;
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

/// With O_EXCL, a file without a name stays without.
fn never_to_be_linked(container: &Container) -> Result<(), Stop> {
    let dir = container.path("d");
    let flags = OFlags::TMPFILE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    let fd =
        openat(CWD, &dir, flags, Mode::from_raw_mode(0o600)).attempt("make a file in", &dir)?;
    let name = format!("/proc/self/fd/{}", fd.as_raw_fd());
    check::errno(
        "linking a file made with O_TMPFILE and O_EXCL",
        Errno::NOENT,
        linkat(
            CWD,
            name.as_str(),
            CWD,
            dir.join("excl"),
            AtFlags::SYMLINK_FOLLOW,
        ),
    )
}
