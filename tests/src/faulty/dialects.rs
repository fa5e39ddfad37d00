//! Archives misread: what a driver makes of them that does not know all that tar can say.

use tar::EntryType;

use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};

const BLOCK: usize = 512;

/// What an archive means to a driver with this fault.
pub(super) fn misread(fault: Fault, mut tar: Vec<u8>) -> Vec<u8> {
    match fault {
        Fault::ExtendedHeadersAreFiles => {
            for block in tar.chunks_exact_mut(BLOCK) {
                if &block[257..262] == b"ustar" && block[156] == b'x' {
                    retype(block, b'0');
                }
            }
            tar
        }
        Fault::PrefixesIgnored => {
            for block in tar.chunks_exact_mut(BLOCK) {
                if block[257..].starts_with(b"ustar\0") {
                    block[345..500].fill(0);
                    retype(block, block[156]);
                }
            }
            tar
        }
        Fault::SparseFilesUnknown => {
            // The maps of PAX lose their names, and the old header its type.
            let known = b"GNU.sparse.";
            for at in 0..tar.len().saturating_sub(known.len()) {
                if &tar[at..at + known.len()] == known {
                    tar[at..at + 3].copy_from_slice(b"XXX");
                }
            }
            for block in tar.chunks_exact_mut(BLOCK) {
                if &block[257..262] == b"ustar" && block[156] == b'S' {
                    retype(block, b'0');
                }
            }
            tar
        }
        Fault::ArchivesJoined => {
            let full = tar
                .chunks(BLOCK)
                .filter(|block| block.iter().any(|b| *b != 0));
            let mut tar = full.collect::<Vec<_>>().concat();
            tar.resize(tar.len() + 2 * BLOCK, 0);
            tar
        }
        Fault::MarksObeyed => each(tar, |entry| {
            if entry.xattrs.iter().any(|(name, _)| steers(name)) {
                (entry.path, entry.kind) = (b".wh..wh..opq".to_vec(), EntryType::Regular);
                entry.xattrs.clear();
            }
        }),
        Fault::AufsNamesKept => each(tar, |entry| {
            let path = String::from_utf8_lossy(&entry.path).replace(".wh..wh.", "aufs.");
            entry.path = path.into_bytes();
        }),
        _ => tar,
    }
}

fn each(tar: Vec<u8>, change: impl Fn(&mut Entry)) -> Vec<u8> {
    let Some(mut entries) = archive::read(&tar) else {
        return tar;
    };
    entries.iter_mut().for_each(change);
    archive::write(&entries)
}

/// Whether an attribute means something to an overlay.
fn steers(name: &[u8]) -> bool {
    [
        &b"trusted.overlay."[..],
        b"user.overlay.",
        b"user.containers.",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}

/// Gives a header another type, and the checksum for it.
fn retype(header: &mut [u8], kind: u8) {
    header[156] = kind;
    let sum: u32 = header[..148]
        .iter()
        .chain(&header[156..])
        .map(|byte| u32::from(*byte))
        .sum();
    header[148..156].copy_from_slice(format!("{:06o}\0 ", sum + 8 * 32).as_bytes());
}
