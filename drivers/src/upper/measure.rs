//! Finds out what a mounted tree can do, by doing it: what depends on the kernel, the backing filesystem or a program's
//! version is measured when a driver is opened, not looked up.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};
use crate::fsprobe;
use crate::sys::mapping::Mapping;
use crate::upper::keeps;

const TEXT: &[u8] = b"from the layer below";

/// Fills a directory that will be a lower layer of the tree to be measured.
pub(crate) fn sow(lower: &Path) -> Result<()> {
    for name in ["ino", "open", "map", "link-a", "gone"] {
        let path = lower.join(name);
        std::fs::write(&path, TEXT).attempt("write", &path)?;
    }
    let path = lower.join("link-b");
    std::fs::hard_link(lower.join("link-a"), &path).attempt("link", &path)?;
    for name in ["dir", "wiped"] {
        let path = lower.join(name);
        std::fs::create_dir(&path).attempt("create the directory", &path)?;
        std::fs::write(path.join("inner"), TEXT).attempt("write", &path)?;
    }
    keeps::sow(lower)
}

/// Measures the tree at `root`, one of whose lower layers was sown.
pub(crate) fn measure(root: &Path) -> Result<Capabilities> {
    let mut found = fsprobe::probe(root)?.capabilities;
    let at = |name: &str| root.join(name);

    let inode = |name: &str| {
        std::fs::metadata(at(name))
            .map(|meta| (meta.dev(), meta.ino()))
            .attempt("look at", at(name))
    };
    let (root_inode, dir_inode, before) = (inode(".")?, inode("dir")?, inode("ino")?);
    append(&at("ino"))?;
    let after = inode("ino")?;
    found.inode_survives_copy_up = before == after;
    found.uniform_device = [root_inode, dir_inode, after]
        .iter()
        .all(|(dev, _)| *dev == before.0);

    let path = at("open");
    let mut reader = File::open(&path).attempt("open", &path)?;
    append(&path)?;
    let mut seen = Vec::new();
    reader.read_to_end(&mut seen).attempt("read", &path)?;
    found.open_file_sees_later_writes = seen.len() > TEXT.len();

    let path = at("map");
    let file = File::open(&path).attempt("open", &path)?;
    let mapping = Mapping::new(file.as_fd(), TEXT.len()).attempt("map", &path)?;
    let writer = OpenOptions::new()
        .write(true)
        .open(&path)
        .attempt("open", &path)?;
    writer.write_all_at(b"FROM", 0).attempt("write", &path)?;
    found.mapping_sees_later_writes = mapping.read().starts_with(b"FROM");

    append(&at("link-a"))?;
    let other = std::fs::read(at("link-b")).attempt("read", at("link-b"))?;
    found.hard_links_survive_copy_up = other.len() > TEXT.len();

    keeps::measure(root, &mut found)?;

    found.rename_lower_dir = std::fs::rename(at("dir"), at("dir-moved")).is_ok();
    Ok(found)
}

fn append(path: &Path) -> Result<()> {
    let file = OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(b", written above"))
        .attempt("append to", path)
}
