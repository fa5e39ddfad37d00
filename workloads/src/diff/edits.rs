//! Changes spread over a tree: of ten, six files are written anew, two are new, one gets another mode, one is deleted.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Change, ChangeKind, Error, ErrorKind, LayerId, Result};

use crate::tree::Tree;

/// So many changes to a tree, the same for the same seed.
#[derive(Debug, Clone, Copy)]
pub struct Edits {
    /// What is changed.
    pub tree: Tree,
    /// Paths that are changed; at most as many as there are files.
    pub count: u32,
    /// Where the first one is.
    pub seed: u64,
}

impl Edits {
    /// Every path that changes, and how.
    fn all(&self) -> impl Iterator<Item = (u32, PathBuf, ChangeKind)> {
        let Self { tree, count, seed } = *self;
        let files = u64::from(tree.files.max(1));
        // Even steps reach as many directories as there are, or as there are changes.
        let step = (files / u64::from(count.max(1))).max(1);
        (0..count).map(move |number| {
            let at = (seed % files + u64::from(number) * step) % files;
            let file = u32::try_from(at).unwrap_or(0);
            let path = Tree::path(file);
            match number % 10 {
                6 | 7 => (number, path.with_extension("new"), ChangeKind::Added),
                9 => (number, path, ChangeKind::Deleted),
                _ => (number, path, ChangeKind::Modified),
            }
        })
    }

    /// The name of the layer they make on `parent`.
    pub(super) fn layer(&self, parent: &LayerId) -> Result<LayerId> {
        use sha2::Digest as _;
        let text = format!(
            "layerbench diff: {} changes, seed {}",
            self.count, self.seed
        );
        let digest = drivers::ids::hex(&sha2::Sha256::digest(text));
        LayerId::chain(Some(parent), &format!("sha256:{digest}"))
    }

    /// Makes them in a root that shows the tree.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn make(&self, root: &Path) -> Result<()> {
        let op = "change";
        for (number, path, kind) in self.all() {
            let path = root.join(path);
            match kind {
                ChangeKind::Deleted => fs::remove_file(&path),
                ChangeKind::Modified if number % 10 == 8 => {
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
                }
                // Another length too: equal ones would be told apart by their times only.
                _ => fs::write(&path, format!("change {number} of seed {}", self.seed)),
            }
            .attempt(op, &path)?;
        }
        Ok(())
    }

    /// Refuses a list that lacks one of the changes, or has one more. Directories they were made in may be in it.
    ///
    /// # Errors
    /// `Corrupt`, with the first path.
    pub fn check(&self, found: &[Change]) -> Result<()> {
        let wrong = |path: &[u8], what: &str| {
            let path = String::from_utf8_lossy(path).into_owned();
            Err(Error::new(ErrorKind::Corrupt, "check the changes found")
                .because(format!("{path:?} {what}")))
        };
        let mut wanted: BTreeMap<Vec<u8>, ChangeKind> = self
            .all()
            .map(|(_, path, kind)| (path.into_os_string().into_encoded_bytes(), kind))
            .collect();
        for change in found {
            match wanted.remove(&change.path) {
                Some(kind) if kind == change.kind => {}
                Some(kind) => {
                    let what = format!("was {kind:?}, and is told as {:?}", change.kind);
                    return wrong(&change.path, &what);
                }
                // The root and the directories of the tree.
                None if !change.path.contains(&b'/') => {}
                None => return wrong(&change.path, "was not changed, and is told as changed"),
            }
        }
        wanted.first_key_value().map_or(Ok(()), |(path, _)| {
            wrong(path, "was changed, and is not told")
        })
    }
}

#[cfg(test)]
mod tests {
    use drivers::changes;

    use super::*;

    #[test]
    fn what_is_made_is_what_a_comparison_finds() {
        let tree = Tree {
            files: 120,
            bytes: 30,
        };
        let dir = tempfile::tempdir().unwrap();
        for count in [0, 1, 10, 37, 120] {
            let [a, b] = ["a", "b"].map(|name| dir.path().join(format!("{name}{count}")));
            for dir in [&a, &b] {
                fs::create_dir(dir).unwrap();
                tree.write(dir).unwrap();
            }
            let edits = Edits {
                tree,
                count,
                seed: 0xFFFF_FFFF_FFFF_FFF7,
            };
            edits.make(&b).unwrap();
            let found = changes::compare(Some(&a), &b).unwrap();
            edits.check(&found).unwrap();
            if count < 10 {
                continue;
            }
            let kinds = |kind| found.iter().filter(|c| c.kind == kind).count();
            assert_eq!(kinds(ChangeKind::Deleted), count as usize / 10);
            // One too few, one too many, one of another kind.
            let last = found.iter().rposition(|c| c.path.contains(&b'/')).unwrap();
            let mut less = found.clone();
            drop(less.remove(last));
            assert!(edits.check(&less).is_err());
            let mut more = found.clone();
            more.push(Change {
                path: b"d0/other".to_vec(),
                kind: ChangeKind::Added,
            });
            assert!(edits.check(&more).is_err());
            let mut other = found;
            other[last].kind = match other[last].kind {
                ChangeKind::Added => ChangeKind::Modified,
                _ => ChangeKind::Added,
            };
            assert!(edits.check(&other).is_err());
        }
    }
}
