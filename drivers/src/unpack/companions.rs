//! A hard link of the archive to a file below makes that file the layer's own, in an overlay. Its other names below would
//! stay with the old file, though the archive says nothing of a parting: they are made links of the layer, too.

use std::collections::HashMap;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::rc::Rc;

use rustix::fs::{AtFlags, linkat, statat};
use rustix::io::Errno;

use super::dir::{Dir, Id, Lower, id};
use super::entry::shown;
use super::path::join;
use super::tree::{Found, Missing, Tree};
use crate::error::{Error, Result};
use crate::tree::at;

/// Files that were copied up for a link.
#[derive(Debug, Default)]
pub(super) struct Companions {
    /// By the identity below: the file in the stage.
    raised: HashMap<Id, Raised>,
}

#[derive(Debug)]
struct Raised {
    id: Id,
    /// Where it was copied to, and links that were made to it: some of them may have been replaced since.
    places: Vec<(Rc<Dir>, Vec<u8>)>,
}

impl Companions {
    /// The file below, of which `dir` now has a copy.
    pub(super) fn raised(&mut self, lower: &Lower, dir: &Rc<Dir>, name: &[u8]) -> Result<()> {
        let fail = |errno: Errno| Error::io("look at", shown(name), errno);
        let below = statat(&lower.fd, name, AtFlags::SYMLINK_NOFOLLOW).map_err(fail)?;
        let above = statat(&**dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(fail)?;
        let raised = Raised {
            id: id(&above),
            places: vec![(Rc::clone(dir), name.to_vec())],
        };
        self.raised.insert(id(&below), raised);
        Ok(())
    }

    /// A link that was made, perhaps to such a copy.
    pub(super) fn linked(&mut self, dir: &Rc<Dir>, name: &[u8]) -> Result<()> {
        if self.raised.is_empty() {
            return Ok(());
        }
        let stat = statat(&**dir, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| Error::io("look at", shown(name), errno))?;
        for raised in self
            .raised
            .values_mut()
            .filter(|raised| raised.id == id(&stat))
        {
            raised.places.push((Rc::clone(dir), name.to_vec()));
        }
        Ok(())
    }

    /// Links every name below that still shows, of every file that was copied up. A daemon's link counts tell too little:
    /// all of the tree below is looked through, once.
    pub(super) fn complete(self, tree: &mut Tree) -> Result<()> {
        let Some(root) = tree
            .root
            .lower
            .borrow()
            .clone()
            .filter(|_| !self.raised.is_empty())
        else {
            return Ok(());
        };
        let mut names = Vec::new();
        find(root.fd.as_fd(), &[], &self.raised, &mut names)
            .map_err(|errno| Error::io("look for links below in", shown(b"/"), errno))?;
        for (dir, name, id) in names {
            link(tree, &dir, &name, &self.raised[&id])?;
        }
        Ok(())
    }
}

/// A name below: its directory, itself, and the file's identity.
type Name = (Vec<u8>, Vec<u8>, Id);

fn find(
    dir: BorrowedFd<'_>,
    path: &[u8],
    raised: &HashMap<Id, Raised>,
    names: &mut Vec<Name>,
) -> Result<(), Errno> {
    for entry in at::list(dir)? {
        let meta = at::meta(dir, &entry.name)?;
        let name = entry.name.to_bytes();
        if meta.is_dir() {
            let below = at::open_dir(dir, &entry.name)?;
            find(below.as_fd(), &join(path, name), raised, names)?;
            continue;
        }
        let stat = statat(dir, &entry.name, AtFlags::SYMLINK_NOFOLLOW)?;
        if raised.contains_key(&id(&stat)) {
            names.push((path.to_vec(), name.to_vec(), id(&stat)));
        }
    }
    Ok(())
}

fn link(tree: &mut Tree, path: &[u8], name: &[u8], raised: &Raised) -> Result<()> {
    let shows = match tree.find(path, Missing::Leave)? {
        // Not where a link leads to.
        Found::Here(dir) if dir.path == path => {
            let gone = statat(&*dir, name, AtFlags::SYMLINK_NOFOLLOW).err() == Some(Errno::NOENT);
            gone && dir.lower.borrow().is_some()
        }
        Found::Below(lower) => lower.path == path,
        Found::Here(_) | Found::Absent => false,
    };
    let still = |(dir, name): &&(Rc<Dir>, Vec<u8>)| {
        statat(&**dir, &name[..], AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| id(&stat) == raised.id)
    };
    let Some((from, old)) = raised.places.iter().find(still).filter(|_| shows) else {
        return Ok(());
    };
    let dir = tree.make(path)?;
    linkat(&**from, &old[..], &*dir, name, AtFlags::empty())
        .map_err(|errno| Error::io("link", shown(&join(path, name)), errno))
}
