//! What the tests stand on: a scratch directory, archives made entry by entry, and a tree written out for comparison.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};

use crate::error::Result;
use crate::unpack::{Applied, Below, Deletions, Limits, Stage, apply};
use crate::view::View;

/// A stage with a victim beside it.
pub(super) struct Ground {
    dir: tempfile::TempDir,
}

impl Ground {
    pub(super) fn new() -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "these tests make devices and give files away: run them as root"
        );
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        std::fs::create_dir(dir.path().join("stage")).unwrap();
        std::fs::create_dir(dir.path().join("lower")).unwrap();
        let victim = dir.path().join("victim");
        std::fs::create_dir(&victim).unwrap();
        std::fs::write(victim.join("file"), "untouched").unwrap();
        std::os::unix::fs::symlink("file", victim.join("link")).unwrap();
        Self { dir }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn stage(&self) -> PathBuf {
        self.path("stage")
    }

    pub(super) fn apply_to(
        &self,
        below: Below,
        deletions: Deletions,
        archive: &[u8],
    ) -> Result<Applied> {
        self.apply_limited(below, deletions, archive, &Limits::default())
    }

    pub(super) fn apply_limited(
        &self,
        below: Below,
        deletions: Deletions,
        archive: &[u8],
        limits: &Limits,
    ) -> Result<Applied> {
        let stage = Stage {
            dir: self.stage(),
            below,
            deletions,
            keep_owners: true,
        };
        let before = self.outside();
        let mut reader = archive;
        let outcome = apply(&stage, &mut reader, limits);
        assert_eq!(
            self.outside(),
            before,
            "something outside the stage was touched"
        );
        if outcome.is_ok() {
            assert!(reader.is_empty(), "the reader is drained");
        }
        outcome
    }

    /// The lowest layer.
    pub(super) fn lowest(&self, archive: &[u8]) -> Result<Applied> {
        self.apply_to(Below::Nothing, Deletions::Remove, archive)
    }

    /// A layer over what the stage holds.
    pub(super) fn over(&self, archive: &[u8]) -> Result<Applied> {
        self.apply_to(Below::Merged, Deletions::Remove, archive)
    }

    /// A layer over what `lower` holds.
    pub(super) fn overlay(&self, archive: &[u8]) -> Result<Applied> {
        let deletions = Deletions::Overlay {
            xattr_prefix: "trusted.overlay.",
        };
        self.apply_to(
            Below::Apart(View::plain(self.path("lower"))),
            deletions,
            archive,
        )
    }

    /// Unpacks an archive as the content below.
    pub(super) fn fill_lower(&self, archive: &[u8]) {
        let stage = Stage {
            dir: self.path("lower"),
            below: Below::Nothing,
            deletions: Deletions::Remove,
            keep_owners: true,
        };
        apply(&stage, &mut &archive[..], &Limits::default()).unwrap();
    }

    /// Everything beside the stage, with what tells that it was written to.
    fn outside(&self) -> BTreeMap<Vec<u8>, String> {
        let mut all = describe(&self.path("victim"), true);
        all.extend(describe(&self.path("lower"), true));
        let names: Vec<_> = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_encoded_bytes())
            .collect();
        for name in names {
            all.insert([b"/".as_slice(), &name].concat(), String::new());
        }
        all
    }

    pub(super) fn tree(&self) -> BTreeMap<String, String> {
        describe(&self.stage(), false)
            .into_iter()
            .map(|(path, line)| (String::from_utf8_lossy(&path).into_owned(), line))
            .collect()
    }
}

/// Path to type, mode, owner, mtime and content; with `strict`, ctime and inode too.
pub(super) fn describe(root: &Path, strict: bool) -> BTreeMap<Vec<u8>, String> {
    let mut all = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(path) = todo.pop() {
        let meta = std::fs::symlink_metadata(&path).unwrap();
        let kind = meta.file_type();
        let content = if kind.is_dir() {
            for entry in std::fs::read_dir(&path).unwrap() {
                todo.push(entry.unwrap().path());
            }
            "dir".to_owned()
        } else if kind.is_symlink() {
            format!("-> {}", std::fs::read_link(&path).unwrap().display())
        } else if kind.is_file() {
            String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()
        } else if kind.is_char_device() || kind.is_block_device() {
            format!("device {:x}", meta.rdev())
        } else {
            "other".to_owned()
        };
        let mut line = format!(
            "{:o} {}:{} {}.{:09} {content}",
            meta.mode(),
            meta.uid(),
            meta.gid(),
            meta.mtime(),
            meta.mtime_nsec()
        );
        if strict {
            line = format!(
                "{line} {}.{} {} {}",
                meta.ctime(),
                meta.ctime_nsec(),
                meta.ino(),
                meta.nlink()
            );
        }
        let relative = path.strip_prefix(root).unwrap();
        all.insert(relative.as_os_str().as_bytes().to_vec(), line);
    }
    all
}

/// An archive in the making.
pub(super) struct Tar(Builder<Vec<u8>>);

impl Tar {
    pub(super) fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn header(kind: EntryType, mode: u32, size: usize) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_000_000_000);
        header.set_size(size as u64);
        header
    }

    /// Any header with a name written as it is.
    pub(super) fn raw(mut self, name: &[u8], mut header: Header, content: &[u8]) -> Self {
        if name.len() > 100 {
            let mut long = Self::header(EntryType::GNULongName, 0, name.len() + 1);
            long.as_mut_bytes()[..13].copy_from_slice(b"././@LongLink");
            long.set_cksum();
            self.0
                .append(&long, [name, b"\0"].concat().as_slice())
                .unwrap();
        }
        let field = &mut header.as_mut_bytes()[..100];
        field.fill(0);
        let length = name.len().min(100);
        field[..length].copy_from_slice(&name[..length]);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    pub(super) fn file(self, name: &str, content: &str) -> Self {
        let header = Self::header(EntryType::Regular, 0o644, content.len());
        self.raw(name.as_bytes(), header, content.as_bytes())
    }

    pub(super) fn file_mode(self, name: &str, mode: u32, uid: u64, gid: u64) -> Self {
        let mut header = Self::header(EntryType::Regular, mode, 0);
        header.set_uid(uid);
        header.set_gid(gid);
        self.raw(name.as_bytes(), header, b"")
    }

    pub(super) fn file_mode_content(
        self,
        name: &str,
        mode: u32,
        uid: u64,
        gid: u64,
        content: &str,
    ) -> Self {
        let mut header = Self::header(EntryType::Regular, mode, content.len());
        header.set_uid(uid);
        header.set_gid(gid);
        self.raw(name.as_bytes(), header, content.as_bytes())
    }

    pub(super) fn dir(self, name: &str) -> Self {
        self.dir_mode(name, 0o755)
    }

    pub(super) fn dir_mode(self, name: &str, mode: u32) -> Self {
        let header = Self::header(EntryType::Directory, mode, 0);
        self.raw(name.as_bytes(), header, b"")
    }

    pub(super) fn link(self, kind: EntryType, name: &str, target: &str) -> Self {
        let mut tar = self;
        if target.len() > 100 {
            let mut long = Self::header(EntryType::GNULongLink, 0, target.len() + 1);
            long.as_mut_bytes()[..13].copy_from_slice(b"././@LongLink");
            long.set_cksum();
            tar.0
                .append(&long, format!("{target}\0").as_bytes())
                .unwrap();
        }
        let mut header = Self::header(kind, 0o777, 0);
        let length = target.len().min(100);
        header.as_mut_bytes()[157..157 + length].copy_from_slice(&target.as_bytes()[..length]);
        tar.raw(name.as_bytes(), header, b"")
    }

    pub(super) fn symlink(self, name: &str, target: &str) -> Self {
        self.link(EntryType::Symlink, name, target)
    }

    pub(super) fn hard(self, name: &str, target: &str) -> Self {
        self.link(EntryType::Link, name, target)
    }

    pub(super) fn node(self, kind: EntryType, name: &str, major: u32, minor: u32) -> Self {
        let mut header = Self::header(kind, 0o600, 0);
        header.set_device_major(major).unwrap();
        header.set_device_minor(minor).unwrap();
        self.raw(name.as_bytes(), header, b"")
    }

    pub(super) fn pax(mut self, records: &[(&str, &[u8])]) -> Self {
        self.0
            .append_pax_extensions(records.iter().copied())
            .unwrap();
        self
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }

    /// Without the end-of-archive marker.
    pub(super) fn cut(self) -> Vec<u8> {
        let mut bytes = self.done();
        bytes.truncate(bytes.len() - 1024);
        bytes
    }
}
