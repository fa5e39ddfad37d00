//! Compares two exports of one change set, entry by entry; differences that declared capabilities explain are told apart.

use std::collections::{BTreeMap, BTreeSet};

use drivers::Capabilities;
use tar::EntryType;

use crate::oracle::archive::{self, Entry};
use crate::oracle::compare::show;
use crate::oracle::model::Model;

/// What differs, in words.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// As declared, each with the capability that explains it.
    pub(super) explained: BTreeSet<String>,
    /// As nobody declared.
    pub(super) unexplained: Vec<String>,
}

/// The differences of two archives of the same changes of `below`.
pub(super) fn compare(
    below: &Model,
    (a, of_a): (&[u8], &Capabilities),
    (b, of_b): (&[u8], &Capabilities),
) -> Differences {
    let mut found = Differences::default();
    let (Some(a), Some(b)) = (read(a), read(b)) else {
        found
            .unexplained
            .push("an archive that cannot be read".to_owned());
        return found;
    };
    let rules = Rules { below, of_a, of_b };
    let paths: BTreeSet<_> = a.keys().chain(b.keys()).collect();
    for path in paths {
        let (one, other) = (a.get(path), b.get(path));
        let words = match (one, other) {
            (Some(one), Some(other)) => rules.differ(one, other),
            (Some(one), None) | (None, Some(one)) => rules.only(one),
            (None, None) => continue,
        };
        for (what, capability) in words {
            let path = show(path);
            match capability {
                Some(name) => {
                    found.explained.insert(format!("{path}: {what} ({name})"));
                }
                None => found.unexplained.push(format!("{path}: {what}")),
            }
        }
    }
    found
}

fn read(tar: &[u8]) -> Option<BTreeMap<Vec<u8>, Entry>> {
    let entries = archive::read(tar)?;
    Some(
        entries
            .into_iter()
            .map(|entry| (entry.path.clone(), entry))
            .collect(),
    )
}

/// What differs, and the name of the capability that explains it.
type Words = Vec<(String, Option<&'static str>)>;

struct Rules<'a> {
    below: &'a Model,
    of_a: &'a Capabilities,
    of_b: &'a Capabilities,
}

impl Rules<'_> {
    /// The capability's name, if a driver lacks it.
    fn lacking(&self, name: &'static str, has: fn(&Capabilities) -> bool) -> Option<&'static str> {
        (!has(self.of_a) || !has(self.of_b)).then_some(name)
    }

    /// What follows from how a driver treats lower files with several names.
    fn links(&self, entry: &Entry) -> Option<&'static str> {
        let path = entry.path.strip_suffix(b"/").unwrap_or(&entry.path);
        let of = |path: &[u8]| {
            self.below
                .at(path)
                .is_some_and(|ino| self.below.was_linked(ino))
        };
        if !of(path) && !of(&entry.target) {
            return None;
        }
        self.lacking("hard_links_survive_copy_up", |c| {
            c.hard_links_survive_copy_up
        })
        .or_else(|| self.lacking("writes_to_links_last", |c| c.writes_to_links_last))
    }

    fn only(&self, entry: &Entry) -> Words {
        let why = match entry.kind {
            EntryType::Directory => self.lacking("lower_dir_attributes_survive_copy_up", |c| {
                c.lower_dir_attributes_survive_copy_up
            }),
            EntryType::Char | EntryType::Block => self.lacking("device_nodes", |c| c.device_nodes),
            _ => None,
        };
        vec![(
            "only one has it".to_owned(),
            why.or_else(|| self.links(entry)),
        )]
    }

    fn differ(&self, a: &Entry, b: &Entry) -> Words {
        let mut words = Words::new();
        let links = self.links(a).or_else(|| self.links(b));
        if (a.kind, &a.target) != (b.kind, &b.target) || a.device != b.device {
            let one_is_a_link = [a, b].iter().any(|entry| entry.kind == EntryType::Link);
            let counted = self
                .lacking("link_counts_follow", |c| c.link_counts_follow)
                .filter(|_| one_is_a_link);
            words.push((format!("{:?} or {:?}", a.kind, b.kind), links.or(counted)));
            // Of a link nothing else is its own.
            return words;
        }
        let directory = a.kind == EntryType::Directory;
        let of_dir = || {
            let lost = |c: &Capabilities| c.lower_dir_attributes_survive_copy_up;
            self.lacking("lower_dir_attributes_survive_copy_up", lost)
                .filter(|_| directory)
        };
        let of_symlink = || {
            let lost = |c: &Capabilities| c.symlink_attributes_survive_copy_up;
            self.lacking("symlink_attributes_survive_copy_up", lost)
                .filter(|_| a.kind == EntryType::Symlink)
        };
        if a.data != b.data {
            words.push(("content".to_owned(), links));
        }
        if a.mode != b.mode {
            let set_id = (a.mode ^ b.mode) & !0o6000 == 0;
            let why = self
                .lacking("setuid_survives_copy_up", |c| c.setuid_survives_copy_up)
                .filter(|_| set_id);
            let what = format!("mode {:o} or {:o}", a.mode, b.mode);
            words.push((what, why.or_else(of_dir).or(links)));
        }
        if (a.uid, a.gid) != (b.uid, b.gid) {
            let what = format!("owner {}:{} or {}:{}", a.uid, a.gid, b.uid, b.gid);
            let why = self.lacking("arbitrary_owners", |c| c.arbitrary_owners);
            words.push((what, why.or_else(of_symlink).or(links)));
        }
        if a.mtime != b.mtime {
            let what = format!("mtime {:?} or {:?}", a.mtime, b.mtime);
            let why = self
                .lacking("mtime_granularity_ns", |c| c.mtime_granularity_ns == 1)
                .filter(|_| a.mtime.0 == b.mtime.0);
            words.push((what, why.or_else(of_dir).or_else(of_symlink).or(links)));
        }
        let names = |entry: &Entry| entry.xattrs.iter().cloned().collect::<BTreeMap<_, _>>();
        let (in_a, in_b) = (names(a), names(b));
        for name in in_a.keys().chain(in_b.keys()).collect::<BTreeSet<_>>() {
            if in_a.get(name) != in_b.get(name) {
                let why = if name.starts_with(b"system.posix_acl") {
                    self.lacking("posix_acl", |c| c.posix_acl)
                } else if name.starts_with(b"user.") {
                    self.lacking("xattr_user", |c| c.xattr_user)
                } else {
                    self.lacking("xattr_privileged", |c| c.xattr_privileged)
                };
                words.push((show(name), why.or(links)));
            }
        }
        words
    }
}
