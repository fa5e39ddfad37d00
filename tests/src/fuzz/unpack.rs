//! The body of the fuzz target for the unpacker.

use std::collections::BTreeMap;
use std::io::Read;

use drivers::ErrorKind;

use super::arena::Arena;
use super::program::Program;
use crate::oracle::model::Body;
use crate::oracle::seen::{self, Seen};

/// What came of one archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Came {
    /// It was unpacked.
    Applied,
    /// It was refused.
    Refused,
}

/// Gives a few bytes at a time, the first of them alone.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = into.len().min(self.0.len()).min(self.1);
        self.1 = self.1 % 700 + 13;
        into[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// Unpacks what the bytes say, and sees that nothing went wrong.
///
/// # Panics
/// When something did: a change outside, a refusal of an odd kind, or two readings that differ.
pub fn unpack(arena: &Arena, bytes: &[u8]) -> Came {
    let victim = arena.victim();
    let program = Program::read(bytes, victim.to_str().unwrap_or_default());
    let fast = arena.apply(program.onto, &mut &program.tar[..]);
    let tree = fast.is_ok().then(|| tree(arena));
    arena.check_outside();
    let slow = arena.apply(program.onto, &mut Slow(&program.tar, 1));
    arena.check_outside();
    match (fast, slow) {
        (Ok(fast), Ok(slow)) => {
            assert_eq!(fast, slow, "another reading does as much");
            let again = self::tree(arena);
            for (path, seen) in tree.as_ref().into_iter().flatten() {
                assert_eq!(Some(seen), again.get(path), "another tree at {path:?}");
            }
            assert_eq!(tree.map(|tree| tree.len()), Some(again.len()));
            Came::Applied
        }
        (Err(fast), Err(slow)) => {
            let kind = fast.kind();
            assert!(
                matches!(kind, ErrorKind::BadInput | ErrorKind::Unsupported),
                "refused as {kind:?}: {fast}"
            );
            assert_eq!(kind, slow.kind(), "{fast}; {slow}");
            let words = fast.to_string();
            assert!(!words.contains('\n') && words.len() < 4000, "{words}");
            Came::Refused
        }
        (fast, slow) => panic!("two readings differ: {fast:?}, {slow:?}"),
    }
}

/// The stage, without inode numbers and other accidents.
fn tree(arena: &Arena) -> BTreeMap<Vec<u8>, Seen> {
    let mut tree = seen::read(&arena.stage()).expect("the stage can be read");
    for seen in tree.values_mut() {
        seen.identity = (0, 0);
        // An overlay's whiteout: nobody sees its time.
        if seen.body == Body::Character(0, 0) {
            seen.mtime = (0, 0);
        }
    }
    tree
}
