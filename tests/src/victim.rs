//! What hostile archives are after, and the proof that they do not get it.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{ErrorKind, LayerId, Result};

use crate::case::Stop;
use crate::check;
use crate::context::Context;
use crate::oracle::archive;
use crate::oracle::compare::show;
use crate::oracle::live;
use crate::oracle::op::{dir as dir_op, fifo, file};
use crate::oracle::seen::{self, Seen};
use crate::yard::Yard;

/// A tree in every detail that writing to it would change: content, owner, mode, attributes, times with that of the
/// last change, and the number of links. The access time is left out: looking changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<Vec<u8>, Detail>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Detail {
    seen: Seen,
    changed: (i64, i64),
    links: u64,
}

impl Snapshot {
    /// The tree at `root`.
    ///
    /// # Errors
    /// Whatever reading it gives.
    pub fn of(root: &Path) -> Result<Self> {
        Self::of_all(root, seen::read(root)?)
    }

    /// What lies in `root` beside `name`. Of `root` itself only the names in it count.
    ///
    /// # Errors
    /// Whatever reading it gives.
    pub fn beside(root: &Path, name: &str) -> Result<Self> {
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(root).attempt("list", root)? {
            let other = entry.attempt("list", root)?.file_name();
            if other == name {
                continue;
            }
            let other = other.as_bytes();
            for (path, seen) in seen::read(&live::place(root, other))? {
                let path = match &path[..] {
                    b"" => other.to_vec(),
                    path => [other, b"/", path].concat(),
                };
                all.insert(path, seen);
            }
        }
        Self::of_all(root, all)
    }

    fn of_all(root: &Path, all: BTreeMap<Vec<u8>, Seen>) -> Result<Self> {
        let mut details = BTreeMap::new();
        for (path, seen) in all {
            let at = live::place(root, &path);
            let meta = fs::symlink_metadata(&at).attempt("stat", &at)?;
            let detail = Detail {
                seen,
                changed: (meta.ctime(), meta.ctime_nsec()),
                links: meta.nlink(),
            };
            details.insert(path, detail);
        }
        Ok(Self(details))
    }

    /// The first path at which a later snapshot differs, with what it was and is.
    pub fn differs_from(&self, later: &Self) -> Option<String> {
        let paths: BTreeSet<_> = self.0.keys().chain(later.0.keys()).collect();
        paths.into_iter().find_map(|path| {
            let (before, after) = (self.0.get(path), later.0.get(path));
            (before != after).then(|| format!("{}: {before:?} became {after:?}", show(path)))
        })
    }
}

/// A directory outside every layer, with a file in it that hostile archives are after.
#[derive(Debug)]
pub struct Victim {
    dir: PathBuf,
    before: Snapshot,
    /// Where archives have been unpacked so far, by parent.
    yards: RefCell<BTreeMap<Option<LayerId>, Yard>>,
}

impl Victim {
    /// A fresh victim.
    ///
    /// # Errors
    /// Broken, when it cannot be made.
    pub fn new(context: &mut Context<'_>) -> std::result::Result<Self, Stop> {
        let dir = context.directory()?;
        let broken = |error: drivers::Error| Stop::broken(error.to_string());
        let things = [
            file("kept", "untouched"),
            fifo("pipe"),
            dir_op("d"),
            file("d/kept", "too"),
        ];
        live::apply(&dir, &things).map_err(broken)?;
        let before = Snapshot::of(&dir).map_err(broken)?;
        Ok(Self {
            dir,
            before,
            yards: RefCell::default(),
        })
    }

    /// Its path, absolute, without the leading slash being special.
    pub fn path(&self) -> &str {
        self.dir.to_str().unwrap_or_default()
    }

    /// Applies a hostile archive on nothing, or on what the last one left: it may be refused, or land inside; the victim
    /// stays as it was.
    ///
    /// # Errors
    /// A failure, when the victim changed or the refusal is of another kind than that of bad input.
    pub fn attack(
        &self,
        context: &mut Context<'_>,
        entries: &[archive::Entry],
    ) -> std::result::Result<(), Stop> {
        self.attack_on(context, None, entries)
    }

    /// As [`Self::attack`], on a parent.
    ///
    /// # Errors
    /// As [`Self::attack`].
    pub fn attack_on(
        &self,
        context: &mut Context<'_>,
        parent: Option<&LayerId>,
        entries: &[archive::Entry],
    ) -> std::result::Result<(), Stop> {
        let what: Vec<_> = entries.iter().map(|entry| show(&entry.path)).collect();
        self.attack_with(context, parent, &what.join(", "), |_| {
            archive::write(entries)
        })?;
        Ok(())
    }

    /// As [`Self::attack_on`], with any archive, made for the name of the directory that it is unpacked into. Says
    /// whether it was applied.
    ///
    /// # Errors
    /// As [`Self::attack`].
    pub fn attack_with(
        &self,
        context: &mut Context<'_>,
        parent: Option<&LayerId>,
        what: &str,
        tar: impl FnOnce(&str) -> Vec<u8>,
    ) -> std::result::Result<bool, Stop> {
        let mut yards = self.yards.borrow_mut();
        let yard = match yards.entry(parent.cloned()) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(empty) => empty.insert(Yard::new(context, parent)?),
        };
        let stage = yard.stage(context)?;
        let beside = names_beside(&stage)?;
        let name = stage.file_name().unwrap_or_default().to_string_lossy();
        let outcome = yard.apply(context, &tar(&name))?;
        let beside_after = names_beside(&stage)?;
        self.check(what)?;
        check::same(
            &format!("what lies beside the layer after {what}"),
            beside,
            beside_after,
        )?;
        match outcome {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::BadInput | ErrorKind::Unsupported) => {
                Ok(false)
            }
            Err(error) => Err(Stop::fail(
                format!("{what} is refused as bad input, or lands inside"),
                error.to_string(),
            )),
        }
    }

    /// It is as it was.
    ///
    /// # Errors
    /// A failure, with what changed.
    pub fn check(&self, what: &str) -> std::result::Result<(), Stop> {
        let changed = self.before.differs_from(&Snapshot::of(&self.dir)?);
        check::that(
            changed.is_none(),
            format!("nothing outside changes by {what}"),
            changed.unwrap_or_default(),
        )
    }
}

/// The names in the directory that a layer's own lies in.
fn names_beside(stage: &Path) -> Result<BTreeSet<OsString>> {
    let dir = stage.parent().unwrap_or(stage);
    fs::read_dir(dir)
        .attempt("list", dir)?
        .map(|entry| Ok(entry.attempt("list", dir)?.file_name()))
        .collect()
}
