//! Which names entries of the archive have made: whiteouts of the same archive must not touch them.
//!
//! An archive may hold millions of entries with long names. Kept are 16 bytes of each, a keyed hash: that two names of
//! one archive share it is less likely than a fault of the memory, and without the key nobody can make it happen.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

use super::dir::Id;

/// See the module text.
#[derive(Default)]
pub(super) struct Made {
    names: HashSet<(u64, u64), BuildHasherDefault<Hashed>>,
    keys: (RandomState, RandomState),
}

impl Made {
    pub(super) fn add(&mut self, dir: Id, name: &[u8]) {
        self.names.insert(self.hash(dir, name));
    }

    pub(super) fn contains(&self, dir: Id, name: &[u8]) -> bool {
        self.names.contains(&self.hash(dir, name))
    }

    fn hash(&self, dir: Id, name: &[u8]) -> (u64, u64) {
        let (one, other) = &self.keys;
        (one.hash_one((dir, name)), other.hash_one((dir, name)))
    }
}

/// Takes what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_belong_to_their_directory() {
        let mut made = Made::default();
        for i in 0..10_000_u64 {
            made.add((1, i % 100), &i.to_le_bytes());
        }
        made.add((1, 2), b"");
        for i in 0..10_000_u64 {
            assert!(made.contains((1, i % 100), &i.to_le_bytes()));
            assert!(!made.contains((2, i % 100), &i.to_le_bytes()));
            assert!(!made.contains((1, (i + 1) % 100), &i.to_le_bytes()));
        }
        assert!(made.contains((1, 2), b"") && !made.contains((1, 3), b""));
        assert_eq!(made.names.len(), 10_001);
    }
}
