//! Finds out what reading does in a mounted tree: to access times, and to the listing of a directory that changes.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::mem::MaybeUninit;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, RawDir, StatVfsMountFlags, Timespec, Timestamps, UTIME_OMIT, statvfs, utimensat,
};

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};

/// Names in the listed directory. They fill the buffer several times.
const NAMES: u32 = 120;

/// A year to come: relatime takes every access time for older.
const TO_COME: i64 = 2_000_000_000;

/// Fills a directory that will be a lower layer.
pub(super) fn sow(lower: &Path) -> Result<()> {
    let path = lower.join("read");
    std::fs::write(&path, "x").attempt("write", &path)?;
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: TO_COME,
            tv_nsec: 0,
        },
    };
    utimensat(CWD, &path, &times, AtFlags::empty()).attempt("set the time of", &path)?;
    let dir = lower.join("listed");
    std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
    for number in 0..NAMES {
        let path = dir.join(format!("lower-{number}"));
        File::create(&path).attempt("create", &path)?;
    }
    Ok(())
}

/// Reads what was sown, in the mounted tree at `root`.
pub(super) fn measure(root: &Path, found: &mut Capabilities) -> Result<()> {
    let path = root.join("read");
    let access = || {
        std::fs::metadata(&path)
            .map(|meta| (meta.atime(), meta.atime_nsec()))
            .attempt("look at", &path)
    };
    let before = access()?;
    let mut file = OpenOptions::new()
        .read(true)
        .open(&path)
        .attempt("open", &path)?;
    file.read_to_end(&mut Vec::new()).attempt("read", &path)?;
    let moved = access()? != before;
    let flags = statvfs(&path)
        .attempt("look at the mount of", &path)?
        .f_flag;
    if flags.contains(StatVfsMountFlags::NOATIME) {
        found.noatime_is_heeded = !moved;
    } else {
        found.reading_lower_updates_access_time = moved;
    }
    found.listing_is_whole_while_changed = lists_once(&root.join("listed"))?;
    Ok(())
}

/// Whether a listing gives no name twice, and all that stay, while others go and come.
fn lists_once(dir: &Path) -> Result<bool> {
    // Listed before, a FUSE directory is in the kernel's cache: the daemon is first asked in the middle.
    std::fs::read_dir(dir).attempt("list", dir)?.for_each(drop);
    let open = File::open(dir).attempt("open", dir)?;
    let mut buffer = [MaybeUninit::uninit(); 1024];
    let mut listing = RawDir::new(&open, &mut buffer);
    let mut listed = BTreeSet::new();
    let mut once = true;
    let mut changed = false;
    while let Some(entry) = listing.next() {
        let name = entry.attempt("list", dir)?.file_name().to_owned();
        once &= listed.insert(name);
        if listing.is_buffer_empty() && !std::mem::replace(&mut changed, true) {
            for number in 0..NAMES {
                if number % 4 == 0 {
                    let gone = dir.join(format!("lower-{number}"));
                    std::fs::remove_file(&gone).attempt("unlink", &gone)?;
                }
                // As many as there were: where names are hashed, their order changes.
                let made = dir.join(format!("made-{number}"));
                File::create(&made).attempt("create", &made)?;
            }
        }
    }
    let stays = (0..NAMES).filter(|number| number % 4 != 0);
    let all = stays.map(|number| format!("lower-{number}")).all(|name| {
        listed
            .iter()
            .any(|listed| listed.to_bytes() == name.as_bytes())
    });
    Ok(once && all)
}
