//! A watch set on a lower file tells of what is later written to it through another descriptor, every time.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use drivers::error::Attempt as _;
use nix::sys::fanotify::{EventFFlags, Fanotify, InitFlags, MarkFlags, MaskFlags};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{file, rename, write};

/// The promise.
pub const CASE: Case = Case {
    name: "watches_fire_after_copy_up",
    promise: "A watch set on a lower file tells of what is later written to it through another descriptor, every time.",
    why: "`tail -f`, log shippers and hot reload stand still where the watch stays with the lower file.",
    origin: "LTP inotify07, inotify08, fanotify (overlay); moby 11705, 31587 (tail -f), 47061 (only the first replacement is seen)",
    covers: &["ID8", "C20", "C21"],
    level: Level::Should,
    theme: Theme::Identity,
    capability: Some("watch_survives_copy_up"),
    broken_by: &[
        Fault::Flipped("watch_survives_copy_up"),
        Fault::Lie(&lies::WATCHES_DO_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.watch_survives_copy_up;
    let base = context.layer(
        None,
        &[
            file("log", "first\n"),
            file("config", "1"),
            file("replaced", "1"),
            file("marked", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let mut missed = Vec::new();
    let mut expect = |what: &str, seen: bool| {
        if !seen {
            missed.push(what.to_owned());
        }
    };

    // tail -f: opened and watched, then another descriptor appends.
    let mut tail = container.open("log")?;
    let watch = Watch::new(&container.path("log"), WatchFlags::MODIFY)?;
    for line in ["second\n", "third\n"] {
        append(&container, line)?;
        expect(
            &format!("inotify: an append ({})", line.trim()),
            watch.fired()? == 1,
        );
    }
    let mut followed = String::new();
    tail.read_to_string(&mut followed)
        .attempt("read", container.path("log"))?;
    expect(
        "the text, by the descriptor that was open before",
        followed == "first\nsecond\nthird\n",
    );
    container.predict(&[file("log", "first\nsecond\nthird\n")])?;

    // Overwritten in place twice: two events.
    let watch = Watch::new(&container.path("config"), WatchFlags::MODIFY)?;
    for content in ["2", "3"] {
        container.apply(&[write("config", 0, content)])?;
        expect(
            &format!("inotify: overwritten in place with {content}"),
            watch.fired()? == 1,
        );
    }

    // Replaced by rename twice, seen by a watch of the directory.
    let watch = Watch::new(container.root(), WatchFlags::MOVED_TO)?;
    for content in ["2", "3"] {
        container.apply(&[file("next", content), rename("next", "replaced")])?;
        expect(
            &format!("inotify: replaced with {content}"),
            watch.fired()? == 1,
        );
    }

    fanotify(&mut container, &mut expect)?;
    container.check()?;
    check::declared(
        "watch_survives_copy_up",
        declared,
        missed.is_empty(),
        format!("missed: {}", missed.join("; ")),
    )
}

fn fanotify(container: &mut Container, expect: &mut impl FnMut(&str, bool)) -> Result<(), Stop> {
    let path = container.path("marked");
    let flags = InitFlags::FAN_CLASS_NOTIF | InitFlags::FAN_CLOEXEC | InitFlags::FAN_NONBLOCK;
    let group = match Fanotify::init(flags, EventFFlags::O_RDONLY | EventFFlags::O_CLOEXEC) {
        Ok(group) => group,
        // Needs CAP_SYS_ADMIN of the host; what inotify tells is asked for all the same.
        Err(nix::errno::Errno::EPERM | nix::errno::Errno::ENOSYS) => return Ok(()),
        Err(errno) => return Err(Stop::broken(format!("fanotify_init: {errno}"))),
    };
    group
        .mark(
            MarkFlags::FAN_MARK_ADD,
            MaskFlags::FAN_MODIFY,
            nix::fcntl::AT_FDCWD,
            Some(&path),
        )
        .map_err(|errno| Stop::fail("a fanotify mark can be set", errno.to_string()))?;
    for content in ["2", "3"] {
        container.apply(&[write("marked", 0, content)])?;
        let events = match group.read_events() {
            Ok(events) => events.len(),
            Err(nix::errno::Errno::EAGAIN) => 0,
            Err(errno) => return Err(Stop::broken(format!("read fanotify events: {errno}"))),
        };
        expect(
            &format!("fanotify: overwritten with {content}"),
            events == 1,
        );
    }
    Ok(())
}

fn append(container: &Container, line: &str) -> Result<(), Stop> {
    let path = container.path("log");
    OpenOptions::new()
        .append(true)
        .open(&path)
        .and_then(|mut file: File| file.write_all(line.as_bytes()))
        .attempt("append to", &path)?;
    Ok(())
}

/// An inotify watch of one path. Events are there when the call that causes them returns: there is nothing to wait for.
struct Watch(OwnedFd);

impl Watch {
    fn new(path: &Path, flags: WatchFlags) -> Result<Self, Stop> {
        let fd =
            inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).attempt("watch", path)?;
        inotify::add_watch(fd.as_fd(), path.as_os_str().as_bytes(), flags)
            .attempt("watch", path)?;
        Ok(Self(fd))
    }

    /// How many events there were since the last time.
    fn fired(&self) -> Result<usize, Stop> {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(self.0.as_fd(), &mut buffer);
        let mut events = 0;
        loop {
            match reader.next() {
                Ok(_) => events += 1,
                Err(rustix::io::Errno::AGAIN) => return Ok(events),
                Err(errno) => return Err(Stop::broken(format!("read inotify events: {errno}"))),
            }
        }
    }
}
