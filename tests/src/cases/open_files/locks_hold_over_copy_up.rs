//! A lock taken on a lower file keeps others out after the file is first written: flock, POSIX, OFD locks and leases.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;

use drivers::error::Attempt as _;
use drivers::sys::{descriptors, lease};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{file, write};

/// The promise.
pub const CASE: Case = Case {
    name: "locks_hold_over_copy_up",
    promise: "A lock taken on a lower file keeps others out after the file is first written: flock, POSIX, OFD locks and leases.",
    why: "Package managers and databases guard their files by locks; a lock that stays with the lower file guards nothing.",
    origin: "xfstests overlay/028 (flock), generic/504; LTP fcntl (leases); catalogue FD4",
    covers: &["FD4"],
    level: Level::Must,
    theme: Theme::OpenFiles,
    capability: Some("leases"),
    broken_by: &[
        Fault::Lie(&lies::FLOCK_DOES_NOTHING),
        Fault::Lie(&lies::OFD_LOCKS_DO_NOTHING),
        Fault::Lie(&lies::POSIX_LOCKS_DO_NOTHING),
        Fault::Flipped("leases"),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.leases;
    let base = context.layer(
        None,
        &[
            file("flock", "1"),
            file("ofd", "1"),
            file("posix", "1"),
            file("leased", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    with_flock(&mut container)?;
    with_ranges(&mut container)?;
    let leased = with_lease(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    check::declared(
        "leases",
        declared,
        leased.is_ok(),
        check::words("lease", &leased),
    )
}

/// One descriptor from before the first write, one that wrote.
fn two(container: &mut Container, name: &str) -> Result<(File, File), Stop> {
    let reader = container.open(name)?;
    Ok((reader, container.open_for_writing(name)?))
}

fn written(container: &mut Container, name: &str, writer: &File) -> Result<(), Stop> {
    writer
        .write_all_at(b"2", 0)
        .attempt("write", container.path(name))?;
    container.predict(&[write(name, 0, "2")])
}

fn with_flock(container: &mut Container) -> Result<(), Stop> {
    use FlockOperation::{NonBlockingLockExclusive, NonBlockingLockShared, Unlock};
    let at = container.path("flock");
    let reader = container.open("flock")?;
    flock(&reader, NonBlockingLockShared).attempt("lock", &at)?;
    let writer = container.open_for_writing("flock")?;
    written(container, "flock", &writer)?;
    let refused = |held: &str| {
        check::errno(
            &format!("flock, exclusive, while {held}"),
            Errno::WOULDBLOCK,
            flock(&writer, NonBlockingLockExclusive),
        )
    };
    refused("shared before the first write")?;
    flock(&writer, NonBlockingLockShared).attempt("share the lock of", &at)?;
    flock(&writer, Unlock).attempt("unlock", &at)?;
    flock(&reader, NonBlockingLockExclusive).attempt("lock", &at)?;
    refused("held by the descriptor from before")?;
    drop(reader);
    let lock = || flock(&writer, NonBlockingLockExclusive);
    Ok(descriptors::once_let_go(Errno::AGAIN, lock).attempt("lock after the other ended", &at)?)
}

fn with_ranges(container: &mut Container) -> Result<(), Stop> {
    let (reader, writer) = two(container, "ofd")?;
    let shared = range(libc::F_RDLCK);
    let exclusive = range(libc::F_WRLCK);
    fcntl(&reader, FcntlArg::F_OFD_SETLK(&shared))
        .map_err(|errno| Stop::fail("an OFD lock", errno.to_string()))?;
    written(container, "ofd", &writer)?;
    check::errno(
        "an exclusive OFD lock while one from before the first write is held",
        Errno::AGAIN,
        fcntl(&writer, FcntlArg::F_OFD_SETLK(&exclusive)),
    )?;
    drop(reader);
    let lock = || {
        fcntl(&writer, FcntlArg::F_OFD_SETLK(&exclusive))
            .map_err(|errno| Errno::from_raw_os_error(errno as i32))
    };
    descriptors::once_let_go(Errno::AGAIN, lock)
        .map_err(|errno| Stop::fail("an OFD lock after the other ended", errno.to_string()))?;

    let (reader, writer) = two(container, "posix")?;
    fcntl(&reader, FcntlArg::F_SETLK(&shared))
        .map_err(|errno| Stop::fail("a POSIX lock", errno.to_string()))?;
    written(container, "posix", &writer)?;
    // These belong to a process's table of descriptors: a thread with one of its own is another owner.
    descriptors::with_own_table(|| {
        let mut found = exclusive;
        fcntl(&writer, FcntlArg::F_GETLK(&mut found))
            .map_err(|errno| Stop::fail("F_GETLK", errno.to_string()))?;
        check::same(
            "the lock that F_GETLK finds",
            libc::F_RDLCK,
            found.l_type.into(),
        )?;
        check::errno(
            "another's exclusive POSIX lock while one from before the first write is held",
            Errno::AGAIN,
            fcntl(&writer, FcntlArg::F_SETLK(&exclusive)),
        )
    })?
}

fn range(kind: i32) -> libc::flock {
    libc::flock {
        l_type: i16::try_from(kind).unwrap_or_default(),
        l_whence: 0,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// The errno of taking a lease, if it cannot be taken.
fn with_lease(container: &mut Container) -> Result<Result<(), Errno>, Stop> {
    let path = container.path("leased");
    let reader = container.open("leased")?;
    if let Err(error) = lease::take_read_lease(reader.as_fd()) {
        let errno = error.raw_os_error().map(Errno::from_raw_os_error);
        return Ok(Err(errno.unwrap_or(Errno::IO)));
    }
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    check::errno(
        "opening a leased lower file for writing",
        Errno::WOULDBLOCK,
        open(&path, flags, Mode::empty()),
    )?;
    lease::give_back(reader.as_fd()).attempt("give the lease back on", &path)?;
    let writer = container.open_for_writing("leased")?;
    written(container, "leased", &writer)?;
    check::errno(
        "a read lease of a file that is open for writing",
        Errno::AGAIN,
        lease::take_read_lease(reader.as_fd()),
    )?;
    Ok(Ok(()))
}
