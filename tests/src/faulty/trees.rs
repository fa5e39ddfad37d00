//! What becomes of content in the hands of a faulty driver: each function spoils the tree of one directory, and leaves
//! all else in it (the times of directories, too) as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata, Permissions};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use drivers::Result;
use drivers::error::Attempt as _;
use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags, chownat, lsetxattr,
    mknodat, utimensat,
};

use crate::faults::Fault;
use crate::oracle::archive::Entry;
use crate::oracle::live::place;
use crate::oracle::seen;

use rustix::io::Errno;

use super::archives;

/// Files longer than this are cut by [`Fault::CopiesCut`].
const SHORT: u64 = 64 << 10;

/// Everything below a directory, itself included, parents first.
fn walk(dir: &Path) -> Result<Vec<(PathBuf, Metadata)>> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(path) = todo.pop() {
        let meta = match fs::symlink_metadata(&path) {
            // Deeper than this way of walking leads; no fault is about that.
            Err(error) if error.raw_os_error() == Some(Errno::NAMETOOLONG.raw_os_error()) => {
                continue;
            }
            outcome => outcome.attempt("stat", &path)?,
        };
        if meta.is_dir() {
            for entry in fs::read_dir(&path).attempt("list", &path)? {
                todo.push(entry.attempt("list", &path)?.path());
            }
        }
        found.push((path, meta));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Makes `dir`, a copy, what a driver with this fault would have made.
pub(super) fn copied(fault: Fault, dir: &Path) -> Result<()> {
    let mut met = BTreeSet::new();
    let mut known = BTreeMap::new();
    for (path, meta) in walk(dir)? {
        let kind = meta.file_type();
        let linked = !kind.is_dir() && meta.nlink() > 1 && !met.insert((meta.dev(), meta.ino()));
        match fault {
            Fault::CopiesLoseXattrs | Fault::CopiesLoseAcls | Fault::CopiesKeepOnlyCapabilities => {
                let lost = |name: &&Vec<u8>| match fault {
                    Fault::CopiesLoseAcls => name.starts_with(b"system.posix_acl"),
                    Fault::CopiesKeepOnlyCapabilities => *name != b"security.capability",
                    _ => true,
                };
                for name in seen::xattrs(&path)?.keys().filter(lost) {
                    rustix::fs::lremovexattr(&path, &name[..]).attempt("spoil", &path)?;
                }
            }
            Fault::CopiesTurnSocketsToFifos if kind.is_socket() => {
                replace(&path, &meta, || node(&path, FileType::Fifo, &meta))?;
            }
            Fault::CopiesSplitSpecialLinks if linked && kind.is_symlink() => {
                let target = fs::read_link(&path).attempt("spoil", &path)?;
                let again = || std::os::unix::fs::symlink(&target, &path).attempt("spoil", &path);
                replace(&path, &meta, again)?;
            }
            Fault::CopiesSplitSpecialLinks if linked && !kind.is_file() => {
                let kind = FileType::from_raw_mode(meta.mode());
                replace(&path, &meta, || node(&path, kind, &meta))?;
            }
            Fault::CopiesSplitLinks if linked && kind.is_file() => {
                let content = fs::read(&path).attempt("spoil", &path)?;
                replace(&path, &meta, || {
                    fs::write(&path, &content).attempt("spoil", &path)
                })?;
            }
            Fault::CopiesJoinEqualFiles if kind.is_file() && meta.len() > 0 => {
                let content = fs::read(&path).attempt("spoil", &path)?;
                let first = known.entry(content).or_insert_with(|| path.clone());
                if *first != path {
                    beside(&path, || {
                        fs::remove_file(&path).attempt("spoil", &path)?;
                        fs::hard_link(&*first, &path).attempt("spoil", &path)
                    })?;
                }
            }
            Fault::CopiesFillHoles if kind.is_file() && meta.blocks() * 512 < meta.len() => {
                let content = fs::read(&path).attempt("spoil", &path)?;
                fs::write(&path, content).attempt("spoil", &path)?;
                times(&path, &meta)?;
            }
            Fault::CopiesCut if kind.is_file() && meta.len() > SHORT => {
                let file = File::options().write(true).open(&path);
                file.and_then(|file| file.set_len(SHORT))
                    .attempt("spoil", &path)?;
                times(&path, &meta)?;
            }
            Fault::CopiesLoseTimes if kind.is_dir() => {
                File::open(&path)
                    .and_then(|dir| dir.set_modified(std::time::SystemTime::now()))
                    .attempt("spoil", &path)?;
            }
            Fault::CopiesLoseSpecialBits if kind.is_file() => {
                mode(&path, meta.mode() & 0o777)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Makes `dir`, about to be mounted again, what a driver with this fault would show.
pub(super) fn remounted(fault: Fault, dir: &Path) -> Result<()> {
    for (path, meta) in walk(dir)? {
        if !meta.is_file() || meta.nlink() > 1 {
            continue;
        }
        if fault == Fault::WrittenTimesLost {
            let file = File::options().append(true).open(&path);
            file.and_then(|file| file.set_modified(std::time::SystemTime::now()))
                .attempt("spoil", &path)?;
            continue;
        }
        let copy = path.with_extension("copied");
        beside(&path, || {
            fs::copy(&path, &copy).attempt("spoil", &path)?;
            for (name, value) in seen::xattrs(&path)? {
                lsetxattr(&copy, &name[..], &value, XattrFlags::empty()).attempt("spoil", &path)?;
            }
            own(&copy, &meta)?;
            times(&copy, &meta)?;
            fs::rename(&copy, &path).attempt("spoil", &path)
        })?;
    }
    Ok(())
}

/// Makes `dir`, about to be committed on `parent`, what a driver with this fault would commit.
pub(super) fn committed(fault: Fault, dir: &Path, parent: Option<&Path>) -> Result<()> {
    if fault == Fault::CommitLosesEmptyDirectories {
        // Children first; a directory that only held empty ones is kept.
        for (path, meta) in walk(dir)?.into_iter().skip(1) {
            let is_empty = || fs::read_dir(&path).is_ok_and(|mut names| names.next().is_none());
            if meta.is_dir() && is_empty() {
                beside(&path, || fs::remove_dir(&path).attempt("spoil", &path))?;
            }
        }
    }
    let Some(parent) = parent else {
        return Ok(());
    };
    match fault {
        Fault::CommitLeavesMarkers => {
            for path in missing(parent, dir)? {
                let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
                    continue;
                };
                let mut marker = std::ffi::OsString::from(".wh.");
                marker.push(name);
                let marker = dir.join(above).join(marker);
                if marker.parent().is_some_and(Path::is_dir) {
                    beside(&marker, || fs::write(&marker, "").attempt("spoil", &marker))?;
                }
            }
        }
        Fault::CommitLosesMetadata => {
            for (path, old) in walk(parent)? {
                let here = inside(dir, parent, &path);
                let new = fs::symlink_metadata(&here);
                if new.is_ok_and(|new| new.file_type() == old.file_type()) {
                    own(&here, &old)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Brings back what `parent` has and `dir` no longer.
pub(super) fn bring_back(parent: &Path, dir: &Path) -> Result<()> {
    for path in missing(parent, dir)? {
        let (from, to) = (parent.join(&path), dir.join(&path));
        if !to.parent().is_some_and(Path::is_dir) {
            continue;
        }
        let meta = fs::symlink_metadata(&from).attempt("stat", &from)?;
        beside(&to, || {
            let kind = meta.file_type();
            if kind.is_dir() {
                fs::create_dir(&to).attempt("spoil", &to)?;
            } else if kind.is_symlink() {
                let target = fs::read_link(&from).attempt("spoil", &from)?;
                std::os::unix::fs::symlink(target, &to).attempt("spoil", &to)?;
            } else if kind.is_file() {
                fs::copy(&from, &to).map(drop).attempt("spoil", &to)?;
            } else {
                node(&to, FileType::from_raw_mode(meta.mode()), &meta)?;
            }
            own(&to, &meta)?;
            times(&to, &meta)
        })?;
    }
    Ok(())
}

/// Does in `dir` what a driver with this fault makes of the markers of an archive.
pub(super) fn marked(fault: Fault, dir: &Path, markers: &[Entry]) -> Result<()> {
    for marker in markers {
        if fault == Fault::MarkersAreFiles {
            let path = place(dir, &marker.path);
            fs::write(&path, "").attempt("spoil", &path)?;
        }
        let Some(gone) = archives::whiteout(marker) else {
            continue;
        };
        let gone = place(dir, gone);
        let (Some(above), Some(name)) = (gone.parent(), gone.file_name()) else {
            continue;
        };
        for (path, _) in walk(dir)? {
            let hidden = match fault {
                Fault::WhiteoutsHideAlikeNames => {
                    let begins = path.file_name().is_some_and(|other| {
                        other
                            .as_encoded_bytes()
                            .starts_with(name.as_encoded_bytes())
                    });
                    begins && path.parent() == Some(above)
                }
                Fault::WhiteoutsHideEverywhere => above == dir && path.file_name() == Some(name),
                _ => false,
            };
            if hidden && path.symlink_metadata().is_ok() {
                beside(&path, || match path.is_dir() {
                    true => drivers::remove::tree(&path),
                    false => fs::remove_file(&path).attempt("spoil", &path),
                })?;
            }
        }
    }
    Ok(())
}

/// The bytes of all names but the first of every file.
pub(super) fn counted_again(dir: &Path) -> Result<u64> {
    let mut met = BTreeSet::new();
    Ok(walk(dir)?
        .iter()
        .filter(|(_, meta)| meta.is_file() && !met.insert((meta.dev(), meta.ino())))
        .map(|(_, meta)| meta.blocks() * 512)
        .sum())
}

/// How many of the paths of `parent` are not in `dir`.
pub(super) fn deletions(parent: &Path, dir: &Path) -> Result<u64> {
    Ok(missing(parent, dir)?.len() as u64)
}

/// Whether both are files, links or directories with one content; all directories count as such.
pub(super) fn same_content(one: &Path, other: &Path) -> bool {
    let body = |path: &Path| {
        let meta = fs::symlink_metadata(path).ok()?;
        let content = if meta.is_file() {
            fs::read(path).ok()?
        } else if meta.is_symlink() {
            fs::read_link(path)
                .ok()?
                .into_os_string()
                .into_encoded_bytes()
        } else {
            Vec::new()
        };
        Some((meta.file_type(), content))
    };
    body(one).is_some_and(|body_of_one| Some(body_of_one) == body(other))
}

/// Gives a root a mode.
pub(super) fn mode(path: &Path, bits: u32) -> Result<()> {
    fs::set_permissions(path, Permissions::from_mode(bits & 0o7777)).attempt("spoil", path)
}

/// What `parent` has and `dir` has not, as relative paths.
fn missing(parent: &Path, dir: &Path) -> Result<Vec<PathBuf>> {
    let all = walk(parent)?.into_iter().skip(1);
    let relative = all.filter_map(|(path, _)| path.strip_prefix(parent).ok().map(PathBuf::from));
    Ok(relative
        .filter(|path| dir.join(path).symlink_metadata().is_err())
        .collect())
}

fn inside(dir: &Path, of: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(of).map_or_else(
        |_| dir.to_owned(),
        |rest| place(dir, rest.as_os_str().as_encoded_bytes()),
    )
}

/// Replaces a path by what `make` makes there, with its owner, mode and times.
fn replace(path: &Path, meta: &Metadata, make: impl FnOnce() -> Result<()>) -> Result<()> {
    beside(path, || {
        fs::remove_file(path).attempt("spoil", path)?;
        make()?;
        own(path, meta)?;
        times(path, meta)
    })
}

/// Changes something in a directory that keeps its time.
fn beside(path: &Path, change: impl FnOnce() -> Result<()>) -> Result<()> {
    let above = path.parent().unwrap_or(path);
    let meta = fs::symlink_metadata(above).attempt("stat", above)?;
    change()?;
    times(above, &meta)
}

fn node(path: &Path, kind: FileType, like: &Metadata) -> Result<()> {
    let bits = Mode::from_raw_mode(like.mode() & 0o7777);
    mknodat(CWD, path, kind, bits, like.rdev()).attempt("spoil", path)
}

fn own(path: &Path, like: &Metadata) -> Result<()> {
    let (user, group) = (Uid::from_raw(like.uid()), Gid::from_raw(like.gid()));
    chownat(
        CWD,
        path,
        Some(user),
        Some(group),
        AtFlags::SYMLINK_NOFOLLOW,
    )
    .attempt("spoil", path)?;
    if like.is_symlink() {
        return Ok(());
    }
    mode(path, like.mode())
}

fn times(path: &Path, like: &Metadata) -> Result<()> {
    let both = Timestamps {
        last_access: Timespec {
            tv_sec: like.atime(),
            tv_nsec: like.atime_nsec(),
        },
        last_modification: Timespec {
            tv_sec: like.mtime(),
            tv_nsec: like.mtime_nsec(),
        },
    };
    utimensat(CWD, path, &both, AtFlags::SYMLINK_NOFOLLOW).attempt("spoil", path)
}
