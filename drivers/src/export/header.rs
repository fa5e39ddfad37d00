//! The 512-byte header of one entry (POSIX ustar), with a PAX extended header before it where that is needed.

use super::numbers::{attribute, octal, record, time};

pub(super) const BLOCK: usize = 512;
/// Longer names go to PAX records; the header's prefix field is not used, so that there is one way only.
const NAME: usize = 100;

/// What a header says.
#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    /// The type flag.
    pub(super) kind: u8,
    pub(super) path: &'a [u8],
    pub(super) link: &'a [u8],
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    pub(super) mtime: (i64, u32),
    pub(super) device: (u32, u32),
    /// Sorted by name.
    pub(super) xattrs: &'a [(std::ffi::CString, Vec<u8>)],
}

impl Header<'_> {
    /// Appends the header's blocks.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut pax = Vec::new();
        let mut block = [0; BLOCK];
        text(&mut block[..NAME], self.path, b"path", &mut pax);
        text(
            &mut block[157..157 + NAME],
            self.link,
            b"linkpath",
            &mut pax,
        );
        octal(&mut block[100..108], self.mode.into());
        let number = |field: &mut [u8], value: u64, key: &[u8], pax: &mut Vec<u8>| {
            if !octal(field, value) {
                record(pax, key, value.to_string().as_bytes());
            }
        };
        number(&mut block[108..116], self.uid.into(), b"uid", &mut pax);
        number(&mut block[116..124], self.gid.into(), b"gid", &mut pax);
        number(&mut block[124..136], self.size, b"size", &mut pax);
        let seconds = u64::try_from(self.mtime.0).ok();
        if !octal(&mut block[136..148], seconds.unwrap_or(u64::MAX)) || self.mtime.1 > 0 {
            record(&mut pax, b"mtime", time(self.mtime).as_bytes());
        }
        block[156] = self.kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        octal(&mut block[329..337], self.device.0.into());
        octal(&mut block[337..345], self.device.1.into());
        for (name, value) in self.xattrs {
            attribute(&mut pax, name.to_bytes(), value);
        }
        if !pax.is_empty() {
            extended(self.path, &pax, out);
        }
        checksum(&mut block);
        out.extend_from_slice(&block);
    }
}

/// The extended header: an entry of its own, before the one it belongs to.
fn extended(path: &[u8], records: &[u8], out: &mut Vec<u8>) {
    let mut block = [0; BLOCK];
    let name = [b"PaxHeaders.0/", path].concat();
    let length = name.len().min(NAME);
    // A closing slash would make it a directory to some readers.
    let length = length - usize::from(name[..length].ends_with(b"/"));
    block[..length].copy_from_slice(&name[..length]);
    octal(&mut block[100..108], 0o644);
    octal(&mut block[108..116], 0);
    octal(&mut block[116..124], 0);
    octal(&mut block[124..136], records.len() as u64);
    octal(&mut block[136..148], 0);
    block[156] = b'x';
    block[257..265].copy_from_slice(b"ustar\x0000");
    checksum(&mut block);
    out.extend_from_slice(&block);
    out.extend_from_slice(records);
    out.resize(out.len() + padding(records.len() as u64), 0);
}

/// What is missing to a full block.
pub(super) fn padding(length: u64) -> usize {
    let over = length % BLOCK as u64;
    usize::try_from((BLOCK as u64 - over) % BLOCK as u64).unwrap_or(0)
}

fn text(field: &mut [u8], value: &[u8], key: &[u8], pax: &mut Vec<u8>) {
    if value.len() > NAME {
        record(pax, key, value);
    }
    let length = value.len().min(NAME);
    field[..length].copy_from_slice(&value[..length]);
}

fn checksum(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
    octal(&mut block[148..155], sum);
}
