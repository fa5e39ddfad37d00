//! Finds out what the numbers of files tell in a mounted tree: inode numbers and the link counts of directories.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};

/// Fills a directory that will be a lower layer.
pub(super) fn sow(lower: &Path) -> Result<()> {
    let path = lower.join("counted/inner");
    std::fs::create_dir_all(&path).attempt("create the directory", &path)?;
    let path = lower.join("unlinked");
    std::fs::write(&path, "x").attempt("write", &path)
}

/// Looks at what was sown, in the mounted tree at `root`.
pub(super) fn measure(root: &Path, found: &mut Capabilities) -> Result<()> {
    let path = root.join("counted");
    // What is in two layers may not be counted, though other directories are.
    let above = path.join("above");
    std::fs::create_dir(&above).attempt("create the directory", &above)?;
    let counted = std::fs::metadata(&path).attempt("look at", &path)?;
    found.directory_links_are_counted &= counted.nlink() == 4;

    let path = root.join("unlinked");
    let file = File::open(&path).attempt("open", &path)?;
    std::fs::remove_file(&path).attempt("unlink", &path)?;
    let links = file.metadata().attempt("look at", &path)?.nlink();
    found.unlinked_lower_file_has_no_links = links == 0;
    let again = File::open(format!("/proc/self/fd/{}", file.as_raw_fd()));
    found.unlinked_file_can_be_opened = again.is_ok();
    Ok(())
}

/// The inode numbers in the tree at `root` after it was measured: of directories, of files, and of what was changed.
pub(crate) fn all(root: &Path) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for name in [
        "ino",
        "open",
        "counted",
        "counted/inner",
        "setgid",
        "ino-linked",
    ] {
        let path = root.join(name);
        match std::fs::symlink_metadata(&path) {
            // What is there depends on what worked.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            meta => numbers.push(meta.attempt("look at", &path)?.ino()),
        }
    }
    Ok(numbers)
}
