//! What the installed program can do on a given root, found out by trying there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::serve::Server;
use crate::capabilities::{Capabilities, CopyUp};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::fsprobe;
use crate::mountinfo;
use crate::remove;
use crate::sys::command;
use crate::upper::{Stack, lasting, mapped, measure, numbers};

/// Asking the program for its version takes milliseconds; this only bounds a hang.
const LIMIT: Duration = Duration::from_secs(10);

/// Above this the program was not tried; it holds a descriptor for each layer.
const MAX_LAYERS: u32 = 500;

/// The first line of `--version` that names the program: `1.10`.
pub(super) fn version(program: &Path) -> Result<String> {
    let said = command::output(program, &["--version".as_ref()], LIMIT)?;
    let text = String::from_utf8_lossy(&said.stdout);
    parse_version(&text).map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorKind::Missing, "read the version of")
            .path(program)
            .because(format!("it said {:?}", text.trim()))
    })
}

fn parse_version(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.strip_prefix("fuse-overlayfs: version "))
        .map(str::trim)
}

/// What was found.
#[derive(Debug)]
pub(super) struct Fitness {
    pub(super) capabilities: Capabilities,
    pub(super) facts: Vec<(String, String)>,
    pub(super) xattr_prefix: &'static str,
}

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove::tree(&self.0) {
            tracing::warn!("{error}");
        }
    }
}

/// How often it is looked whether a time moves, before it is said to last.
const TIMES_ATTEMPTS: usize = 3;

/// Mounts a small stack in a scratch directory of `root` and tries everything.
///
/// # Errors
/// `Unsupported` with the reason; whatever mounting gives.
pub(super) fn examine(root: &Path, server: &Server) -> Result<Fitness> {
    let real = root.canonicalize().attempt("resolve", root)?;
    if real.as_os_str().as_encoded_bytes().contains(&b':') {
        return Err(
            Error::new(ErrorKind::Unsupported, "stand fuse-overlayfs on")
                .path(&real)
                .because("the program takes the colon in that path for a separator of layers")
                .hint("use a directory without one"),
        );
    }
    let scratch = Scratch(root.join("probe"));
    remove::tree(&scratch.0)?;
    for name in ["1/diff", "2/diff", "3/diff", "3/work", "m"] {
        let path = scratch.0.join(name);
        std::fs::create_dir_all(&path).attempt("create the directory", &path)?;
    }
    measure::sow(&scratch.0.join("1/diff"))?;
    let ground = fsprobe::probe(&scratch.0.join("2"))?.capabilities;
    let stack = Stack {
        entries: &scratch.0,
        lowers: &[2, 1],
        upper: Some(3),
        read_only: false,
        owners: None,
    };
    let point = std::path::absolute(scratch.0.join("m")).attempt("resolve", &scratch.0)?;
    let mount = server.mount(&stack, &point)?;
    let info = mountinfo::at(&point)?
        .ok_or_else(|| Error::new(ErrorKind::Io, "find in mountinfo").path(&point))?;
    let xattr_prefix = deletions(&scratch.0, &point)?;
    let mut measured = measure::measure(&point)?;
    measured.deletions_take_no_inodes =
        measure::marks_share_an_inode(&point, &scratch.0.join("3/diff"))?;
    let (numbers, times) = (numbers::all(&point)?, lasting::times(&point, 0)?);
    mount.unmount()?;
    // The daemon may make up numbers of its own, as it goes.
    let mount = server.mount(&stack, &point)?;
    measured.inode_survives_remount = numbers == numbers::all(&point)?;
    measured.written_times_last = times == lasting::times(&point, 0)?;
    measured.writes_to_links_last = lasting::lasts(&point)?;
    mount.unmount()?;
    // On a busy machine what is written late may happen to keep its time: one that moves, moves.
    for attempt in 1..TIMES_ATTEMPTS {
        if !measured.written_times_last {
            break;
        }
        let mount = server.mount(&stack, &point)?;
        lasting::write_new(&point, attempt)?;
        let times = lasting::times(&point, attempt)?;
        mount.unmount()?;
        let mount = server.mount(&stack, &point)?;
        measured.written_times_last = times == lasting::times(&point, attempt)?;
        mount.unmount()?;
    }
    let (lower, upper) = (scratch.0.join("1/diff"), scratch.0.join("3/diff"));
    let mapped = mapped::probe(&lower, &upper, |owners| {
        let stack = Stack {
            owners: Some(owners),
            ..stack
        };
        server.mount(&stack, &point)
    });
    measured.idmapped_mounts = mapped.is_ok();
    let mut facts = vec![
        (
            "other_owners".to_owned(),
            match mapped {
                Ok(()) => "shown by the daemon (uidmapping, gidmapping)".to_owned(),
                Err(error) => format!("not to be shown: {error}"),
            },
        ),
        ("mount_flags".to_owned(), info.options),
        ("filesystem_options".to_owned(), info.super_options),
        ("opaque_mark".to_owned(), format!("{xattr_prefix}opaque")),
    ];
    if measured.hard_links_survive_copy_up {
        // Seen with 1.10: on one filesystem they stayed links in the next mount, on another they did not.
        let why = "those to lower files are kept in the daemon's memory: once written, they may part at the unmount";
        facts.push(("hard_links".to_owned(), why.to_owned()));
    }
    if !measured.reflink && ground.reflink {
        let why = "FICLONE does not pass FUSE, though the filesystem below knows it";
        facts.push(("fallback".to_owned(), why.to_owned()));
    }
    Ok(Fitness {
        capabilities: declare(measured, &ground),
        facts,
        xattr_prefix,
    })
}

/// Deletes through the mount, and finds out how the program marks it in the upper directory.
fn deletions(dir: &Path, point: &Path) -> Result<&'static str> {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let unfit = |why: String| {
        Error::new(ErrorKind::Unsupported, "stand fuse-overlayfs on")
            .path(dir)
            .because(why)
    };
    let gone = point.join("gone");
    std::fs::remove_file(&gone).attempt("delete through the mount", &gone)?;
    let mark = dir.join("3/diff/gone");
    let is_device = std::fs::symlink_metadata(&mark)
        .is_ok_and(|meta| meta.file_type().is_char_device() && meta.rdev() == 0);
    if !is_device {
        return Err(unfit(
            "its whiteouts are not character devices 0/0".to_owned(),
        ));
    }
    let wiped = point.join("wiped");
    remove::tree(&wiped)?;
    std::fs::create_dir(&wiped).attempt("create the directory", &wiped)?;
    let upper = dir.join("3/diff/wiped");
    ["trusted.overlay.", "user.overlay.", "user.fuseoverlayfs."]
        .into_iter()
        .find(|prefix| {
            let mut value = [0; 4];
            rustix::fs::getxattr(&upper, format!("{prefix}opaque"), &mut value[..]) == Ok(1)
        })
        .ok_or_else(|| unfit("it marks directories made anew with no known xattr".to_owned()))
}

fn declare(measured: Capabilities, ground: &Capabilities) -> Capabilities {
    let _ = ground;
    Capabilities {
        max_layers: Some(MAX_LAYERS),
        parallel_apply: true,
        constant_time_prepare: true,
        shares_data_with_parent: true,
        // A copy is a new inode, of which no system call can set the change time.
        ctime_survives_copy_up: false,
        copy_up: CopyUp::WholeFile,
        // One of the names is copied up, and the next start of the daemon finds the others in the layer below.
        writes_through_any_name_are_kept: false,
        metadata_change_keeps_data_shared: false,
        native_changes: false,
        // The daemon is ended when the kernel tells that a copy of its mount lives on; in a user namespace it does not.
        leaked_mounts_do_no_harm: crate::fusectl::Control::open().is_ok(),
        // A colon separates layers for it, also in the path of its working directory.
        odd_root_names: false,
        shared_page_cache: false,
        ..measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_among_the_libraries() {
        let text = "fusermount3 version: 3.14.0\nfuse-overlayfs: version 1.10\nFUSE library version 3.14.0\n";
        assert_eq!(parse_version(text), Some("1.10"));
        assert_eq!(parse_version("sh: not found"), None);
    }
}
