//! A socket in a lower layer is still one: it cannot be opened, nobody answers, its name is taken until it is deleted.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check::{self, Checked};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::live;
use crate::oracle::op::{Op, chmod, dir, link, remove, rename, socket};

/// The promise.
pub const CASE: Case = Case {
    name: "sockets_of_layers_stay_sockets",
    promise: "A socket in a lower layer is still one: it cannot be opened, nobody answers, and its name is taken until it is deleted; then it can be bound anew, linked and renamed.",
    why: "Images hold stale sockets of daemons: one that opens as a file, or that cannot be replaced, keeps the daemon from starting.",
    origin: "unix(7), open(2) (ENXIO); POSIX.1-2024 bind(); catalogue SF1",
    covers: &["SF1", "CU9"],
    level: Level::Must,
    theme: Theme::SpecialFiles,
    capability: Some("special_files_survive_copy_up"),
    broken_by: &[
        Fault::CopiesTurnSocketsToFifos,
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.special_files_survive_copy_up;
    let mut made = context.container(None)?;
    // Archives hold no sockets: a container has to make them.
    made.apply(&[
        dir("run"),
        dir("run/to"),
        socket("run/s"),
        socket("run/other"),
    ])?;
    let layer = context.commit(made)?;
    let mut container = context.container(Some(&layer))?;
    asleep(&container, "s")?;
    let dir = container.open("run")?;
    check::errno(
        "bind on the name of a lower socket",
        Errno::ADDRINUSE,
        UnixListener::bind(short(&dir, "s")),
    )?;
    container.check()?;

    let mut refused = Vec::new();
    match attempt(&mut container, "unlink", &remove("run/s"))? {
        Some(why) => refused.push(why),
        None => bound_anew(&mut container, &dir)?,
    }
    for (what, op) in [
        ("chmod", chmod("run/other", 0o600)),
        ("link", link("run/other", "run/two")),
        ("rename", rename("run/other", "run/to/moved")),
    ] {
        if let Some(why) = attempt(&mut container, what, &op)? {
            refused.push(why);
        }
    }
    drop(dir);
    if refused.is_empty() {
        asleep(&container, "two")?;
        asleep(&container, "to/moved")?;
    }
    context.mount(&mut container)?;
    if let Err(Stop(changed)) = container.check() {
        refused.push(changed.reason());
    }
    context.check_layer(&layer)?;
    check::declared(
        "special_files_survive_copy_up",
        declared,
        refused.is_empty(),
        refused.join("; "),
    )
}

/// A socket that nobody listens on.
fn asleep(container: &Container, name: &str) -> Checked {
    let path = container.path(format!("run/{name}"));
    check::that(
        container
            .stat(format!("run/{name}"))?
            .file_type()
            .is_socket(),
        format!("{name} is a socket"),
        "something else",
    )?;
    for (read, write) in [(true, false), (false, true), (true, true)] {
        let opened = File::options()
            .read(read)
            .write(write)
            .custom_flags(nix::libc::O_NONBLOCK)
            .open(&path);
        check::errno("open of a lower socket", Errno::NXIO, opened)?;
    }
    let dir = container.open("run")?;
    check::errno(
        "connect to a lower socket",
        Errno::CONNREFUSED,
        UnixStream::connect(short(&dir, name)),
    )
}

/// Binds the name of a deleted lower socket, and is answered.
fn bound_anew(container: &mut Container, dir: &File) -> Checked {
    container.check()?;
    let listener = UnixListener::bind(short(dir, "s")).attempt("bind anew", "run/s")?;
    let client = UnixStream::connect(short(dir, "s"));
    check::that(
        client.is_ok(),
        "the new socket answers",
        format!("{client:?}"),
    )?;
    drop((client, listener));
    let mode = container.stat("run/s")?.mode() & 0o7777;
    container.predict(&[socket("run/s"), chmod("run/s", mode)])?;
    container.check()
}

/// A path short enough for the address of a socket.
fn short(dir: &File, name: &str) -> PathBuf {
    Path::new("/proc/self/fd")
        .join(dir.as_raw_fd().to_string())
        .join(OsStr::new(name))
}

/// Does an operation in the container, and in the model where it worked; says why it was refused.
fn attempt(container: &mut Container, what: &str, op: &Op) -> Result<Option<String>, Stop> {
    match live::apply(container.root(), std::slice::from_ref(op)) {
        Ok(()) => {
            container.predict(std::slice::from_ref(op))?;
            Ok(None)
        }
        Err(error) => {
            let errno = error.raw_os_error().map(Errno::from_raw_os_error);
            let why = errno.map_or_else(|| error.to_string(), |errno| errno.to_string());
            Ok(Some(format!("{what}: {why}")))
        }
    }
}
