//! What Linux answers to a step, for root, on a filesystem without limits: done, or refused with which errno.
//!
//! The order of the checks is the kernel's (fs/namei.c): the way to the path, the path itself, then what the filesystem
//! has to say. Where a driver declares that it cannot do a thing, its refusal is expected instead.

use rustix::io::Errno;

use crate::oracle::model::{Body, Ino};

use super::name::above;
use super::step::{Action, Attribute, Pair, Step, Turn};
use super::world::{Tree, World};

/// What has to come of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It works.
    Done,
    /// It is refused with one of these, and nothing changes.
    Refused(Vec<Errno>),
    /// It is not asked, since nobody says what has to come of it.
    Unasked(&'static str),
}

/// Either a refusal or a reason not to ask.
type Verdict<T = ()> = Result<T, Expected>;

/// What POSIX lets a filesystem answer where a directory is not empty.
const FULL: [Errno; 2] = [Errno::NOTEMPTY, Errno::EXIST];

fn refused<T>(errno: Errno) -> Verdict<T> {
    Err(Expected::Refused(vec![errno]))
}

/// What has to come of a step here and now.
pub fn expect(world: &World, step: &Step) -> Expected {
    let rules = Rules {
        tree: world.tree(),
        world,
    };
    let verdict = match step {
        Step::On(action, path) => rules.on(*action, path),
        Step::Between(pair, from, to) => rules.between(*pair, from, to),
        Step::Turn(turn) => rules.turn(*turn),
    };
    verdict.err().unwrap_or(Expected::Done)
}

struct Rules<'a> {
    world: &'a World,
    tree: &'a Tree,
}

impl Rules<'_> {
    fn body(&self, ino: Ino) -> &Body {
        &self.tree.model().node(ino).body
    }

    fn is_dir(&self, ino: Ino) -> bool {
        matches!(self.body(ino), Body::Directory(_))
    }

    /// The inode at a path, if there is one, once the way there was found to be directories.
    fn look(&self, path: &str) -> Verdict<Option<Ino>> {
        let dir = above(path);
        if dir != path {
            match self.look(dir)? {
                None => return refused(Errno::NOENT),
                Some(ino) => match self.body(ino) {
                    Body::Directory(_) => {}
                    // Links lead nowhere.
                    Body::Symlink(_) => return refused(Errno::NOENT),
                    _ => return refused(Errno::NOTDIR),
                },
            }
        }
        Ok(self.tree.model().at(path.as_bytes()))
    }

    fn existing(&self, path: &str) -> Verdict<Ino> {
        self.look(path)?.map_or_else(|| refused(Errno::NOENT), Ok)
    }

    fn free(&self, path: &str) -> Verdict {
        match self.look(path)? {
            Some(_) => refused(Errno::EXIST),
            None => Ok(()),
        }
    }

    /// A special file from below, or one with several names: some drivers cannot do much with it, each in its own way.
    fn special(&self, ino: Ino) -> Verdict {
        let from_below = self.tree.is_from_below(ino);
        let parts = !self.world.capabilities().writes_to_links_last;
        if from_below && parts && self.tree.below().was_linked(ino) {
            return Err(Expected::Unasked(
                "writes to linked files from below do not last",
            ));
        }
        let is_special = matches!(
            self.body(ino),
            Body::Fifo | Body::Socket | Body::Character(..) | Body::Block(..)
        );
        let lost = !self.world.capabilities().special_files_survive_copy_up;
        if is_special && lost && from_below {
            return Err(Expected::Unasked(
                "special files from below cannot be changed",
            ));
        }
        Ok(())
    }

    fn on(&self, action: Action, path: &str) -> Verdict {
        let capabilities = self.world.capabilities();
        match action {
            Action::Create(_) | Action::Mkdir | Action::Symlink | Action::Fifo => self.free(path),
            Action::Device => {
                self.free(path)?;
                if capabilities.device_nodes {
                    Ok(())
                } else {
                    Err(Expected::Unasked("devices cannot be made"))
                }
            }
            Action::Write(..)
            | Action::Append(_)
            | Action::Truncate(_)
            | Action::Empty
            | Action::Map(_) => self.open(path),
            Action::Punch(offset, _) => {
                self.open(path)?;
                if self.size(path) <= u64::from(offset) {
                    // Whether that counts as a change is every filesystem's own affair.
                    return Err(Expected::Unasked(
                        "there is nothing where the hole would be",
                    ));
                }
                if capabilities.fallocate {
                    Ok(())
                } else {
                    refused(Errno::OPNOTSUPP)
                }
            }
            Action::Rmdir => {
                let ino = self.existing(path)?;
                match self.body(ino) {
                    Body::Directory(entries) if entries.is_empty() => Ok(()),
                    Body::Directory(_) => Err(Expected::Refused(FULL.to_vec())),
                    _ => refused(Errno::NOTDIR),
                }
            }
            Action::Unlink => {
                let ino = self.existing(path)?;
                if self.is_dir(ino) {
                    return refused(Errno::ISDIR);
                }
                self.special(ino)
            }
            Action::RemoveAll => {
                let ino = self.existing(path)?;
                self.special(ino)?;
                self.inside(path).try_for_each(|ino| self.special(ino))
            }
            Action::Chmod(_) => {
                let ino = self.existing(path)?;
                match self.body(ino) {
                    // chmod follows links, and they lead nowhere.
                    Body::Symlink(_) => refused(Errno::NOENT),
                    _ => self.special(ino),
                }
            }
            Action::Chown(..) => {
                if !capabilities.arbitrary_owners {
                    return Err(Expected::Unasked("owners cannot be set"));
                }
                let ino = self.existing(path)?;
                self.special(ino)
            }
            Action::Mtime(..) => {
                let ino = self.existing(path)?;
                self.special(ino)
            }
            Action::SetXattr(name, _) => self.attribute(path, name).map(drop),
            Action::RemoveXattr(name) => {
                let ino = self.attribute(path, name)?;
                let there = &self.tree.model().node(ino).xattrs;
                if there.contains_key(name.name().as_bytes()) {
                    Ok(())
                } else {
                    refused(Errno::NODATA)
                }
            }
        }
    }

    /// open(O_WRONLY | O_NOFOLLOW).
    fn open(&self, path: &str) -> Verdict {
        let ino = self.existing(path)?;
        match self.body(ino) {
            Body::File(_) => self.special(ino),
            Body::Directory(_) => refused(Errno::ISDIR),
            Body::Symlink(_) => refused(Errno::LOOP),
            _ => Err(Expected::Unasked(
                "what is written to a special file goes elsewhere",
            )),
        }
    }

    fn size(&self, path: &str) -> u64 {
        let ino = self.tree.model().at(path.as_bytes());
        match ino.map(|ino| self.body(ino)) {
            Some(Body::File(content)) => content.len() as u64,
            _ => 0,
        }
    }

    fn attribute(&self, path: &str, name: Attribute) -> Verdict<Ino> {
        let capabilities = self.world.capabilities();
        let kept = match name {
            Attribute::User => capabilities.xattr_user,
            Attribute::Trusted => capabilities.xattr_privileged,
        };
        if !kept {
            return Err(Expected::Unasked("such attributes are not kept"));
        }
        let ino = self.existing(path)?;
        match (self.body(ino), name) {
            (Body::File(_) | Body::Directory(_), _) => self.special(ino).map(|()| ino),
            // xattr(7): user attributes are for files and directories only.
            (_, Attribute::User) => refused(Errno::PERM),
            _ => Err(Expected::Unasked(
                "not every filesystem has them on links and devices",
            )),
        }
    }

    fn inside(&self, path: &str) -> impl Iterator<Item = Ino> {
        let below = format!("{path}/").into_bytes();
        self.tree
            .model()
            .paths()
            .into_iter()
            .filter(move |(path, _)| path.starts_with(&below))
            .map(|(_, ino)| ino)
    }

    fn between(&self, pair: Pair, from: &str, to: &str) -> Verdict {
        if pair == Pair::Link {
            let ino = self.existing(from)?;
            self.free(to)?;
            if self.is_dir(ino) {
                return refused(Errno::PERM);
            }
            return self.special(ino);
        }
        let capabilities = self.world.capabilities();
        // Both directories are looked up before either name is.
        self.look(from)?;
        let target = self.look(to)?;
        let source = self.existing(from)?;
        match (pair, target) {
            (Pair::NoReplace, Some(_)) => return refused(Errno::EXIST),
            (Pair::Exchange, None) => return refused(Errno::NOENT),
            _ => {}
        }
        if to.starts_with(&format!("{from}/")) {
            return refused(Errno::INVAL);
        }
        if from.starts_with(&format!("{to}/")) {
            return refused(if pair == Pair::Exchange {
                Errno::INVAL
            } else {
                Errno::NOTEMPTY
            });
        }
        if self.tree.is_one(from, to, capabilities) {
            return Ok(());
        }
        if pair == Pair::Rename
            && let Some(target) = target
        {
            match (self.is_dir(source), self.is_dir(target)) {
                (true, false) => return refused(Errno::NOTDIR),
                (false, true) => return refused(Errno::ISDIR),
                _ => {}
            }
        }
        if pair != Pair::Rename && !capabilities.rename_flags {
            return Err(Expected::Unasked("renameat2 has no flags"));
        }
        self.special(source)?;
        target.map_or(Ok(()), |ino| self.special(ino))?;
        self.deleted(pair, (from, source), to)?;
        let full = |ino| matches!(self.body(ino), Body::Directory(entries) if !entries.is_empty());
        let mut errnos = Vec::new();
        let moved = target.filter(|_| pair == Pair::Exchange);
        if let Some(other) = moved {
            self.exchange((from, source), (to, other))?;
        }
        if [Some(source), moved]
            .into_iter()
            .flatten()
            .any(|ino| self.is_stuck(ino))
        {
            errnos.push(Errno::XDEV);
        }
        if pair == Pair::Rename && target.is_some_and(full) {
            errnos.extend(FULL);
        }
        if errnos.is_empty() {
            Ok(())
        } else {
            Err(Expected::Refused(errnos))
        }
    }

    /// What depends on how deletions are stored.
    fn deleted(&self, pair: Pair, (from, source): (&str, Ino), to: &str) -> Verdict {
        let capabilities = self.world.capabilities();
        let is_below = |path: &str| self.tree.below().at(path.as_bytes()).is_some();
        // An overlay exchanges the directory with the marker of the deletion.
        let keeps = capabilities.exchanged_directory_keeps_time;
        if !keeps && self.is_dir(source) && above(from) != above(to) && is_below(to) {
            return Err(Expected::Unasked(
                "the time of a directory put in the place of a deletion",
            ));
        }
        if pair == Pair::NoReplace && !capabilities.noreplace_hides_what_is_below && is_below(from)
        {
            return Err(Expected::Unasked("what is below may come back"));
        }
        Ok(())
    }

    /// What nobody says of exchanges.
    fn exchange(&self, (from, source): (&str, Ino), (to, other): (&str, Ino)) -> Verdict {
        let has_dir = self.is_dir(source) || self.is_dir(other);
        let keeps = self.world.capabilities().exchanged_directory_keeps_time;
        if !keeps && has_dir && above(from) != above(to) {
            return Err(Expected::Unasked(
                "the time of a directory exchanged across directories",
            ));
        }
        if self.is_stuck(other) && !self.is_stuck(source) {
            // Kernel overlay refuses; fuse-overlayfs looks at the source only.
            return Err(Expected::Unasked(
                "an exchange with a directory that cannot be renamed",
            ));
        }
        Ok(())
    }

    /// A directory from below that cannot be renamed.
    fn is_stuck(&self, ino: Ino) -> bool {
        !self.world.capabilities().rename_lower_dir
            && self.is_dir(ino)
            && self.tree.is_from_below(ino)
    }

    /// Whether a file got another name in this container.
    fn has_new_links(&self) -> bool {
        let (below, paths) = (self.tree.below(), self.tree.model().paths());
        paths.iter().any(|(path, &ino)| {
            !self.is_dir(ino) && below.at(path) != Some(ino) && self.tree.names(ino) > 1
        })
    }

    fn turn(&self, turn: Turn) -> Verdict {
        match turn {
            Turn::Export
                if !self.world.capabilities().link_counts_follow && self.has_new_links() =>
            {
                Err(Expected::Unasked("links are not seen by their count"))
            }
            Turn::Sibling if !self.world.has_room() => {
                Err(Expected::Unasked("there are enough containers"))
            }
            Turn::Switch(number)
                if usize::from(number) % self.world.trees().len() == self.world.current() =>
            {
                Err(Expected::Unasked("that container is mounted"))
            }
            _ => Ok(()),
        }
    }
}
