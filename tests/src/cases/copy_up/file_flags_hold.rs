//! A file made immutable or append-only in a container is so, over a remount too, and can be removed with the container.

use std::fs;
use std::path::Path;

use drivers::Item;
use drivers::error::Attempt as _;
use rustix::fs::{CWD, IFlags, Mode, OFlags, ioctl_getflags, ioctl_setflags, openat};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "file_flags_hold",
    promise: "A file made immutable or append-only in a container is so, over a remount too, and can be removed with the container.",
    why: "Hosting panels and hardening scripts use chattr +i; where it fails they stop, where it sticks the container cannot be deleted.",
    origin: "xfstests overlay/027, 030, 040, 075, 076; catalogue CU8",
    covers: &["CU8"],
    level: Level::Should,
    theme: Theme::CopyUp,
    capability: Some("file_flags"),
    broken_by: &[
        Fault::Flipped("file_flags"),
        Fault::Lie(&lies::SETTING_FLAGS_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.file_flags;
    let base = context.layer(
        None,
        &["immutable", "append"].map(|name| file(name, "lower")),
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&["new-immutable", "new-append"].map(|name| file(name, "new")))?;
    let mut differs = Vec::new();
    for prefix in ["", "new-"] {
        for (name, wanted) in FLAGS {
            let name = format!("{prefix}{name}");
            if let Err(errno) = set(&container.path(&name), wanted) {
                differs.push(format!("setting {wanted:?} of {name}: {errno}"));
            }
        }
    }
    for remounted in [false, true] {
        if remounted && differs.is_empty() {
            context.mount(&mut container)?;
        }
        for prefix in ["", "new-"] {
            differs.extend(held(&container, prefix)?);
        }
    }
    container.predict(&["append", "new-append"].map(|name| {
        let was = if name == "append" { "lower" } else { "new" };
        file(name, format!("{was}{}", "!".repeat(2)))
    }))?;
    if differs.is_empty() {
        container.check()?;
        let path = container.path("immutable");
        set(&path, IFlags::empty()).attempt("take the flags of", &path)?;
        container.apply(&[remove("immutable")])?;
        container.check()?;
    }
    container.unmount()?;
    let driver = context.driver()?;
    driver.remove(Item::Container(&container.key))?;
    context.check_layer(&base)?;
    check::declared(
        "file_flags",
        declared,
        differs.is_empty(),
        check::some(&differs),
    )
}

/// File by file, the flags it gets.
const FLAGS: [(&str, IFlags); 2] = [("immutable", IFlags::IMMUTABLE), ("append", IFlags::APPEND)];

/// Replaces the flags of a file among those that are looked at here.
fn set(path: &Path, flags: IFlags) -> Result<(), Errno> {
    let all = FLAGS
        .iter()
        .fold(IFlags::empty(), |all, (_, flags)| all | *flags);
    let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let others = ioctl_getflags(&file)? - all;
    ioctl_setflags(&file, others | flags)
}

/// Tries what the flags forbid and allow, and says what was not as it should be.
fn held(container: &Container, prefix: &str) -> Result<Vec<String>, Stop> {
    let mut wrong = Vec::new();
    let at = |name: &str| container.path(format!("{prefix}{name}"));
    let open = |name: &str, flags| openat(CWD, at(name), flags | OFlags::CLOEXEC, Mode::empty());
    for (name, wanted) in FLAGS {
        let shown = open(name, OFlags::RDONLY).and_then(ioctl_getflags);
        if !shown.is_ok_and(|flags| flags.contains(wanted)) {
            wrong.push(format!("{prefix}{name} shows the flags {shown:?}"));
        }
    }
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    let (immutable, append) = (at("immutable"), at("append"));
    for (what, outcome) in [
        (
            "writing to immutable",
            open("immutable", OFlags::WRONLY).map(drop),
        ),
        (
            "chmod of immutable",
            rustix::fs::chmod(&immutable, Mode::RWXU),
        ),
        ("unlinking immutable", rustix::fs::unlink(&immutable)),
        (
            "renaming immutable",
            rustix::fs::rename(&immutable, at("x")),
        ),
        ("linking immutable", rustix::fs::link(&immutable, at("x"))),
        (
            "overwriting append",
            open("append", OFlags::WRONLY).map(drop),
        ),
        (
            "cutting append",
            open("append", OFlags::WRONLY | OFlags::APPEND | OFlags::TRUNC).map(drop),
        ),
        ("unlinking append", rustix::fs::unlink(&append)),
    ] {
        if outcome != Err(Errno::PERM) {
            wrong.push(format!("{what}: {outcome:?} instead of EPERM"));
        }
    }
    let end = fs::OpenOptions::new().append(true).open(&append);
    end.and_then(|mut file| std::io::Write::write_all(&mut file, b"!"))
        .attempt("append to", &append)?;
    Ok(wrong)
}
