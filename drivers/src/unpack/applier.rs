//! Takes the entries of an archive in turn and makes them in the stage.

use std::rc::Rc;

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, ftruncate, linkat, makedev, mknodat, openat, statat,
    symlinkat, unlinkat,
};
use rustix::io::Errno;

use super::companions::Companions;
use super::dir::Dir;
use super::entry::{Entry, Members, about, shown};
use super::header::Kind;
use super::made::Made;
use super::path::{clean, join, split};
use super::stream::bad;
use super::tree::{Found, Missing, Tree, needs_below, whiteout};
use super::{Applied, Below, Stage, copy_up, meta, names, prune};
use crate::error::{Error, ErrorKind, Result};

/// The state of one `apply`.
pub(super) struct Applier {
    pub(super) tree: Tree,
    pub(super) applied: Applied,
    /// Names that entries of this archive have made, by directory: what whiteouts must not touch. `None` when there is
    /// nothing else that they could touch.
    pub(super) made: Option<Made>,
    /// The xattr prefix of an overlay.
    pub(super) overlay: Option<&'static str>,
    /// What is below is unknown.
    pub(super) unknown: bool,
    /// Files below that the archive links to.
    companions: Companions,
}

/// Applies every entry.
pub(super) fn run(stage: &Stage, members: &mut Members<'_>) -> Result<Applied> {
    let tree = Tree::open(stage)?;
    let lowest = matches!(stage.below, Below::Nothing) && names::is_empty(&tree.root, b"")?;
    let mut applier = Applier {
        tree,
        applied: Applied::default(),
        made: (!lowest).then(Made::default),
        overlay: stage.overlay(),
        unknown: matches!(stage.below, Below::Unknown),
        companions: Companions::default(),
    };
    let mut entry = Entry::new();
    let mut path = Vec::new();
    while members.next(&mut entry)? {
        clean(&entry.path, &mut path).map_err(|e| about(&entry.path, e))?;
        applier.entry(&mut entry, &path, members)?;
    }
    std::mem::take(&mut applier.companions).complete(&mut applier.tree)?;
    applier.tree.open.finish()?;
    members.stream.drain()?;
    applier.applied.entries = members.count;
    Ok(applier.applied)
}

impl Applier {
    fn entry(&mut self, entry: &mut Entry, path: &[u8], members: &mut Members<'_>) -> Result<()> {
        if self.whiteout_entry(path)? {
            return Ok(());
        }
        if self.overlay.is_some()
            && let Some((name, _)) = entry
                .xattrs
                .iter()
                .find(|(name, _)| meta::overlay_own(name))
        {
            return Err(bad(format!(
                "{} would steer the overlay that the layer becomes part of",
                shown(name)
            ))
            .path(shown(path)));
        }
        let (parent, name) = split(path);
        if name.is_empty() {
            return self.root(entry);
        }
        if entry.kind == Kind::HardLink {
            // Before the parent is made: a link to itself must find what is there.
            return self.hard_link(entry, path);
        }
        let dir = self.tree.make(parent).map_err(|e| about(path, e))?;
        match entry.kind {
            Kind::Directory => return self.directory(entry, &dir, name, path),
            Kind::File => self.file(entry, &dir, name, members)?,
            Kind::Symlink => {
                if entry.link.is_empty() {
                    return Err(bad("a symbolic link leads nowhere").path(shown(path)));
                }
                self.create(&dir, name, || symlinkat(&entry.link[..], &dir, name))
                    .map_err(|e| link_error(e, path))?;
                let owners = self.tree.owners;
                meta::new_node(&dir, name, entry, false, &owners, &mut self.applied)?;
            }
            Kind::Char | Kind::Block | Kind::Fifo => self.node(entry, &dir, name)?,
            Kind::HardLink => {}
        }
        self.note(&dir, name);
        Ok(())
    }

    fn note(&mut self, dir: &Dir, name: &[u8]) {
        if let Some(made) = &mut self.made {
            made.add(dir.id, name);
        }
    }

    fn root(&mut self, entry: &Entry) -> Result<()> {
        if entry.kind != Kind::Directory {
            return Err(bad("the root is not a directory").path(shown(&entry.path)));
        }
        let (root, owners) = (Rc::clone(&self.tree.root), self.tree.owners);
        meta::directory(&root, entry, false, &owners, &mut self.applied)
    }

    /// Makes a thing that must not be there yet; what is there is removed.
    fn create<T>(
        &mut self,
        dir: &Rc<Dir>,
        name: &[u8],
        make: impl Fn() -> Result<T, Errno>,
    ) -> Result<T> {
        let made = match make() {
            Err(Errno::EXIST) => {
                prune::clear(&mut self.tree, dir, name)?;
                make()
            }
            outcome => outcome,
        };
        made.map_err(|errno| Error::io("make", shown(&join(&dir.path, name)), errno))
    }

    fn file(
        &mut self,
        entry: &mut Entry,
        dir: &Rc<Dir>,
        name: &[u8],
        members: &mut Members<'_>,
    ) -> Result<()> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(entry.mode & 0o777);
        let fd = self.create(dir, name, || openat(dir, name, flags, mode))?;
        let fail = |errno: Errno| Error::io("write", shown(&entry.path), errno);
        if let Some(extents) = entry.extents.take() {
            ftruncate(&fd, entry.size).map_err(fail)?;
            for (offset, length) in extents {
                let (mut at, end) = (offset, offset + length);
                while at < end {
                    let chunk = members.content(end - at)?;
                    let mut left = chunk;
                    while !left.is_empty() {
                        let n = rustix::io::pwrite(&fd, left, at).map_err(fail)?;
                        left = &left[n..];
                        at += n as u64;
                    }
                    self.applied.bytes += chunk.len() as u64;
                }
            }
        } else {
            let mut rest = entry.size;
            while rest > 0 {
                let mut chunk = members.content(rest)?;
                rest -= chunk.len() as u64;
                while !chunk.is_empty() {
                    let n = rustix::io::write(&fd, chunk).map_err(fail)?;
                    chunk = &chunk[n..];
                }
            }
            self.applied.bytes += entry.size;
        }
        let owners = self.tree.owners;
        meta::new_file(&fd, entry, dir.inherits.get(), &owners, &mut self.applied)
    }

    fn node(&mut self, entry: &Entry, dir: &Rc<Dir>, name: &[u8]) -> Result<()> {
        let (kind, (major, minor)) = match entry.kind {
            Kind::Char => (FileType::CharacterDevice, entry.device),
            Kind::Block => (FileType::BlockDevice, entry.device),
            _ => (FileType::Fifo, (0, 0)),
        };
        if self.overlay.is_some() && entry.kind == Kind::Char && entry.device == (0, 0) {
            return Err(bad("the character device 0/0 is how an overlay spells a deletion: it cannot be stored there")
                .path(shown(&entry.path)));
        }
        let mode = Mode::from_raw_mode(entry.mode & 0o777);
        let device = makedev(major, minor);
        let outcome = self.create(dir, name, || mknodat(dir, name, kind, mode, device));
        match outcome {
            Err(e)
                if e.kind() == ErrorKind::PermissionDenied
                    && self.tree.owners.lenient
                    && kind != FileType::Fifo =>
            {
                // A user namespace has no devices; containers get theirs from the runtime.
                self.applied.devices_dropped += 1;
                return Ok(());
            }
            // xfs has 9 bits of major and 18 bits of minor number.
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {
                return Err(e.with_kind(ErrorKind::Unsupported).because(format!(
                    "the filesystem cannot store the device {major}:{minor}"
                )));
            }
            other => other?,
        }
        let owners = self.tree.owners;
        meta::new_node(dir, name, entry, true, &owners, &mut self.applied)
    }

    fn directory(
        &mut self,
        entry: &Entry,
        parent: &Rc<Dir>,
        name: &[u8],
        path: &[u8],
    ) -> Result<()> {
        let owners = self.tree.owners;
        let canonical = join(&parent.path, name);
        let (dir, new) = match self.tree.mkdir(parent, name, canonical.clone(), entry.mode) {
            Ok(dir) => {
                self.tree.merge_lower(parent, name, &dir)?;
                (dir, true)
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_err(|e| Error::io("look at", shown(path), e))?;
                if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                    let dir = self.tree.make(&canonical)?;
                    (dir, false)
                } else {
                    prune::clear(&mut self.tree, parent, name)?;
                    let dir = self.tree.mkdir(parent, name, canonical, entry.mode)?;
                    self.tree.cover(parent, name, &dir)?;
                    (dir, true)
                }
            }
            Err(e) => return Err(e),
        };
        meta::directory(&dir, entry, new, &owners, &mut self.applied)?;
        self.tree.open.remember(path, &dir);
        self.note(parent, name);
        Ok(())
    }

    fn hard_link(&mut self, entry: &Entry, path: &[u8]) -> Result<()> {
        let fail = |reason: &str| {
            Err(bad(format!(
                "it is a hard link to {}, {reason}",
                shown(&entry.link)
            ))
            .path(shown(path)))
        };
        let mut target = Vec::new();
        clean(&entry.link, &mut target).map_err(|e| about(path, e))?;
        let (target_parent, target_name) = split(&target);
        if target_name.is_empty() {
            return fail("which is the root");
        }
        if target_name.starts_with(b".wh.") {
            return fail("which no file of a layer can be called");
        }
        let from = match self.tree.find(target_parent, Missing::Leave)? {
            Found::Here(from) => from,
            Found::Below(lower) => {
                if statat(&lower.fd, target_name, AtFlags::SYMLINK_NOFOLLOW).is_err() {
                    return fail("which does not exist");
                }
                self.tree.make(target_parent)?
            }
            Found::Absent if self.unknown => return Err(needs_below(&target)),
            Found::Absent => return fail("which does not exist"),
        };
        match statat(&*from, target_name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if whiteout(&stat) && self.overlay.is_some() => {
                return fail("which the archive deletes");
            }
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                return fail("which is a directory");
            }
            Ok(_) => {}
            Err(Errno::NOENT) => {
                let lower = from.lower.borrow().clone();
                match lower {
                    Some(lower)
                        if statat(&lower.fd, target_name, AtFlags::SYMLINK_NOFOLLOW).is_ok() =>
                    {
                        copy_up::file(&lower, &from, target_name, self.tree.owners.keep)?;
                        self.companions.raised(&lower, &from, target_name)?;
                    }
                    None if self.unknown => return Err(needs_below(&target)),
                    _ => return fail("which does not exist"),
                }
            }
            Err(errno) => return Err(Error::io("look at", shown(&target), errno)),
        }
        let (parent, name) = split(path);
        let dir = self.tree.make(parent).map_err(|e| about(path, e))?;
        if dir.id == from.id && name == target_name {
            // A link to itself: there, and now of this archive too.
            self.note(&dir, name);
            return Ok(());
        }
        let made = self.create(&dir, name, || {
            linkat(&*from, target_name, &*dir, name, AtFlags::empty())
        });
        match made {
            // It went with the directory that this link replaces.
            Err(e) if e.kind() == ErrorKind::NotFound => return fail("which does not exist"),
            other => other?,
        }
        self.companions.linked(&dir, name)?;
        self.note(&dir, name);
        Ok(())
    }
}

/// What the kernel says of link targets that no link can have.
fn link_error(error: Error, path: &[u8]) -> Error {
    match error.raw_os_error() {
        Some(libc::ENAMETOOLONG) => {
            bad("the target of a symbolic link is too long").path(shown(path))
        }
        _ => error,
    }
}

/// Removes a name that is not a directory.
pub(super) fn unlink(dir: &Dir, name: &[u8]) -> Result<()> {
    dir.touched.set(true);
    unlinkat(dir, name, AtFlags::empty())
        .map_err(|e| Error::io("remove", shown(&join(&dir.path, name)), e))
}
