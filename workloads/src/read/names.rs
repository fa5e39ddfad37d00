//! The names that are looked up: files in a few directories of the lowest layer, and what every layer above adds to each.

use std::ffi::CString;
use std::path::PathBuf;

use drivers::{Error, ErrorKind, Result};

use crate::fixture::FixtureFile;

/// Directories. Every layer of a stack has all of them, so that each is merged from as many parts as there are layers.
const DIRECTORIES: u32 = 4;
/// Bytes of a small file.
pub(super) const SIZE: u64 = 16;

/// The names in a stack, ready for system calls.
#[derive(Debug)]
pub(super) struct Names {
    /// Files of the lowest layer.
    pub(super) files: Vec<CString>,
    /// As many that do not exist, in the same directories.
    pub(super) missing: Vec<CString>,
    pub(super) directories: Vec<CString>,
    /// Names in all directories together, without `.` and `..`.
    pub(super) entries: u64,
}

impl Names {
    pub(super) fn new(files: u32, depth: u32) -> Result<Self> {
        let all = |name: &dyn Fn(u32) -> String, count: u32| -> Result<Vec<CString>> {
            let names = (0..count).map(|n| CString::new(name(n)));
            names
                .collect::<std::result::Result<_, _>>()
                .map_err(|e| Error::new(ErrorKind::BadInput, "name a file").because(e.to_string()))
        };
        Ok(Self {
            files: all(&file, files)?,
            missing: all(&|n| format!("{}/absent-{n:06}", directory(n)), files)?,
            directories: all(&directory, DIRECTORIES.min(files))?,
            entries: u64::from(files)
                + u64::from(depth.saturating_sub(1)) * u64::from(DIRECTORIES.min(files)),
        })
    }

    /// The files of the lowest layer.
    pub(super) fn lowest(&self) -> Vec<FixtureFile> {
        let names = self.files.iter();
        names.map(|name| small(name.to_string_lossy())).collect()
    }

    /// What the layer `level` adds.
    pub(super) fn added(level: u32) -> Vec<FixtureFile> {
        (0..DIRECTORIES)
            .map(|n| small(format!("{}/level-{level}", directory(n))))
            .collect()
    }

    /// Some of the files, to look at their pages.
    pub(super) fn sample(&self) -> Vec<PathBuf> {
        let names = self
            .files
            .iter()
            .step_by(self.files.len().div_ceil(8).max(1));
        names
            .map(|name| name.to_string_lossy().into_owned().into())
            .collect()
    }
}

fn small(name: impl Into<String>) -> FixtureFile {
    FixtureFile {
        name: name.into(),
        size: SIZE,
    }
}

fn directory(number: u32) -> String {
    format!("d{}", number % DIRECTORIES)
}

fn file(number: u32) -> String {
    format!("{}/file-{number:06}", directory(number))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_stack_holds_what_is_looked_for_and_not_what_is_missing() {
        for (files, depth) in [(40, 4), (3, 1)] {
            let names = Names::new(files, depth).unwrap();
            let there: BTreeSet<String> = names
                .lowest()
                .into_iter()
                .chain((1..depth).flat_map(Names::added))
                .map(|file| file.name)
                .collect();
            assert_eq!(there.len() as u64, names.entries);
            let text = |name: &CString| name.to_str().unwrap().to_owned();
            assert!(names.files.iter().all(|name| there.contains(&text(name))));
            assert!(
                names
                    .missing
                    .iter()
                    .all(|name| !there.contains(&text(name)))
            );
            assert_eq!(names.missing.len(), names.files.len());
            assert!((1..=9).contains(&names.sample().len()));
        }
    }
}
