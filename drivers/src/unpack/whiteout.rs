//! Whiteouts: how a layer deletes (OCI image spec, layer.md).
//!
//! `.wh.NAME` deletes NAME of the layers below, `.wh..wh..opq` all that its directory has there. Neither touches what the
//! same archive holds, wherever in the archive it stands. Other names that start with `.wh..wh.` are AUFS' own and mean
//! nothing here.

use std::rc::Rc;

use rustix::fs::{AtFlags, FileType, Mode, mknodat, statat, unlinkat};
use rustix::io::Errno;

use super::applier::{Applier, unlink};
use super::dir::{Dir, Lower};
use super::entry::shown;
use super::made::Made;
use super::names::Names;
use super::path::{join, split};
use super::prune;
use super::stream::bad;
use super::tree::{Found, Missing, needs_below, whiteout};
use crate::error::{Error, Result};

pub(super) const PREFIX: &[u8] = b".wh.";
const OWN_PREFIX: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

impl Applier {
    /// Deals with a whiteout; false if the path is none.
    pub(super) fn whiteout_entry(&mut self, path: &[u8]) -> Result<bool> {
        // A prefix search first: nearly every path has nothing of the kind.
        if !path.windows(PREFIX.len()).any(|part| part == PREFIX) {
            return Ok(false);
        }
        let (parent, name) = split(path);
        if path
            .split(|b| *b == b'/')
            .any(|name| name.starts_with(OWN_PREFIX) && name != OPAQUE)
        {
            return Ok(true);
        }
        if parent
            .split(|b| *b == b'/')
            .any(|name| name.starts_with(PREFIX))
        {
            return Err(bad("it lies inside a whiteout").path(shown(path)));
        }
        if name == OPAQUE {
            self.opaque(parent)?;
            return Ok(true);
        }
        match name.strip_prefix(PREFIX) {
            None => Ok(false),
            Some(b"" | b"." | b"..") => {
                Err(bad("it is a whiteout of nothing that can be deleted").path(shown(path)))
            }
            Some(hidden) => {
                self.hide(parent, hidden)?;
                Ok(true)
            }
        }
    }

    fn hide(&mut self, parent: &[u8], name: &[u8]) -> Result<()> {
        if self.made.is_none() {
            return Ok(());
        }
        let dir = match self.tree.find(parent, Missing::Leave)? {
            Found::Here(dir) => dir,
            Found::Below(lower) => {
                if !exists(&lower, name) {
                    return Ok(());
                }
                self.tree.make(parent)?
            }
            Found::Absent if self.unknown => return Err(needs_below(parent)),
            Found::Absent => return Ok(()),
        };
        if self.unknown && self.overlay.is_none() {
            return Err(needs_below(&join(&dir.path, name)));
        }
        let below = self.unknown
            || dir
                .lower
                .borrow()
                .as_ref()
                .is_some_and(|lower| exists(lower, name));
        match statat(&*dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) if below => self.place_whiteout(&dir, name),
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(Error::io("look at", shown(&join(&dir.path, name)), errno)),
            Ok(stat) if self.overlay.is_some() && whiteout(&stat) => Ok(()),
            Ok(stat) => {
                let is_dir = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
                self.hide_present(&dir, name, is_dir, below)
            }
        }
    }

    /// Hides what is below a name that the stage has something under, and removes that unless the archive made it.
    fn hide_present(
        &mut self,
        dir: &Rc<Dir>,
        name: &[u8],
        is_dir: bool,
        below: bool,
    ) -> Result<()> {
        let ours = self
            .made
            .as_ref()
            .is_some_and(|made| made.contains(dir.id, name));
        if is_dir {
            let path = join(&dir.path, name);
            let Found::Here(inner) = self.tree.find(&path, Missing::Leave)? else {
                return Ok(());
            };
            let made = self.made.take().unwrap_or_default();
            let kept = prune::others(&mut self.tree, &inner, &made);
            self.made = Some(made);
            if kept? || ours {
                if !ours {
                    self.tree.reset(&inner)?;
                }
                if below && self.tree.cover(dir, name, &inner)? {
                    self.applied.opaques += 1;
                }
                self.applied.whiteouts += 1;
                return Ok(());
            }
            dir.touched.set(true);
            unlinkat(&**dir, name, AtFlags::REMOVEDIR)
                .map_err(|e| Error::io("remove", shown(&path), e))?;
            self.tree.open.forget_paths();
        } else if ours {
            return Ok(());
        } else {
            unlink(dir, name)?;
            self.tree.open.forget_paths();
        }
        if below && self.overlay.is_some() {
            self.place_whiteout(dir, name)
        } else {
            self.applied.whiteouts += 1;
            Ok(())
        }
    }

    fn place_whiteout(&mut self, dir: &Dir, name: &[u8]) -> Result<()> {
        dir.touched.set(true);
        mknodat(dir, name, FileType::CharacterDevice, Mode::empty(), 0)
            .map_err(|e| Error::io("make the whiteout", shown(&join(&dir.path, name)), e))?;
        self.applied.whiteouts += 1;
        Ok(())
    }

    fn opaque(&mut self, path: &[u8]) -> Result<()> {
        let Some(made) = self.made.take() else {
            return Ok(());
        };
        let outcome = self.opaque_given(path, &made);
        self.made = Some(made);
        outcome
    }

    fn opaque_given(&mut self, path: &[u8], made: &Made) -> Result<()> {
        let dir = match self.tree.find(path, Missing::Leave)? {
            Found::Here(dir) => dir,
            Found::Below(_) => self.tree.make(path)?,
            Found::Absent if self.unknown => return Err(needs_below(path)),
            Found::Absent => return Ok(()),
        };
        if self.unknown && (self.overlay.is_none() || dir.path.is_empty()) {
            return Err(needs_below(path));
        }
        prune::others(&mut self.tree, &dir, made)?;
        self.applied.opaques += 1;
        let lower = dir.lower.borrow().clone();
        if dir.path.is_empty() {
            // Overlay does not look for the mark on the root of a layer.
            return lower.map_or(Ok(()), |lower| self.hide_all(&dir, &lower));
        }
        let (parent, name) = split(&dir.path);
        if let Found::Here(parent) = self.tree.find(parent, Missing::Leave)? {
            self.tree.cover(&parent, name, &dir)?;
        }
        Ok(())
    }

    /// Hides every name of a directory below, one by one.
    fn hide_all(&mut self, dir: &Rc<Dir>, lower: &Lower) -> Result<()> {
        let mut names = Names::of(&lower.fd, &lower.path)?;
        while let Some(some) = names.next(&lower.path)? {
            for name in some {
                self.hide_one(dir, name.to_bytes())?;
            }
        }
        Ok(())
    }

    /// Hides what is below a name of the root, unless the stage has a file there, which hides it already.
    fn hide_one(&mut self, root: &Rc<Dir>, name: &[u8]) -> Result<()> {
        match statat(&**root, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => self.place_whiteout(root, name),
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                if let Found::Here(inner) = self.tree.find(name, Missing::Leave)? {
                    self.tree.cover(root, name, &inner)?;
                }
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(errno) => Err(Error::io("look at", shown(name), errno)),
        }
    }
}

fn exists(lower: &Lower, name: &[u8]) -> bool {
    statat(&lower.fd, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
}
