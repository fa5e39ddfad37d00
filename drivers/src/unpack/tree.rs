//! The stage as a tree of directories: finds the parent of an entry, makes what is missing, and keeps the directories in
//! use open.
//!
//! Every step is one name looked up in one open directory, without following anything ([`dir::open`]). Symbolic links
//! among parents are expanded here, with the stage as their root, just as RESOLVE_IN_ROOT would: it cannot be left to the
//! kernel, because a link may lie below (overlay) and lead to a directory that is only in the stage, or the reverse.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, mkdirat, readlinkat, statat};
use rustix::io::Errno;

use super::dir::{self, Dir, Inherits, Lower};
use super::entry::shown;
use super::meta::Owners;
use super::open::Open;
use super::path::{join, split};
use super::stream::bad;
use super::whiteout::PREFIX as WHITEOUT;
use super::{Below, Stage, acl, copy_up, names};
use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// As the kernel has it.
const LINKS_MAX: u32 = 40;
/// Names looked up for one path, those that links add included: links may not multiply work without end.
const STEPS_MAX: u32 = 4096;
/// Directories inside one another: far more than any image has, and few enough that whatever removes them, one open
/// directory a level, keeps within the usual limit of 1024 descriptors.
const DEPTH_MAX: usize = 512;
/// Missing parents are made with this mode, and at this time: equal archives give equal trees.
pub(super) const IMPLIED_MODE: u32 = 0o755;
pub(super) const IMPLIED_TIME: (i64, u32) = (0, 0);

/// What a path leads to.
pub(super) enum Found {
    /// No directory.
    Absent,
    /// A directory below that the stage has no directory for yet.
    Below(Rc<Lower>),
    /// A directory of the stage.
    Here(Rc<Dir>),
}

/// What one lookup may still do.
struct Effort {
    links: u32,
    steps: u32,
}

/// Whether missing directories are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Make,
    Leave,
}

/// See the module text.
pub(super) struct Tree {
    pub(super) root: Rc<Dir>,
    pub(super) owners: Owners,
    /// Content below is unknown: nothing may be implied.
    unknown: bool,
    overlay: Option<&'static str>,
    pub(super) open: Open,
}

impl Tree {
    pub(super) fn open(stage: &Stage) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, &stage.dir, flags, Mode::empty())
            .attempt("open the stage", &stage.dir)?;
        let lower = match &stage.below {
            Below::Apart(view) => Some(Rc::new(Lower {
                fd: rustix::fs::openat(CWD, view.path(), flags, Mode::empty())
                    .attempt("open the content below", view.path())?,
                path: Vec::new(),
            })),
            Below::Nothing | Below::Merged | Below::Unknown => None,
        };
        let owners = Owners::of(stage)?;
        let root = Rc::new(looked_at(fd, Vec::new(), lower, &owners)?);
        // A fresh upper directory shows the attributes of the root below until an entry describes it.
        if let Some(lower) = &*root.lower.borrow()
            && names::is_empty(&root, b"")?
        {
            let stat = copy_up::attributes(&lower.fd, &root, owners.keep, b"")?;
            root.set_times(dir::times_of(&stat));
            root.inherits
                .set(inherits(&root.fd, stat.st_mode, stat.st_gid, &owners));
        }
        Ok(Self {
            owners,
            unknown: matches!(stage.below, Below::Unknown),
            overlay: stage.overlay(),
            open: Open::new(&root),
            root,
        })
    }

    /// The directory at a clean path.
    pub(super) fn find(&mut self, path: &[u8], missing: Missing) -> Result<Found> {
        let mut effort = Effort {
            links: LINKS_MAX,
            steps: STEPS_MAX,
        };
        self.walk(path, missing, &mut effort)
    }

    /// The directory at a clean path, with whatever is missing made.
    pub(super) fn make(&mut self, path: &[u8]) -> Result<Rc<Dir>> {
        match self.find(path, Missing::Make)? {
            Found::Here(dir) => {
                dir.touched.set(true);
                Ok(dir)
            }
            Found::Below(_) | Found::Absent => Err(not_a_directory(path)),
        }
    }

    fn walk(&mut self, path: &[u8], missing: Missing, effort: &mut Effort) -> Result<Found> {
        // From the longest part of the path that is already open.
        let mut known = path;
        let mut at = loop {
            if known.is_empty() {
                break Found::Here(Rc::clone(&self.root));
            }
            if let Some(dir) = self.open.remembered(known) {
                break Found::Here(dir);
            }
            known = split(known).0;
        };
        let mut done = known.len();
        while done < path.len() {
            let start = if done == 0 { 0 } else { done + 1 };
            let end = path[start..]
                .iter()
                .position(|b| *b == b'/')
                .map_or(path.len(), |length| start + length);
            at = self.step(at, &path[start..end], missing, effort)?;
            if let Found::Here(dir) = &at {
                self.open.remember(&path[..end], dir);
            }
            done = end;
        }
        Ok(at)
    }

    fn step(
        &mut self,
        at: Found,
        name: &[u8],
        missing: Missing,
        effort: &mut Effort,
    ) -> Result<Found> {
        effort.steps = effort
            .steps
            .checked_sub(1)
            .ok_or_else(|| bad("symbolic links lead too far").path(shown(name)))?;
        match at {
            Found::Absent => Ok(Found::Absent),
            Found::Here(dir) => self.step_here(&dir, name, missing, effort),
            Found::Below(lower) => match dir::open(lower.fd.as_fd(), name) {
                Ok(fd) => Ok(Found::Below(Rc::new(Lower {
                    fd,
                    path: join(&lower.path, name),
                }))),
                Err(Errno::NOENT) => Ok(Found::Absent),
                Err(Errno::LOOP | Errno::NOTDIR) => {
                    let parent = lower.path.clone();
                    match readlinkat(&lower.fd, name, Vec::new()) {
                        Ok(target) => self.follow(&parent, target.to_bytes(), missing, effort),
                        Err(_) => Ok(Found::Absent),
                    }
                }
                Err(errno) => Err(Error::io("open", shown(&join(&lower.path, name)), errno)),
            },
        }
    }

    fn step_here(
        &mut self,
        dir: &Rc<Dir>,
        name: &[u8],
        missing: Missing,
        effort: &mut Effort,
    ) -> Result<Found> {
        let path = join(&dir.path, name);
        match dir::open(dir.as_fd(), name) {
            Ok(fd) => {
                let lower = self.lower_of(dir, &fd, name, &path)?;
                return self
                    .open
                    .adopt(looked_at(fd, path, lower, &self.owners)?)
                    .map(Found::Here);
            }
            Err(Errno::NOENT) => {}
            Err(Errno::LOOP | Errno::NOTDIR) => {
                if let Ok(target) = readlinkat(dir, name, Vec::new()) {
                    return self.follow(&dir.path, target.to_bytes(), missing, effort);
                }
                let hidden = self.overlay.is_some() && is_whiteout(dir, name, &path)?;
                return match missing {
                    Missing::Leave => Ok(Found::Absent),
                    Missing::Make if hidden => {
                        self.replace_whiteout(dir, name, path).map(Found::Here)
                    }
                    Missing::Make => Err(not_a_directory(&path)),
                };
            }
            Err(Errno::XDEV) => {
                return Err(Error::new(ErrorKind::InUse, "unpack into")
                    .path(shown(&path))
                    .because("something is mounted there"));
            }
            Err(errno) => return Err(Error::io("open", shown(&path), errno)),
        }
        // Not in the stage: below, perhaps.
        let lower = dir.lower.borrow().clone();
        if let Some(lower) = lower {
            match dir::open(lower.fd.as_fd(), name) {
                Ok(fd) => {
                    let found = Rc::new(Lower {
                        fd,
                        path: path.clone(),
                    });
                    return match missing {
                        Missing::Leave => Ok(Found::Below(found)),
                        Missing::Make => self.imply(dir, name, path, Some(found)).map(Found::Here),
                    };
                }
                Err(Errno::NOENT) => {}
                Err(Errno::LOOP | Errno::NOTDIR) => {
                    return match readlinkat(&lower.fd, name, Vec::new()) {
                        Ok(target) => self.follow(&dir.path, target.to_bytes(), missing, effort),
                        Err(_) if missing == Missing::Leave => Ok(Found::Absent),
                        Err(_) => Err(not_a_directory(&path)),
                    };
                }
                Err(errno) => return Err(Error::io("open below", shown(&path), errno)),
            }
        }
        match missing {
            Missing::Leave => Ok(Found::Absent),
            Missing::Make if self.unknown => Err(needs_below(&path)),
            Missing::Make => self.imply(dir, name, path, None).map(Found::Here),
        }
    }

    /// Goes where a symbolic link in the directory `parent` leads.
    fn follow(
        &mut self,
        parent: &[u8],
        target: &[u8],
        missing: Missing,
        effort: &mut Effort,
    ) -> Result<Found> {
        effort.links = effort
            .links
            .checked_sub(1)
            .ok_or_else(|| bad("too many symbolic links").path(shown(parent)))?;
        let start = if target.starts_with(b"/") {
            b""
        } else {
            parent
        };
        let mut at = self.walk(start, missing, effort)?;
        for name in target.split(|b| *b == b'/') {
            at = match name {
                b"" | b"." => at,
                b".." => {
                    let above = match &at {
                        Found::Absent => return Ok(Found::Absent),
                        Found::Here(dir) => split(&dir.path).0.to_vec(),
                        Found::Below(lower) => split(&lower.path).0.to_vec(),
                    };
                    self.walk(&above, missing, effort)?
                }
                name if name.len() > 255 => return Err(bad("a name is longer than 255 bytes")),
                name => self.step(at, name, missing, effort)?,
            };
        }
        Ok(at)
    }

    /// The directory below that a directory of the stage is merged with.
    fn lower_of(
        &self,
        parent: &Dir,
        fd: &OwnedFd,
        name: &[u8],
        path: &[u8],
    ) -> Result<Option<Rc<Lower>>> {
        let parent = parent.lower.borrow();
        let (Some(lower), Some(prefix)) = (&*parent, self.overlay) else {
            return Ok(None);
        };
        let mut value = [0_u8; 1];
        match rustix::fs::fgetxattr(fd, format!("{prefix}opaque"), &mut value[..]) {
            Ok(_) if value == *b"y" => return Ok(None),
            Ok(_) | Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            Err(errno) => return Err(Error::io("look at", shown(path), errno)),
        }
        match dir::open(lower.fd.as_fd(), name) {
            Ok(fd) => Ok(Some(Rc::new(Lower {
                fd,
                path: path.to_vec(),
            }))),
            Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(Error::io("open below", shown(path), errno)),
        }
    }

    /// Makes a directory that the archive only implies: like the one below, or with plain attributes.
    fn imply(
        &mut self,
        parent: &Rc<Dir>,
        name: &[u8],
        path: Vec<u8>,
        lower: Option<Rc<Lower>>,
    ) -> Result<Rc<Dir>> {
        let dir = self.mkdir(parent, name, path, IMPLIED_MODE)?;
        match lower {
            Some(lower) => {
                let stat = copy_up::attributes(&lower.fd, &dir, self.owners.keep, &dir.path)?;
                dir.set_times(dir::times_of(&stat));
                dir.inherits
                    .set(inherits(&dir.fd, stat.st_mode, stat.st_gid, &self.owners));
                *dir.lower.borrow_mut() = Some(lower);
            }
            None => self.reset(&dir)?,
        }
        Ok(dir)
    }

    /// Gives a directory the attributes of one that is only implied.
    pub(super) fn reset(&self, dir: &Dir) -> Result<()> {
        self.owners
            .plain(dir, IMPLIED_MODE)
            .map_err(|e| Error::io("set the attributes of", shown(&dir.path), e))?;
        dir.set_times(dir::times(IMPLIED_TIME));
        dir.inherits.set(Inherits {
            group: self.owners.gid != 0,
            acl: false,
        });
        Ok(())
    }

    /// Makes and opens a directory; merged with nothing.
    pub(super) fn mkdir(
        &mut self,
        parent: &Rc<Dir>,
        name: &[u8],
        path: Vec<u8>,
        mode: u32,
    ) -> Result<Rc<Dir>> {
        if path.iter().filter(|b| **b == b'/').count() >= DEPTH_MAX {
            return Err(
                bad(format!("it is deeper than {DEPTH_MAX} directories")).path(shown(&path))
            );
        }
        // Only a symbolic link can lead here. Exported, such a directory would delete what it is called after, and on
        // fuse-overlayfs it does so at once.
        if name.starts_with(WHITEOUT) {
            return Err(bad("a link leads into a whiteout").path(shown(&path)));
        }
        parent.touched.set(true);
        mkdirat(parent, name, Mode::from_raw_mode(mode & 0o777))
            .map_err(|e| Error::io("make the directory", shown(&path), e))?;
        let fd = dir::open(parent.as_fd(), name).map_err(|e| Error::io("open", shown(&path), e))?;
        let stat = fstat(&fd).map_err(|e| Error::io("look at", shown(&path), e))?;
        let dir = Dir {
            fd,
            id: dir::id(&stat),
            path,
            lower: None.into(),
            inherits: parent.inherits.clone(),
            times: dir::times_of(&stat).into(),
            touched: true.into(),
        };
        self.open.adopt(dir)
    }

    /// In place of a whiteout of the same archive: a directory that shows nothing of what is below.
    fn replace_whiteout(
        &mut self,
        parent: &Rc<Dir>,
        name: &[u8],
        path: Vec<u8>,
    ) -> Result<Rc<Dir>> {
        rustix::fs::unlinkat(parent, name, AtFlags::empty())
            .map_err(|e| Error::io("replace", shown(&path), e))?;
        let dir = self.imply(parent, name, path, None)?;
        self.cover(parent, name, &dir)?;
        Ok(dir)
    }

    /// A directory just made is merged with the one below, if there is one.
    pub(super) fn merge_lower(&self, parent: &Dir, name: &[u8], dir: &Dir) -> Result<()> {
        let lower = self.lower_of(parent, &dir.fd, name, &dir.path)?;
        *dir.lower.borrow_mut() = lower;
        Ok(())
    }

    /// A directory that something else has opened.
    pub(super) fn look_at(&self, fd: OwnedFd, path: Vec<u8>) -> Result<Dir> {
        looked_at(fd, path, None, &self.owners)
    }

    /// Makes a directory opaque if there is a directory below it. Says whether it did.
    pub(super) fn cover(&mut self, parent: &Dir, name: &[u8], dir: &Rc<Dir>) -> Result<bool> {
        let Some(prefix) = self.overlay else {
            return Ok(false);
        };
        let there = self.unknown
            || parent.lower.borrow().as_ref().is_some_and(|lower| {
                statat(&lower.fd, name, AtFlags::SYMLINK_NOFOLLOW)
                    .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
            });
        if there {
            rustix::fs::fsetxattr(
                dir,
                format!("{prefix}opaque"),
                b"y",
                rustix::fs::XattrFlags::empty(),
            )
            .map_err(|e| Error::io("make opaque", shown(&dir.path), e))?;
            self.uncover(dir);
        }
        Ok(there)
    }

    /// Forgets what is below a directory, and below all that is in it.
    pub(super) fn uncover(&mut self, dir: &Dir) {
        *dir.lower.borrow_mut() = None;
        let inside = [&dir.path[..], b"/"].concat();
        for other in self.open.dirs().filter(|dir| dir.path.starts_with(&inside)) {
            *other.lower.borrow_mut() = None;
        }
    }
}

fn looked_at(fd: OwnedFd, path: Vec<u8>, lower: Option<Rc<Lower>>, owners: &Owners) -> Result<Dir> {
    let stat = fstat(&fd).map_err(|e| Error::io("look at", shown(&path), e))?;
    let inherits = inherits(&fd, stat.st_mode, stat.st_gid, owners);
    Ok(Dir {
        fd,
        id: dir::id(&stat),
        path,
        lower: lower.into(),
        inherits: inherits.into(),
        times: dir::times_of(&stat).into(),
        touched: false.into(),
    })
}

/// What new files take from a directory with these attributes.
pub(super) fn inherits(fd: &OwnedFd, mode: u32, gid: u32, owners: &Owners) -> Inherits {
    Inherits {
        group: mode & 0o2000 != 0 || gid != owners.gid,
        acl: rustix::fs::fgetxattr_query(fd, acl::DEFAULT).is_ok(),
    }
}

/// Whether a name of the stage is an overlay whiteout.
pub(super) fn is_whiteout(dir: &Dir, name: &[u8], path: &[u8]) -> Result<bool> {
    let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|e| Error::io("look at", shown(path), e))?;
    Ok(whiteout(&stat))
}

/// Whether this is an overlay whiteout: the character device 0/0.
pub(super) fn whiteout(stat: &rustix::fs::Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

fn not_a_directory(path: &[u8]) -> Error {
    Error::new(ErrorKind::BadInput, "unpack into")
        .path(shown(path))
        .because("it is not a directory")
}

/// The archive cannot be applied before what is below it.
pub(super) fn needs_below(path: &[u8]) -> Error {
    Error::new(ErrorKind::Unsupported, "unpack into")
        .path(shown(path))
        .because("what the layer does here depends on the layers below, which are not there yet")
        .hint("apply the layers in order")
}
