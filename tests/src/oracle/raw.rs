//! Writes archives header by header, in any dialect of tar, also such as no archiver writes: what [`archive`] cannot say.

use tar::{EntryType, Header};

use super::archive;

const BLOCK: usize = 512;

/// How a header is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Of version 7 of Unix: no magic, no device numbers.
    V7,
    /// Of POSIX: names in two parts.
    Ustar,
    /// Of GNU tar.
    Gnu,
}

/// An archive in the making.
#[derive(Debug, Default)]
pub struct Raw(Vec<u8>);

impl Raw {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A member. `change` sees the header's bytes before the checksum is put in.
    #[must_use]
    pub fn member(
        mut self,
        dialect: Dialect,
        kind: u8,
        name: impl AsRef<[u8]>,
        data: &[u8],
        change: impl FnOnce(&mut [u8; BLOCK]),
    ) -> Self {
        let mut header = match dialect {
            Dialect::V7 => Header::new_old(),
            Dialect::Ustar => Header::new_ustar(),
            Dialect::Gnu => Header::new_gnu(),
        };
        put(header.as_mut_bytes(), 0, 100, name.as_ref());
        header.set_entry_type(EntryType::new(kind));
        let dir = kind == b'5' || name.as_ref().ends_with(b"/");
        header.set_mode(if dir { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_600_000_000);
        header.set_size(data.len() as u64);
        header.as_mut_bytes()[156] = kind;
        change(header.as_mut_bytes());
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.block(data)
    }

    /// A file of POSIX.
    #[must_use]
    pub fn file(self, name: impl AsRef<[u8]>, data: &[u8]) -> Self {
        self.member(Dialect::Ustar, b'0', name, data, |_| {})
    }

    /// A symbolic or hard link.
    #[must_use]
    pub fn link(self, kind: u8, name: &str, target: &[u8]) -> Self {
        self.member(Dialect::Ustar, kind, name, b"", |header| {
            put(header, 157, 100, target);
        })
    }

    /// An extended header of PAX for the next member.
    #[must_use]
    pub fn pax(self, records: &[(&str, &[u8])]) -> Self {
        self.extended(b'x', records)
    }

    /// An extended header of PAX for all members.
    #[must_use]
    pub fn global(self, records: &[(&str, &[u8])]) -> Self {
        self.extended(b'g', records)
    }

    /// GNU's long name (`L`) or long link (`K`) for the next member.
    #[must_use]
    pub fn long(self, kind: u8, name: &str) -> Self {
        let name = [name.as_bytes(), b"\0"].concat();
        self.member(Dialect::Gnu, kind, "././@LongLink", &name, |_| {})
    }

    /// Whole blocks of anything.
    #[must_use]
    pub fn block(mut self, data: &[u8]) -> Self {
        self.0.extend_from_slice(data);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// The archive with its end marker.
    pub fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }

    fn extended(self, kind: u8, records: &[(&str, &[u8])]) -> Self {
        let records: Vec<_> = records
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec()))
            .collect();
        let data = archive::records(&records);
        self.member(Dialect::Ustar, kind, "PaxHeaders/x", &data, |_| {})
    }
}

/// Fills a field of a header, zeros behind.
pub fn put(header: &mut [u8; BLOCK], at: usize, length: usize, value: &[u8]) {
    let field = &mut header[at..at + length];
    field.fill(0);
    let length = value.len().min(length);
    field[..length].copy_from_slice(&value[..length]);
}

/// GNU's base 256: two's complement, the first bit set.
pub fn base256(value: i128, length: usize) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let mut field = if length > bytes.len() {
        vec![if value < 0 { 0xff } else { 0 }; length - bytes.len()]
    } else {
        Vec::new()
    };
    field.extend_from_slice(&bytes[bytes.len().saturating_sub(length)..]);
    field[0] |= 0x80;
    field
}
