//! From bytes to an archive: either the archive itself, its checksums put right, or entries that are chosen one by one
//! from names, links and attributes that matter, and then damaged.

use tar::EntryType;

use super::arena::Onto;
use super::choices::Choices;
use crate::oracle::archive::{self, Entry};

/// Entries of one program.
const ENTRIES_MAX: usize = 40;
const BLOCK: usize = 512;
/// The first names to choose from that lead nowhere odd.
const HARMLESS: usize = 10;
/// What paths start with.
const PREFIXES: [&[u8]; 24] = [
    b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"",
    b"", b"./", b".//", b"/", b"../",
];

/// An archive and what it is unpacked onto.
#[derive(Debug)]
pub struct Program {
    /// What it is unpacked onto.
    pub onto: Onto,
    /// The archive.
    pub tar: Vec<u8>,
}

/// The first byte of a program that is an archive as it is; chosen entries follow any lower number.
pub const RAW: u8 = 0x80;

impl Program {
    /// Reads a program; `victim` is the absolute path of what names and links may lead to.
    pub fn read(bytes: &[u8], victim: &str) -> Self {
        let mut choices = Choices(bytes);
        let how = choices.byte();
        let onto = match how & 3 {
            0 => Onto::Nothing,
            1 => Onto::Content,
            2 => Onto::Overlay,
            _ => Onto::Unknown,
        };
        let tar = if how & RAW == 0 {
            chosen(&mut choices, victim)
        } else {
            let mut tar = choices.0.to_vec();
            mend(&mut tar);
            tar
        };
        Self { onto, tar }
    }
}

/// Puts right the checksum of everything that looks like a header: chance alone hardly ever finds one.
fn mend(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(BLOCK) {
        if &block[257..262] == b"ustar" {
            let sum: u32 = block[..148]
                .iter()
                .chain(&block[156..])
                .map(|byte| u32::from(*byte))
                .sum();
            let text = format!("{:06o}\0 ", sum + 8 * 32);
            block[148..156].copy_from_slice(text.as_bytes());
        }
    }
}

fn chosen(choices: &mut Choices<'_>, victim: &str) -> Vec<u8> {
    let mut tar = Vec::new();
    for _ in 0..ENTRIES_MAX {
        if choices.is_empty() {
            break;
        }
        let entry = entry(choices, victim);
        let mut records = Vec::new();
        while choices.once_in(8) {
            records.push(record(choices, victim));
        }
        if !records.is_empty() {
            let header = Entry {
                data: archive::records(&records),
                mtime: (0, 0),
                ..Entry::new(EntryType::XHeader, "PaxHeaders/x")
            };
            archive::append(&mut tar, &header);
        }
        let from = tar.len();
        archive::append(&mut tar, &entry);
        while choices.once_in(64) {
            let at = from + usize::from(choices.short()) % (tar.len() - from);
            tar[at] = choices.byte();
            mend(&mut tar[from..]);
        }
    }
    if choices.once_in(8) {
        let length = usize::from(choices.short()) % (tar.len() + 1);
        tar.truncate(length);
    } else {
        tar.resize(tar.len() + 2 * BLOCK, 0);
    }
    tar
}

fn entry(choices: &mut Choices<'_>, victim: &str) -> Entry {
    let kind = choices.of(&[
        EntryType::Regular,
        EntryType::Directory,
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Fifo,
        EntryType::Char,
        EntryType::Block,
        EntryType::XGlobalHeader,
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::GNUSparse,
    ]);
    let mut entry = Entry::new(kind, path(choices, victim));
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        entry.target = path(choices, victim);
    }
    if choices.once_in(8) {
        entry.mode = u32::from(choices.short());
        entry.uid = choices.of(&[0, 1000, 1 << 21, u32::MAX - 1, u32::MAX]);
        entry.mtime = choices.of(&[(0, 0), (-1, 5), (i64::MAX, 0), (1 << 33, 1), (i64::MIN, 0)]);
        entry.device = choices.of(&[(0, 0), (1, 3), (4095, 1), (4096, 0)]);
    }
    if matches!(
        kind,
        EntryType::Regular
            | EntryType::GNUSparse
            | EntryType::GNULongName
            | EntryType::GNULongLink
            | EntryType::XGlobalHeader
    ) {
        entry.data = choices.some(64).to_vec();
    }
    while choices.once_in(16) {
        entry.xattrs.push(xattr(choices));
    }
    entry
}

fn path(choices: &mut Choices<'_>, victim: &str) -> Vec<u8> {
    let long = "n".repeat(255);
    let longer = "n".repeat(256);
    let names: [&[u8]; 32] = [
        b"a",
        b"b",
        b"d",
        b"l",
        b"m",
        b"up",
        b"low",
        b"loop",
        b"linked",
        b"pipe",
        b"..",
        b".",
        b"",
        b"stage-evil",
        b"victim",
        b"kept",
        b".wh.a",
        b".wh.b",
        b".wh.d",
        b".wh.low",
        b".wh.l",
        b".wh.kept",
        b".wh..wh..opq",
        b".wh..wh.plnk",
        b".wh.",
        b".wh..",
        b".wh...",
        b"\xff\n",
        victim.as_bytes(),
        b"proc/self/root",
        long.as_bytes(),
        longer.as_bytes(),
    ];
    let mut path = choices.of(&PREFIXES).to_vec();
    loop {
        // Mostly names that mean no harm, so that archives get somewhere.
        let (harmless, harmful) = names.split_at(HARMLESS);
        path.extend_from_slice(if choices.once_in(16) {
            choices.of(harmful)
        } else {
            choices.of(harmless)
        });
        if !choices.once_in(2) {
            break;
        }
        path.push(b'/');
    }
    path
}

fn xattr(choices: &mut Choices<'_>) -> (Vec<u8>, Vec<u8>) {
    let name: &[u8] = choices.of(&[
        &b"user.a"[..],
        b"user.",
        b"trusted.t",
        b"trusted.overlay.opaque",
        b"trusted.overlay.redirect",
        b"user.overlay.whiteout",
        b"user.containers.override_stat",
        b"security.capability",
        b"security.selinux",
        b"system.posix_acl_access",
        b"system.posix_acl_default",
        b"nonsense",
    ]);
    let capability = crate::fixture::capability();
    let acl = crate::fixture::acl(5);
    let value = choices.of(&[
        &b"y"[..],
        b"",
        b"\0",
        b"/",
        &capability,
        &acl,
        &[b'x'; 5000],
    ]);
    (name.to_vec(), value.to_vec())
}

fn record(choices: &mut Choices<'_>, victim: &str) -> (Vec<u8>, Vec<u8>) {
    let name: &[u8] = choices.of(&[
        &b"path"[..],
        b"linkpath",
        b"size",
        b"uid",
        b"mtime",
        b"GNU.sparse.name",
        b"GNU.sparse.map",
        b"GNU.sparse.size",
        b"GNU.sparse.realsize",
        b"GNU.sparse.major",
        b"GNU.sparse.minor",
        b"GNU.sparse.numblocks",
        b"GNU.sparse.offset",
        b"GNU.sparse.numbytes",
        b"SCHILY.acl.access",
        b"LIBARCHIVE.xattr.user.%41",
    ]);
    let value = match choices.byte() % 4 {
        0 => path(choices, victim),
        1 => choices.some(64).to_vec(),
        2 => choices.short().to_string().into_bytes(),
        _ => choices
            .of(&[
                &b"0"[..],
                b"1",
                b"18446744073709551615",
                b"9223372036854775807",
                b"-1",
                b"1.5",
                b"0,1",
                b"0,1,4096,2",
                b"1048576",
                b"a\0b",
                b"user::rwx,group::r-x,other::---",
            ])
            .to_vec(),
    };
    (name.to_vec(), value)
}
