//! Mounts a stack with overlayfs, by one of three interfaces (see [`Api`]).
//!
//! None of them limits the length of the root's path: layers are opened relative to the directory of the items.

use std::ffi::OsString;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::sched::{CloneFlags, unshare};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::mount::{
    FsOpenFlags, MountAttrFlags, MountFlags, fsconfig_create, fsconfig_set_fd, fsconfig_set_flag,
    fsconfig_set_string, fsopen,
};

use super::settings::{Api, Settings};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::mount::{self, Mount};
use crate::upper::Stack;

/// What one option string may hold: mount(2) copies one page, the last byte being NUL.
const PAGE: usize = 4095;

/// What mountinfo shows as the source.
const SOURCE: &str = "overlay";

/// Mounts `stack` on `at`.
///
/// # Errors
/// The errno of the step that failed, with the kernel's own message where it left one.
pub(super) fn mount(settings: &Settings, api: Api, stack: &Stack<'_>, at: &Path) -> Result<Mount> {
    match stack.owners {
        // Whiteouts, copies and the work directory belong to whoever mounts, who must be somebody the layers can store.
        Some(owners) => owners.by_the_first(|| merge(settings, api, stack, at)),
        None => merge(settings, api, stack, at),
    }
}

fn merge(settings: &Settings, api: Api, stack: &Stack<'_>, at: &Path) -> Result<Mount> {
    let entries = openat(
        CWD,
        stack.entries,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .attempt("open the directory", stack.entries)?;
    match api {
        Api::Fd | Api::String => configure(settings, api, stack, &entries, at),
        Api::Legacy => legacy(settings, stack, &entries, at),
    }
}

fn open_layer(entries: &OwnedFd, stack: &Stack<'_>, name: &Path) -> Result<OwnedFd> {
    openat(
        entries,
        name,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .attempt("open the layer", stack.entries.join(name))
}

fn configure(
    settings: &Settings,
    api: Api,
    stack: &Stack<'_>,
    entries: &OwnedFd,
    at: &Path,
) -> Result<Mount> {
    let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)
        .attempt("open an overlay filesystem for", at)?;
    let fail = |errno| failed(errno, at, &context);
    let set = |key: &str, name: &Path| {
        let layer = open_layer(entries, stack, name)?;
        tell(&context, api, key, layer.as_fd()).map_err(fail)
    };
    fsconfig_set_string(context.as_fd(), "source", SOURCE).map_err(fail)?;
    for (name, value) in settings.mount_options(stack.upper.is_some()) {
        match value {
            Some(value) => fsconfig_set_string(context.as_fd(), name, value),
            None => fsconfig_set_flag(context.as_fd(), name),
        }
        .map_err(fail)?;
    }
    for name in stack.lower_names() {
        set("lowerdir+", &name)?;
    }
    if let Some((diff, work)) = stack.upper_names() {
        set("upperdir", &diff)?;
        set("workdir", &work)?;
    }
    fsconfig_create(context.as_fd()).map_err(fail)?;
    let attributes = if stack.read_only {
        MountAttrFlags::MOUNT_ATTR_RDONLY
    } else {
        MountAttrFlags::empty()
    };
    mount::attach(&context, attributes, at)
}

fn tell(context: &OwnedFd, api: Api, key: &str, layer: BorrowedFd<'_>) -> Result<(), Errno> {
    if api == Api::Fd {
        fsconfig_set_fd(context.as_fd(), key, layer)
    } else {
        // A path given to fsconfig may not exceed 255 bytes: this one never does.
        let path = format!("/proc/self/fd/{}", layer.as_raw_fd());
        fsconfig_set_string(context.as_fd(), key, path)
    }
}

fn failed(errno: Errno, at: &Path, context: &OwnedFd) -> Error {
    let error = Error::io("mount an overlay on", at, errno);
    // EINVAL is how overlayfs refuses an unfit directory or combination.
    let error = if errno == Errno::INVAL {
        error.with_kind(ErrorKind::Unsupported)
    } else {
        error
    };
    mount::with_log(error, context)
}

/// mount(2), in a thread with a working directory of its own, so that layers have short relative names: `7/diff`, and
/// if these do not fit one page, the numbers of open descriptors in /proc/self/fd.
fn legacy(settings: &Settings, stack: &Stack<'_>, entries: &OwnedFd, at: &Path) -> Result<Mount> {
    let at = std::path::absolute(at).attempt("resolve", at)?;
    let mut data = option_string(settings, stack, |name| Ok(name.as_os_str().to_owned()))?;
    let mut held = Vec::new();
    let mut directory = None;
    if data.len() > PAGE {
        data = option_string(settings, stack, |name| {
            let layer = open_layer(entries, stack, name)?;
            let number = layer.as_raw_fd().to_string();
            held.push(layer);
            Ok(number.into())
        })?;
        directory = Some(
            openat(
                CWD,
                "/proc/self/fd",
                OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
                Mode::empty(),
            )
            .attempt("open", "/proc/self/fd")?,
        );
    }
    if data.len() > PAGE {
        return Err(Error::new(ErrorKind::Unsupported, "mount an overlay on")
            .path(&at)
            .because(format!(
                "the options take {} bytes, and mount(2) reads {PAGE}",
                data.len()
            )));
    }
    let directory = directory.as_ref().unwrap_or(entries);
    let flags = if stack.read_only {
        MountFlags::RDONLY
    } else {
        MountFlags::empty()
    };
    let mounted = std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            unshare(CloneFlags::CLONE_FS)
                .map_err(std::io::Error::from)
                .attempt("leave the working directory for", &at)?;
            rustix::process::fchdir(directory).attempt("go to", stack.entries)?;
            let data = std::ffi::CString::new(data.into_encoded_bytes()).map_err(|e| {
                Error::new(ErrorKind::BadInput, "mount an overlay on")
                    .path(&at)
                    .because(e.to_string())
            })?;
            rustix::mount::mount(SOURCE, &at, "overlay", flags, data.as_c_str()).map_err(|errno| {
                let error = Error::io("mount an overlay on", &at, errno);
                if errno == Errno::INVAL {
                    error
                        .with_kind(ErrorKind::Unsupported)
                        .hint("the kernel's log says why: dmesg | tail")
                } else {
                    error
                }
            })
        });
        work.join()
    });
    drop(held);
    match mounted {
        Ok(outcome) => outcome.map(|()| Mount::new(&at)),
        Err(_) => Err(Error::new(ErrorKind::Io, "mount an overlay on")
            .path(&at)
            .because("the helper thread panicked")),
    }
}

/// The options as mount(2) takes them. Names given by `spell` hold no `:` or `,`: they need no escapes.
fn option_string(
    settings: &Settings,
    stack: &Stack<'_>,
    mut spell: impl FnMut(&Path) -> Result<OsString>,
) -> Result<OsString> {
    let mut text = OsString::new();
    for (name, value) in settings.mount_options(stack.upper.is_some()) {
        text.push(name);
        if let Some(value) = value {
            text.push("=");
            text.push(value);
        }
        text.push(",");
    }
    if let Some((diff, work)) = stack.upper_names() {
        for (key, name) in [("upperdir=", &diff), ("workdir=", &work)] {
            text.push(key);
            text.push(spell(name)?);
            text.push(",");
        }
    }
    text.push("lowerdir=");
    for (index, name) in stack.lower_names().enumerate() {
        if index > 0 {
            text.push(":");
        }
        text.push(spell(&name)?);
    }
    Ok(text)
}
