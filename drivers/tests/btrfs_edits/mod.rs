//! Random edits of a small tree, the same for a seed. An edit that the tree does not allow is skipped.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, RenameFlags, XattrFlags, makedev, mknodat, renameat_with};

const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

pub(crate) struct Editor {
    state: u64,
    /// What was done since it was cleared.
    pub(crate) log: Vec<String>,
}

impl Editor {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            log: Vec::new(),
        }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 20) % limit
    }

    /// A path of one to four names, there or not; mostly long ones.
    fn path(&mut self) -> PathBuf {
        let depth = 1 + self.below(3).max(self.below(4));
        (0..depth)
            .map(|_| NAMES[self.below(9) as usize])
            .collect::<PathBuf>()
    }

    /// Does one edit under `root` that changes something.
    pub(crate) fn step(&mut self, root: &Path) {
        self.one_of(root, &(0..20).collect::<Vec<_>>());
    }

    /// Makes directories, then a hundred things in them.
    pub(crate) fn grow(&mut self, root: &Path) {
        for name in ["a", "b", "c", "d", "e"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        for _ in 0..60 {
            self.one_of(root, &[12]);
        }
        for _ in 0..240 {
            self.one_of(root, &[0, 0, 7, 15]);
        }
    }

    /// Tries a bounded number of random edits of these kinds, until one can be done.
    fn one_of(&mut self, root: &Path, kinds: &[u64]) {
        for _ in 0..1000 {
            let (one, two) = (self.path(), self.path());
            let what = kinds[self.below(kinds.len() as u64) as usize];
            let (at, to) = (root.join(&one), root.join(&two));
            if let Some(done) = self.edit(what, root, &at, &to) {
                self.log
                    .push(format!("{done} {} {}", one.display(), two.display()));
                return;
            }
        }
        panic!("no edit is possible");
    }

    fn edit(&mut self, what: u64, root: &Path, at: &Path, to: &Path) -> Option<&'static str> {
        let data = fs::symlink_metadata(at).ok();
        let is_file = data.as_ref().is_some_and(fs::Metadata::is_file);
        let is_dir = data.as_ref().is_some_and(fs::Metadata::is_dir);
        let open = || File::options().write(true).open(at).ok();
        match what {
            0 | 1 if data.is_none() => {
                let size = [0, 10, 5000, 300_000][self.below(4) as usize];
                let byte = self.below(256) as u8;
                fs::write(at, vec![byte; size]).ok().map(|()| "create")
            }
            2 if is_file => {
                let (place, byte) = (self.below(400_000), self.below(256) as u8);
                open()?.write_all_at(&[byte; 100], place).ok()?;
                Some("write")
            }
            3 if is_file => open()?
                .set_len(self.below(20_000))
                .ok()
                .map(|()| "truncate"),
            4 => fs::remove_file(at).ok().map(|()| "unlink"),
            5 | 6 => fs::rename(at, to)
                .ok()
                .filter(|()| at != to)
                .map(|()| "rename"),
            7 | 8 => fs::hard_link(at, to).ok().map(|()| "link"),
            9 if data.is_some() && !data.as_ref()?.is_symlink() => {
                let mode = 0o700 | self.below(0o100) as u32;
                fs::set_permissions(at, fs::Permissions::from_mode(mode))
                    .ok()
                    .map(|()| "chmod")
            }
            10 if is_file || is_dir => {
                let value = [self.below(3) as u8; 8];
                rustix::fs::setxattr(at, "user.test", &value, XattrFlags::empty()).ok()?;
                Some("setxattr")
            }
            11 => rustix::fs::removexattr(at, "user.test")
                .ok()
                .map(|()| "removexattr"),
            12 => fs::create_dir(at).ok().map(|()| "mkdir"),
            13 => fs::remove_dir(at).ok().map(|()| "rmdir"),
            14 if is_dir && at != root => {
                drivers::remove::tree(at).ok().map(|()| "remove the tree")
            }
            15 => symlink(to, at).ok().map(|()| "symlink"),
            16 => {
                let kind = [FileType::Fifo, FileType::CharacterDevice][self.below(2) as usize];
                mknodat(CWD, at, kind, Mode::RUSR, makedev(1, 3)).ok()?;
                Some("mknod")
            }
            17 => renameat_with(CWD, at, CWD, to, RenameFlags::EXCHANGE)
                .ok()
                .filter(|()| at != to)
                .map(|()| "exchange"),
            // The same content in a new inode with the old time: no change but of links.
            18 if is_file => {
                let old = data?;
                let text = fs::read(at).ok()?;
                fs::remove_file(at).ok()?;
                fs::write(at, text).ok()?;
                fs::set_permissions(at, old.permissions()).ok()?;
                open()?.set_modified(old.modified().ok()?).ok()?;
                Some(if old.nlink() > 1 {
                    "break the link"
                } else {
                    "make again"
                })
            }
            // A file for a directory and the other way round.
            19 if is_file || is_dir => {
                drivers::remove::tree(at)
                    .or_else(|_| fs::remove_file(at))
                    .ok()?;
                if is_file {
                    fs::create_dir(at).ok()?;
                    fs::write(at.join("a"), "inside").ok()?;
                } else {
                    let file = File::create(at).ok()?;
                    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(self.below(1 << 30));
                    file.set_modified(time).ok()?;
                }
                Some("replace the type")
            }
            _ => None,
        }
    }
}
