//! Archives damaged at random, from a fixed seed: an error is fine, a panic or a touched victim is not.

use super::ground::{Ground, Tar};
use crate::error::ErrorKind;
use crate::unpack::{Below, Deletions, Limits};
use crate::view::View;

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }
}

/// A bit of everything, with victims in reach.
fn healthy() -> Vec<u8> {
    Tar::new()
        .dir("./")
        .dir("d/")
        .file("d/a", "content")
        .symlink("up", "../victim")
        .symlink("abs", "/etc")
        .file("up/file", "evil")
        .hard("h", "d/a")
        .file("d/.wh.b", "")
        .file("low/.wh..wh..opq", "")
        .pax(&[
            ("path", b"p/q/r"),
            ("mtime", b"-1.5"),
            ("SCHILY.xattr.user.x", b"1"),
            ("size", b"3"),
        ])
        .file("x", "abc")
        .pax(&[
            ("GNU.sparse.map", b"1000,2,5000,1"),
            ("GNU.sparse.size", b"6000"),
            ("GNU.sparse.name", b"s"),
        ])
        .file("x", "abc")
        .pax(&[(
            "SCHILY.acl.access",
            b"user::rwx,user:1:rw-,group::r-x,mask::rwx,other::---",
        )])
        .file(&"long/".repeat(40), "z")
        .symlink("low", &"t/".repeat(80))
        .dir("low/")
        .file("low/.wh.x", "")
        .done()
}

/// Puts right the checksum of every block that was a header, so that damage is looked at more closely.
fn mend(archive: &mut [u8], original: &[u8]) {
    for (block, was) in archive
        .chunks_exact_mut(512)
        .zip(original.chunks_exact(512))
    {
        let text = |bytes: &[u8]| {
            std::str::from_utf8(&bytes[148..154])
                .ok()
                .and_then(|t| u32::from_str_radix(t, 8).ok())
        };
        let sum = |bytes: &[u8]| -> u32 {
            bytes[..148]
                .iter()
                .chain(&bytes[156..])
                .map(|b| u32::from(*b))
                .sum::<u32>()
                + 8 * 32
        };
        if text(was) == Some(sum(was)) {
            let fixed = format!("{:06o}\0 ", sum(block));
            block[148..156].copy_from_slice(fixed.as_bytes());
        }
    }
}

#[test]
fn damage_never_panics_nor_leaves_the_stage() {
    let original = healthy();
    let mut random = Random(7);
    let (mut applied, mut refused) = (0, 0);
    for round in 0..600 {
        let mut archive = original.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(archive.len());
            // Headers rather than padding, names and numbers rather than the rest.
            let at = if random.below(4) > 0 {
                at / 512 * 512 + random.below(260)
            } else {
                at
            };
            match random.below(3) {
                0 => archive[at] ^= 1 << random.below(8),
                1 => archive[at] = b"/.0127\0\xff\nxgKLS"[random.below(14)],
                _ => archive[at] = random.next().to_le_bytes()[0],
            }
        }
        mend(&mut archive, &original);
        if random.below(4) == 0 {
            archive.truncate(random.below(archive.len()));
        }
        let ground = Ground::new();
        let small = Limits {
            entries: 100,
            bytes: 1 << 24,
            path_bytes: 4096,
            ..Limits::default()
        };
        let (below, deletions) = match round % 3 {
            0 => (Below::Nothing, Deletions::Remove),
            1 => (Below::Merged, Deletions::Remove),
            _ => (
                Below::Apart(View::plain(ground.path("lower"))),
                Deletions::Overlay {
                    xattr_prefix: "trusted.overlay.",
                },
            ),
        };
        if round % 3 == 1 {
            ground
                .lowest(
                    &Tar::new()
                        .dir("d/")
                        .file("d/b", "")
                        .symlink("low", "d")
                        .done(),
                )
                .unwrap();
        }
        match ground.apply_limited(below, deletions, &archive, &small) {
            Ok(_) => applied += 1,
            Err(error) => {
                assert!(!error.to_string().contains('\n'), "{error}");
                let kind = error.kind();
                assert!(
                    matches!(kind, ErrorKind::BadInput | ErrorKind::Unsupported),
                    "round {round}: {kind:?} {error}"
                );
                refused += 1;
            }
        }
    }
    // Both happen, or the damage is not worth its name.
    assert!(
        applied > 50 && refused > 50,
        "{applied} applied, {refused} refused"
    );
}

#[test]
fn every_truncation_is_refused_or_ends_between_entries() {
    let archive = Tar::new()
        .file("a", "x")
        .pax(&[("path", b"b")])
        .file("y", "content")
        .cut();
    let near = [
        0, 511, 512, 1023, 1024, 1025, 1535, 1536, 2047, 2048, 2559, 2560,
    ];
    for length in near.into_iter().chain((100..archive.len()).step_by(97)) {
        let outcome = Ground::new().lowest(&archive[..length]);
        // After nothing, and after the first file with its padding.
        assert_eq!(outcome.is_ok(), matches!(length, 0 | 1024), "{length}");
        if let Err(error) = outcome {
            assert_eq!(error.kind(), ErrorKind::BadInput);
        }
    }
}
