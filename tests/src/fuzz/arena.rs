//! The ground that fuzzed archives are unpacked on: a stage, content below it, and victims beside it.

use std::fs;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::unpack::{Applied, Below, Deletions, Limits, Stage, apply};
use drivers::{Result, View, remove};

use crate::oracle::archive::{self, Entry};
use crate::oracle::live;
use crate::oracle::op::mtime;
use crate::victim::Snapshot;

/// What an archive is unpacked onto.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    /// An empty stage.
    Nothing,
    /// A stage with content: the archive changes it in place.
    Content,
    /// The upper directory of an overlay, with the content below.
    Overlay,
    /// The upper directory of an overlay whose content below is not there yet.
    Unknown,
}

/// A directory of its own with everything in it; removed when dropped.
#[derive(Debug)]
pub struct Arena {
    dir: tempfile::TempDir,
    content: Vec<u8>,
    outside: Snapshot,
}

/// What a fuzzed archive may ask for: little, so that one round is short.
pub const LIMITS: Limits = Limits {
    entries: 200,
    bytes: 1 << 20,
    path_bytes: 4096,
    ratio: 1000,
};

impl Arena {
    /// An arena in a directory, best one that is in memory.
    ///
    /// # Errors
    /// Whatever making files gives.
    pub fn within(dir: &Path) -> Result<Self> {
        let dir = tempfile::tempdir_in(dir).attempt("make a directory in", dir)?;
        let content = archive::write(&content());
        for name in ["stage", "lower", "victim", "stage-evil"] {
            let path = dir.path().join(name);
            fs::create_dir(&path).attempt("make the directory", &path)?;
        }
        for path in ["victim/kept", "stage-evil/kept"] {
            let path = dir.path().join(path);
            fs::write(&path, "untouched").attempt("write", &path)?;
        }
        let lower = stage(dir.path().join("lower"), Below::Nothing, Deletions::Remove);
        apply(&lower, &mut &content[..], &LIMITS)?;
        let outside = Snapshot::beside(dir.path(), "stage")?;
        Ok(Self {
            dir,
            content,
            outside,
        })
    }

    /// The directory of the victim.
    pub fn victim(&self) -> PathBuf {
        self.dir.path().join("victim")
    }

    /// The directory that archives are unpacked into.
    pub fn stage(&self) -> PathBuf {
        self.dir.path().join("stage")
    }

    /// Empties the stage and unpacks an archive into it.
    ///
    /// # Errors
    /// Those of the unpacker.
    ///
    /// # Panics
    /// When the ground itself cannot be made.
    pub fn apply(&self, onto: Onto, tar: &mut dyn std::io::Read) -> Result<Applied> {
        let dir = self.stage();
        remove::tree(&dir).expect("the stage can be removed");
        fs::create_dir(&dir).expect("the stage can be made");
        // Whatever keeps it shall keep the same in every round.
        live::apply(&dir, &[mtime("", 1_000_000_000, 0)]).expect("times can be set");
        let overlay = Deletions::Overlay {
            xattr_prefix: if rustix::process::geteuid().is_root() {
                "trusted.overlay."
            } else {
                "user.overlay."
            },
        };
        let stage = match onto {
            Onto::Nothing => stage(dir, Below::Nothing, Deletions::Remove),
            Onto::Content => {
                let lowest = stage(dir.clone(), Below::Nothing, Deletions::Remove);
                apply(&lowest, &mut &self.content[..], &LIMITS).expect("the content is fine");
                stage(dir, Below::Merged, Deletions::Remove)
            }
            Onto::Overlay => {
                let below = View::plain(self.dir.path().join("lower"));
                stage(dir, Below::Apart(below), overlay)
            }
            Onto::Unknown => stage(dir, Below::Unknown, overlay),
        };
        apply(&stage, tar, &LIMITS)
    }

    /// Nothing beside the stage has changed.
    ///
    /// # Panics
    /// When something did.
    pub fn check_outside(&self) {
        let now = Snapshot::beside(self.dir.path(), "stage").expect("everything can be read");
        if let Some(difference) = self.outside.differs_from(&now) {
            panic!("something outside the stage changed: {difference}");
        }
    }
}

fn stage(dir: PathBuf, below: Below, deletions: Deletions) -> Stage {
    Stage {
        dir,
        below,
        deletions,
        keep_owners: rustix::process::geteuid().is_root(),
    }
}

/// What lies below: directories, files, and links that lead about, some of them out.
fn content() -> Vec<Entry> {
    vec![
        Entry::dir("a/"),
        Entry::file("a/low", "1"),
        Entry::file("a/b", "2"),
        Entry::dir("d/"),
        Entry::dir("d/a/"),
        Entry::file("d/a/low", "3"),
        Entry::file("low", "4"),
        Entry::link("d/linked", "low"),
        Entry::symlink("up", "../victim"),
        Entry::symlink("l", "d/a"),
        Entry::symlink("m", "/l"),
        Entry::symlink("loop", "loop"),
        Entry::new(tar::EntryType::Fifo, "pipe"),
    ]
}
