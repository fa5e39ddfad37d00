//! Whether overlayfs works on a given root, found out by trying there, before anything is kept.

use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{
    CWD, FileType, Mode, RenameFlags, XattrFlags, makedev, mknodat, renameat_with, setxattr,
};

use super::assemble;
use super::settings::{Api, Settings};
use crate::capabilities::{Capabilities, CopyUp};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::fsprobe;
use crate::mountinfo::{self, MountInfo};
use crate::remove;
use crate::upper::{Stack, mapped, measure, on_mapped_layers};

/// The most lower layers the kernel takes (OVL_MAX_STACK in fs/overlayfs/params.h).
const MAX_LAYERS: u32 = 500;

/// What was found.
#[derive(Debug)]
pub(super) struct Fitness {
    pub(super) api: Api,
    pub(super) capabilities: Capabilities,
    pub(super) facts: Vec<(String, String)>,
}

/// A scratch directory, removed whatever happens.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove::tree(&self.0) {
            tracing::warn!("{error}");
        }
    }
}

/// Tries overlayfs in a scratch directory of `root`.
///
/// # Errors
/// `Unsupported` with the reason, in the kernel's own words where it has any.
pub(super) fn examine(root: &Path, settings: &Settings) -> Result<Fitness> {
    let scratch = Scratch(root.join("probe"));
    remove::tree(&scratch.0)?;
    for name in [
        "1/diff", "2/diff", "3/diff", "3/work", "4/diff", "4/work", "m",
    ] {
        let path = scratch.0.join(name);
        std::fs::create_dir_all(&path).attempt("create the directory", &path)?;
    }
    measure::sow(&scratch.0.join("1/diff"))?;
    let ground = fsprobe::probe(&scratch.0.join("2"))?.capabilities;
    backing(&scratch.0, settings, &ground)?;
    let stack = Stack {
        entries: &scratch.0,
        lowers: &[2, 1],
        upper: Some(3),
        read_only: false,
        owners: None,
    };
    let point = scratch.0.join("m");
    let (api, mount, refused) = first_that_works(settings, &stack, &point)?;
    let point = &std::path::absolute(&point).attempt("resolve", &point)?;
    let info = mountinfo::at(point)?
        .ok_or_else(|| Error::new(ErrorKind::Io, "find in mountinfo").path(point))?;
    let deleted = deletions(&scratch.0, settings)?;
    let mut measured = measure::measure(point)?;
    measured.deletions_take_no_inodes =
        measure::marks_share_an_inode(point, &scratch.0.join("3/diff"))?;
    mount.unmount()?;
    let (lower, upper) = (scratch.0.join("1/diff"), scratch.0.join("4/diff"));
    let mapped = mapped::probe(&lower, &upper, |owners| {
        let stack = Stack {
            upper: Some(4),
            owners: Some(owners),
            ..stack
        };
        let layers = scratch.0.join("mapped");
        std::fs::create_dir(&layers).attempt("create the mountpoint", &layers)?;
        on_mapped_layers(&stack, owners, &layers, |stack| {
            assemble::mount(settings, api, stack, point)
        })
    });
    measured.idmapped_mounts = mapped.is_ok();
    let capabilities = declare(settings, measured, ground.reflink);
    let mut facts = facts(settings, api, &info);
    facts.push((
        "other_owners".to_owned(),
        match mapped {
            Ok(()) => "shown by the mounts of its layers".to_owned(),
            Err(error) => format!("not to be shown: {error}"),
        },
    ));
    facts.push(("deleted_directory".to_owned(), deleted.to_owned()));
    facts.extend(refused.into_iter().map(|why| ("fallback".to_owned(), why)));
    Ok(Fitness {
        api,
        capabilities,
        facts,
    })
}

fn unfit(dir: &Path, why: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "stand overlay2 on")
        .path(dir)
        .because(why)
        .hint(hint.to_owned())
}

/// What the upper's filesystem must offer, asked of it directly: the kernel tells of these only in its log.
fn backing(dir: &Path, settings: &Settings, ground: &Capabilities) -> Result<()> {
    if !ground.d_type {
        return Err(unfit(
            dir,
            "its directories do not tell the types of their entries (d_type)",
            "make the filesystem with that feature: xfs -n ftype=1, ext4 -O filetype",
        ));
    }
    let name = format!("{}probe", settings.xattr_prefix());
    setxattr(dir.join("3/diff"), &name, b"y", XattrFlags::empty())
        .and_then(|()| rustix::fs::removexattr(dir.join("3/diff"), &name))
        .map_err(|e| {
            unfit(
                dir,
                &format!("it cannot store the xattr {name}: {e}"),
                "use another filesystem, or userxattr",
            )
        })?;
    let device = dir.join("2/whiteout");
    mknodat(
        CWD,
        &device,
        FileType::CharacterDevice,
        Mode::empty(),
        makedev(0, 0),
    )
    .map_err(|e| {
        unfit(
            dir,
            &format!("no whiteout device can be made: {e}"),
            "user namespaces can since Linux 5.8",
        )
    })?;
    let (from, to) = (dir.join("2/from"), dir.join("2/to"));
    std::fs::write(&from, "x").attempt("write", &from)?;
    renameat_with(CWD, &from, CWD, &to, RenameFlags::WHITEOUT).map_err(|e| {
        unfit(
            dir,
            &format!("it does not know RENAME_WHITEOUT: {e}"),
            "use ext4, xfs, btrfs or tmpfs",
        )
    })
}

type Working = (Api, crate::mount::Mount, Vec<String>);

/// Mounts with the interface asked for, or with the newest that works, saying why newer ones did not.
fn first_that_works(settings: &Settings, stack: &Stack<'_>, at: &Path) -> Result<Working> {
    let all = [Api::Fd, Api::String, Api::Legacy];
    let candidates: &[Api] = settings.api.as_ref().map_or(&all, std::slice::from_ref);
    let mut refused = Vec::new();
    let mut first = None;
    for &api in candidates {
        match assemble::mount(settings, api, stack, at) {
            Ok(mount) => return Ok((api, mount, refused)),
            Err(error) => {
                refused.push(format!("mount_api={}: {error}", api.name()));
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or_else(|| Error::new(ErrorKind::Unsupported, "mount an overlay on").path(at)))
}

/// Deletes through the mount and looks for the marks in the upper: a kernel that cannot make them mounts read-only, or
/// leaves the opaque mark out, and tells only its log. Gives what a deleted directory leaves in the upper.
fn deletions(dir: &Path, settings: &Settings) -> Result<&'static str> {
    let merged = |name: &str| dir.join("m").join(name);
    std::fs::remove_file(merged("gone")).map_err(|e| {
        unfit(
            dir,
            &format!("a file of a layer cannot be deleted: {e}"),
            "the kernel's log says why: dmesg | tail",
        )
    })?;
    remove::tree(&merged("wiped"))?;
    let left = match std::fs::symlink_metadata(dir.join("3/diff/wiped")) {
        Ok(meta) if meta.file_type().is_char_device() => "whiteout",
        Ok(meta) if meta.is_dir() => "opaque directory",
        _ => "something else",
    };
    std::fs::create_dir(merged("wiped")).attempt("create", merged("wiped"))?;
    let opaque = format!("{}opaque", settings.xattr_prefix());
    let mut value = [0_u8; 4];
    match rustix::fs::getxattr(dir.join("3/diff/wiped"), &opaque, &mut value[..]) {
        Ok(1) if value[0] == b'y' => Ok(left),
        _ => Err(unfit(
            dir,
            &format!("a directory made anew is not marked {opaque}=y"),
            "the kernel's log says why: dmesg | tail",
        )),
    }
}

/// What overlayfs documents (Documentation/filesystems/overlayfs.rst), on top of what was measured.
fn declare(settings: &Settings, measured: Capabilities, reflinks: bool) -> Capabilities {
    Capabilities {
        max_layers: Some(MAX_LAYERS),
        parallel_apply: true,
        constant_time_prepare: true,
        shares_data_with_parent: true,
        // A copy is a new inode, of which no system call can set the change time.
        ctime_survives_copy_up: false,
        copy_up: if reflinks {
            CopyUp::Reflink
        } else {
            CopyUp::WholeFile
        },
        // A reflink copies no data either.
        metadata_change_keeps_data_shared: settings.metacopy || reflinks,
        rename_lower_dir: settings.redirects(),
        hard_links_survive_copy_up: settings.index,
        // Without a record of where a copy came from, its number is a new one each time it is looked up.
        inode_survives_remount: measured.inode_survives_copy_up,
        mapping_sees_later_writes: false,
        // Since Linux 5.14 they are kept in an attribute that is only read in the uppermost layer.
        file_flags_reach_children: false,
        user_can_make_whiteout_device: false,
        native_changes: settings.no_native_diff().is_none(),
        shared_page_cache: true,
        layers_are_sealed: false,
        layers_survive_power_cuts: settings.syncs_commits,
        // With volatile a copy is not synced before it takes the file's place, and neither is anything else.
        image_files_survive_power_cuts: !settings.volatile,
        fsync_survives_power_cuts: !settings.volatile,
        ..measured
    }
}

/// Options as the kernel shows them; it leaves out those at its default.
fn facts(settings: &Settings, api: Api, info: &MountInfo) -> Vec<(String, String)> {
    let shown = |name: &str, default: &str| {
        let value = match info.option(name) {
            Some("") => "on",
            Some(value) => value,
            None => default,
        };
        (name.to_owned(), value.to_owned())
    };
    let mut facts = vec![("mount_api".to_owned(), api.name().to_owned())];
    for (name, default) in [
        ("redirect_dir", "off"),
        ("index", "off"),
        ("metacopy", "off"),
        ("userxattr", "off"),
        ("uuid", "null"),
    ] {
        facts.push(shown(name, default));
    }
    facts.push(shown("xino", "off (the layers are on one filesystem)"));
    facts.push((
        "volatile".to_owned(),
        if info.option("volatile").is_some() || info.option("fsync") == Some("volatile") {
            "on".to_owned()
        } else {
            "off".to_owned()
        },
    ));
    facts.push((
        "native_diff".to_owned(),
        settings
            .no_native_diff()
            .unwrap_or("on, but whole trees are compared when a hard-linked lower file is touched")
            .to_owned(),
    ));
    facts
}
