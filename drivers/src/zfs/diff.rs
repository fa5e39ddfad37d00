//! Which objects of two snapshots differ, and where to look for them: what `zfs diff` does, without what it leaves out.
//!
//! `zfs diff` names an object by asking for the directory noted as its parent. Of a file that was linked into another
//! directory and removed there, that directory has no name any more (OpenZFS notes the last one linked, and nothing when
//! a link goes): `zfs diff` then finds neither side and prints nothing, though the file was written to. It also cuts paths
//! at 4,095 bytes. So its two requests are made here, and an object that cannot be named is known as such.
//!
//! A request for the path of something below more than 8 KiB of directories is answered past the end of the module's
//! buffer (`zfs_obj_to_path_impl`: only an assertion guards it, up to 2.3 at least). `zfs diff` has the same fault.

use std::collections::HashSet;

use super::labels;
use crate::error::{Attempt as _, Result};
use crate::sys::zfs::{Device, Object};

/// What differs between two snapshots.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Diff {
    /// Objects that differ, or are in one of them only.
    pub(super) objects: HashSet<u64>,
    /// Paths in the newer one that have to lead to a changed object.
    pub(super) leads: Vec<Vec<u8>>,
    /// Paths that may.
    pub(super) hints: Vec<Vec<u8>>,
}

/// What `zfs diff` shows an extended attribute under that is an object of its own.
pub(super) const ATTRIBUTES: &[u8] = b"/<xattrdir>";

const TYPE: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;

/// Why the requests cannot be made here, if so: the root of the dataset is asked for, of which `number` and `mode` are
/// known.
pub(super) fn unusable(dataset: &str, number: u64, mode: u32) -> Option<String> {
    let root =
        Device::open(labels::DEVICE.as_ref()).and_then(|device| device.object(dataset, number));
    match root {
        Err(error) => Some(format!(
            "this module does not answer the requests of zfs diff: {error}"
        )),
        Ok(Some(root)) if root.mode == mode && root.path.as_deref() == Some(b"/") => None,
        Ok(other) => Some(format!(
            "this module answers the requests of zfs diff in a way that is not understood: {other:?}"
        )),
    }
}

/// What differs; `None` where not every name of it can be known.
///
/// # Errors
/// The errno of a request.
pub(super) fn between(below: &str, above: &str) -> Result<Option<Diff>> {
    let op = "compare the snapshot";
    let device = Device::open(labels::DEVICE.as_ref()).attempt("open", labels::DEVICE)?;
    let mut diff = Diff::default();
    for number in device
        .written_since(below, above)
        .attempt(op, above)?
        .into_iter()
        .flatten()
    {
        let old = device.object(below, number).attempt(op, below)?;
        let new = device.object(above, number).attempt(op, above)?;
        if diff.add(number, old, new).is_none() {
            return Ok(None);
        }
    }
    Ok(Some(diff))
}

impl Diff {
    /// Takes an object in; `None` where its names cannot be known.
    fn add(&mut self, number: u64, old: Option<Object>, new: Option<Object>) -> Option<()> {
        let (old, new) = match (old, new) {
            (None, None) => return Some(()),
            (Some(old), Some(new)) if old.is_same(&new) => {
                if old.changed == new.changed {
                    return Some(());
                }
                (old, new)
            }
            // All its names are in directories that changed.
            (_, new) => {
                self.objects.insert(number);
                self.hints.extend(new.and_then(|new| new.owner()));
                return Some(());
            }
        };
        self.objects.insert(number);
        self.hints.extend(new.owner());
        if new.mode & TYPE == DIRECTORY {
            self.leads.push(new.path?);
            return Some(());
        }
        // Names that only one side has are in directories that changed; common ones are as many as the fewer names.
        if let (1, Some(path)) = (old.links, old.path) {
            // It may have moved.
            self.hints.push(path);
        } else if let (1, Some(path)) = (new.links, new.path) {
            self.leads.push(path);
        } else {
            return None;
        }
        Some(())
    }
}

impl Object {
    fn is_same(&self, newer: &Self) -> bool {
        (self.generation, self.mode & TYPE) == (newer.generation, newer.mode & TYPE)
    }

    /// Of an attribute that is an object of its own, the path of its file.
    fn owner(&self) -> Option<Vec<u8>> {
        let path = self.path.as_ref()?;
        let end = path
            .windows(ATTRIBUTES.len())
            .position(|window| window == ATTRIBUTES)?;
        Some(path[..end].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(mode: u32, links: u64, changed: u64, path: Option<&str>) -> Object {
        Object {
            generation: 7,
            mode,
            links,
            changed: [changed, 0],
            path: path.map(|path| path.as_bytes().to_vec()),
        }
    }

    fn of(old: Option<Object>, new: Option<Object>) -> Option<Diff> {
        let mut diff = Diff::default();
        diff.add(5, old, new)?;
        Some(diff)
    }

    fn some(objects: &[u64], leads: &[&str], hints: &[&str]) -> Option<Diff> {
        let paths = |paths: &[&str]| paths.iter().map(|path| path.as_bytes().to_vec()).collect();
        Some(Diff {
            objects: objects.iter().copied().collect(),
            leads: paths(leads),
            hints: paths(hints),
        })
    }

    const FILE: u32 = 0o100_644;
    const DIR: u32 = 0o040_755;

    #[test]
    fn what_shares_a_block_is_no_change() {
        let file = || Some(object(FILE, 1, 1, Some("/f")));
        assert_eq!(of(file(), file()), some(&[], &[], &[]));
        assert_eq!(of(None, None), some(&[], &[], &[]));
        // Nothing has to be known of it either.
        let nameless = || Some(object(FILE, 3, 1, None));
        assert_eq!(of(nameless(), nameless()), some(&[], &[], &[]));
    }

    #[test]
    fn what_is_in_one_only_needs_no_name() {
        let nameless = || Some(object(FILE, 2, 1, None));
        assert_eq!(of(None, nameless()), some(&[5], &[], &[]));
        assert_eq!(of(nameless(), None), some(&[5], &[], &[]));
        // The number was used again.
        let mut other = object(FILE, 1, 1, Some("/g"));
        other.generation = 8;
        assert_eq!(of(nameless(), Some(other)), some(&[5], &[], &[]));
        let swapped = Some(object(DIR, 2, 1, Some("/f")));
        assert_eq!(of(nameless(), swapped), some(&[5], &[], &[]));
    }

    #[test]
    fn a_changed_object_is_looked_for_under_the_name_that_both_may_have() {
        let one = |path| Some(object(FILE, 1, 1, path));
        let new = |links, path| Some(object(FILE, links, 2, path));
        assert_eq!(
            of(one(Some("/a/f")), new(1, Some("/a/f"))),
            some(&[5], &[], &["/a/f"])
        );
        assert_eq!(
            of(one(Some("/a/f")), new(2, Some("/b/g"))),
            some(&[5], &[], &["/a/f"])
        );
        assert_eq!(
            of(one(Some("/a/f")), new(1, None)),
            some(&[5], &[], &["/a/f"])
        );
        // The name below is not to be found, that above is.
        assert_eq!(
            of(one(None), new(1, Some("/a/f"))),
            some(&[5], &["/a/f"], &[])
        );
        let two = Some(object(FILE, 2, 1, Some("/b/g")));
        assert_eq!(of(two, new(1, Some("/a/f"))), some(&[5], &["/a/f"], &[]));
    }

    #[test]
    fn an_object_whose_names_cannot_be_known_is_not_passed_over() {
        let one = || Some(object(FILE, 1, 1, None));
        let two = || Some(object(FILE, 2, 1, Some("/f")));
        assert_eq!(of(one(), Some(object(FILE, 1, 2, None))), None);
        assert_eq!(of(two(), Some(object(FILE, 2, 2, Some("/f")))), None);
        assert_eq!(of(two(), Some(object(FILE, 3, 2, Some("/f")))), None);
        assert_eq!(
            of(Some(object(DIR, 2, 1, None)), Some(object(DIR, 2, 2, None))),
            None
        );
    }

    #[test]
    fn directories_lead_by_their_new_name() {
        let old = Some(object(DIR, 3, 1, Some("/d")));
        let new = Some(object(DIR, 4, 2, Some("/e/d")));
        assert_eq!(of(old, new), some(&[5], &["/e/d"], &[]));
    }

    #[test]
    fn an_attribute_points_to_its_file() {
        let new = Some(object(FILE, 1, 2, Some("/d/f/<xattrdir>/user.x")));
        assert_eq!(of(None, new.clone()), some(&[5], &[], &["/d/f"]));
        let old = Some(object(FILE, 1, 1, Some("/d/f/<xattrdir>/user.x")));
        assert_eq!(
            of(old, new),
            some(&[5], &[], &["/d/f", "/d/f/<xattrdir>/user.x"])
        );
    }
}
