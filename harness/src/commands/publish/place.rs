//! The directory of a site: written file by file, each whole or not at all. A list of its files with their digests says
//! that it is a site, and what of it was written by whom: nothing else in the directory is touched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{digest, is_below};
use crate::exit;
use crate::outfile::replace;

/// The list: `sha256sum --check files.sha256` checks it.
const LIST: &str = "files.sha256";
/// Its first line.
const MARK: &str = "# a site of layerbench publish; these files are its own";

/// A site that is being written.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    /// The files of the site that was there before.
    before: Vec<String>,
    /// Digests by name.
    written: BTreeMap<String, String>,
}

impl Place {
    /// Takes a directory that is not there yet, is empty, or holds a site. It is made with the first file.
    pub(super) fn open(dir: &Path) -> anyhow::Result<Self> {
        let before = match std::fs::read_to_string(dir.join(LIST)) {
            Ok(list) => read(&list),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| elsewhere("read", &dir.join(LIST))),
        };
        let Some(before) = before.or_else(|| (!dir.exists() || is_free(dir)).then(Vec::new)) else {
            return Err(exit::coded(
                exit::USAGE,
                format!(
                    "{} is not empty and no site of layerbench: nothing is written into it (--out DIR names another directory)",
                    dir.display()
                ),
            ));
        };
        Ok(Self {
            dir: dir.to_owned(),
            before,
            written: BTreeMap::new(),
        })
    }

    /// Where a file of the site is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Whether a file that was written has this content.
    pub(super) fn holds(&self, name: &str, bytes: &[u8]) -> anyhow::Result<bool> {
        let path = self.path(name);
        let there = std::fs::read(&path).with_context(|| elsewhere("read", &path))?;
        Ok(there == bytes)
    }

    /// Writes a file.
    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        write(&self.path(name), bytes)?;
        self.written.insert(name.to_owned(), digest(bytes));
        Ok(())
    }

    /// Removes what the site before had and this one has not, and writes the list.
    pub(super) fn close(self) -> anyhow::Result<()> {
        for name in &self.before {
            if !self.written.contains_key(name) {
                self.remove(name)?;
            }
        }
        let lines = self
            .written
            .iter()
            .map(|(name, digest)| format!("{digest}  {name}\n"));
        let list = format!("{MARK}\n{}", lines.collect::<String>());
        write(&self.dir.join(LIST), list.as_bytes())
    }

    fn remove(&self, name: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {}", path.display()));
            }
            _ => {}
        }
        // Directories that are empty now; one that is not, or is the site, ends it.
        let mut dir = path.parent();
        while let Some(parent) = dir.filter(|parent| *parent != self.dir) {
            if std::fs::remove_dir(parent).is_err() {
                break;
            }
            dir = parent.parent();
        }
        Ok(())
    }
}

/// The files of a list; `None` when it is not ours.
fn read(list: &str) -> Option<Vec<String>> {
    let mut lines = list.lines();
    if lines.next() != Some(MARK) {
        return None;
    }
    let names = lines
        .filter_map(|line| line.split_once("  "))
        .map(|(_, name)| name);
    // The list may have been written by anybody: it must not lead out of the directory.
    Some(
        names
            .filter(|name| is_below(Path::new(name)))
            .map(str::to_owned)
            .collect(),
    )
}

/// Whether a directory has nothing in it but what begins with a dot, such as `.git`.
fn is_free(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|entries| {
        entries
            .flatten()
            .all(|entry| entry.file_name().to_string_lossy().starts_with('.'))
    })
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let what = || elsewhere("write", path);
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).with_context(what)?;
    replace(path, bytes).with_context(what)
}

fn elsewhere(what: &str, path: &Path) -> String {
    format!(
        "could not {what} {} (--out DIR names another directory)",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_replaces_itself_and_touches_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("site");
        let mut first = Place::open(&out).unwrap();
        first.put("index.html", b"1").unwrap();
        first.put("runs/a/index.html", b"a").unwrap();
        first.put("runs/b/index.html", b"b").unwrap();
        first.close().unwrap();
        std::fs::write(out.join("runs/a/notes"), "mine").unwrap();
        let mut second = Place::open(&out).unwrap();
        second.put("index.html", b"2").unwrap();
        second.close().unwrap();
        assert_eq!(std::fs::read(out.join("index.html")).unwrap(), b"2");
        assert!(!out.join("runs/b").exists() && !out.join("runs/a/index.html").exists());
        assert!(out.join("runs/a/notes").exists());
        assert_eq!(
            std::fs::read_to_string(out.join(LIST)).unwrap(),
            format!("{MARK}\n{}  index.html\n", digest(b"2"))
        );
    }

    #[test]
    fn what_is_no_site_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(".nojekyll"), "").unwrap();
        Place::open(dir.path()).unwrap();
        std::fs::write(dir.path().join("precious"), "p").unwrap();
        let error = Place::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("--out"), "{error}");
        std::fs::write(dir.path().join(LIST), "00  precious\n").unwrap();
        assert!(Place::open(dir.path()).is_err());
    }

    #[test]
    fn a_list_cannot_have_anything_outside_removed() {
        let list = format!("{MARK}\n00  ../precious\n00  /etc/x\n00  a/b\n");
        assert_eq!(read(&list).unwrap(), ["a/b"]);
        assert_eq!(read("00  a\n"), None);
    }
}
