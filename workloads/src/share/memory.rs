//! What is in memory: pages of a file that several containers show, and the share that mappings have in theirs.

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::sys::cachestat;
use drivers::sys::library::Library;
use drivers::{Driver, Result};

use crate::shown::Shown;

/// Bytes of a file in the page cache: as each container shows it, and of the file of the store behind it. What is one file
/// counts once; a stacked filesystem has no pages of its own.
pub(super) fn cached(
    driver: Option<&dyn Driver>,
    readers: &[Shown<'_>],
    file: &Path,
) -> Result<u64> {
    let mut files: BTreeMap<(u64, u64), PathBuf> = BTreeMap::new();
    let mut add = |path: PathBuf| -> Result<()> {
        let meta = std::fs::metadata(&path).attempt("stat", &path)?;
        files.insert((meta.dev(), meta.ino()), path);
        Ok(())
    };
    for reader in readers {
        add(reader.root().join(file))?;
        if let (Some(driver), Some(item)) = (driver, reader.item())
            && let Some(behind) = driver.backing_file(item, file)?
        {
            add(behind)?;
        }
    }
    let pages = files
        .values()
        .map(|path| Ok(cachestat::cached(path)?.pages))
        .sum::<Result<u64>>()?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// The proportional set size of mappings together, in bytes: every page is shared out among those who map it. `None`
/// where the kernel does not tell.
pub(super) fn mapped(libraries: &[Library]) -> Result<Option<u64>> {
    let path = "/proc/self/smaps";
    let text = std::fs::read_to_string(path).attempt("read", path)?;
    let all: Vec<Range<usize>> = libraries.iter().map(Library::addresses).collect();
    Ok(proportional(&text, &all))
}

/// The sum of `Pss` of the mappings in smaps (proc_pid_smaps(5)) that begin within one of the ranges.
fn proportional(smaps: &str, ranges: &[Range<usize>]) -> Option<u64> {
    let mut inside = false;
    let mut sum = None;
    for line in smaps.lines() {
        let word = line.split_ascii_whitespace().next().unwrap_or_default();
        if let Some(kib) = line.strip_prefix("Pss:") {
            if inside {
                let kib: u64 = kib.trim().strip_suffix(" kB")?.parse().ok()?;
                sum = Some(sum.unwrap_or(0) + kib * 1024);
            }
        } else if let Some((start, _)) = word.split_once('-')
            && let Ok(start) = usize::from_str_radix(start, 16)
        {
            inside = ranges.iter().any(|range| range.contains(&start));
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
7f0000000000-7f0000100000 r--p 00000000 07:00 12    /m/a/lib
Size:               1024 kB
Pss:                 512 kB
Pss_Dirty:             9 kB
VmFlags: rd mr mw me
7f0000200000-7f0000300000 r--p 00000000 07:00 12    /m/b/lib
Pss:                 500 kB
7f0000400000-7f0000500000 r-xp 00000000 07:00 99    /usr/lib/other
Pss:                 100 kB
";

    #[test]
    fn only_own_mappings_count() {
        let ranges = [
            0x7f00_0000_0000..0x7f00_0010_0000,
            0x7f00_0020_0000..0x7f00_0030_0000,
        ];
        assert_eq!(proportional(SMAPS, &ranges), Some(1012 << 10));
        assert_eq!(proportional(SMAPS, &ranges[..1]), Some(512 << 10));
        assert_eq!(proportional(SMAPS, &[]), None);
        let untold = SMAPS.replace("Pss:", "Rss:");
        assert_eq!(proportional(&untold, &ranges), None);
    }

    #[test]
    fn two_mappings_of_one_file_take_its_size_once() {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = dir.path().join("lib");
        std::fs::write(&path, vec![7_u8; 1 << 20]).unwrap();
        let libraries = [Library::map(&path).unwrap(), Library::map(&path).unwrap()];
        for library in &libraries {
            library.touch();
        }
        assert_eq!(mapped(&libraries).unwrap(), Some(1 << 20));
        let one = mapped(&libraries[..1]).unwrap();
        assert_eq!(one, Some(512 << 10));
        let dir = dir.path().to_owned();
        let shown = [Shown::Directory(dir.clone()), Shown::Directory(dir)];
        assert_eq!(cached(None, &shown, Path::new("lib")).unwrap(), 1 << 20);
    }
}
