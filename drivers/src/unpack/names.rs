//! The names in a directory, some at a time: a directory of millions does not fill the memory.

use std::ffi::CString;
use std::os::fd::AsFd;

use super::entry::shown;
use crate::error::{Error, Result};

/// Taken at once; most directories have fewer.
const AT_ONCE: usize = 10_000;

/// See the module text.
pub(super) struct Names {
    /// Closed as soon as everything is read.
    listing: Option<rustix::fs::Dir>,
}

impl Names {
    pub(super) fn of(fd: impl AsFd, path: &[u8]) -> Result<Self> {
        let listing =
            rustix::fs::Dir::read_from(fd).map_err(|e| Error::io("list", shown(path), e))?;
        Ok(Self {
            listing: Some(listing),
        })
    }

    /// The next names, at least one, or `None` at the end.
    pub(super) fn next(&mut self, path: &[u8]) -> Result<Option<Vec<CString>>> {
        self.at_most(AT_ONCE, path)
    }

    fn at_most(&mut self, most: usize, path: &[u8]) -> Result<Option<Vec<CString>>> {
        let mut names = Vec::new();
        while let Some(listing) = &mut self.listing
            && names.len() < most
        {
            match listing.next() {
                None => self.listing = None,
                Some(entry) => {
                    let entry = entry.map_err(|e| Error::io("list", shown(path), e))?;
                    if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                        names.push(entry.file_name().to_owned());
                    }
                }
            }
        }
        Ok((!names.is_empty()).then_some(names))
    }
}

/// Whether a directory has nothing in it. `lost+found` counts as something.
pub(super) fn is_empty(fd: impl AsFd, path: &[u8]) -> Result<bool> {
    let names = Names::of(fd, path)?.at_most(1, path)?;
    Ok(names.is_none())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_comes_once() {
        let dir = tempfile::tempdir().unwrap();
        let fd = std::fs::File::open(dir.path()).unwrap();
        assert!(is_empty(&fd, b"").unwrap());
        for i in 0..25 {
            std::fs::write(dir.path().join(format!("f{i}")), "").unwrap();
        }
        assert!(!is_empty(&fd, b"").unwrap());
        let mut names = Names::of(&fd, b"").unwrap();
        let (mut all, mut looks) = (BTreeSet::new(), 0);
        while let Some(some) = names.at_most(10, b"").unwrap() {
            assert!(some.len() <= 10);
            all.extend(some);
            looks += 1;
        }
        assert_eq!((all.len(), looks), (25, 3));
        assert!(names.at_most(10, b"").unwrap().is_none());
    }
}
