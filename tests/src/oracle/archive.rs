//! Writes archives entry by entry, exactly as told: also names, links and sizes that no decent archiver writes.

use std::ops::Range;

use tar::{EntryType, Header};

/// One entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, as is.
    pub path: Vec<u8>,
    /// The type flag.
    pub kind: EntryType,
    /// Permission bits.
    pub mode: u32,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Modification time: seconds, nanoseconds.
    pub mtime: (i64, u32),
    /// The target of a link, as is.
    pub target: Vec<u8>,
    /// Major and minor number of a device.
    pub device: (u32, u32),
    /// The content of a file.
    pub data: Vec<u8>,
    /// Extended attributes.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The modification time of entries that name none: long ago, with nanoseconds.
pub const WHEN: (i64, u32) = (1_600_000_000, 123_456_789);

impl Entry {
    /// An entry of that type with plain attributes.
    pub fn new(kind: EntryType, path: impl AsRef<[u8]>) -> Self {
        Self {
            path: path.as_ref().to_vec(),
            kind,
            mode: if kind == EntryType::Directory {
                0o755
            } else {
                0o644
            },
            uid: 0,
            gid: 0,
            mtime: WHEN,
            target: Vec::new(),
            device: (0, 0),
            data: Vec::new(),
            xattrs: Vec::new(),
        }
    }

    /// A regular file.
    pub fn file(path: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        Self {
            data: data.as_ref().to_vec(),
            ..Self::new(EntryType::Regular, path)
        }
    }

    /// A directory.
    pub fn dir(path: impl AsRef<[u8]>) -> Self {
        Self::new(EntryType::Directory, path)
    }

    /// A symbolic link.
    pub fn symlink(path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self {
            target: target.as_ref().to_vec(),
            mode: 0o777,
            ..Self::new(EntryType::Symlink, path)
        }
    }

    /// A hard link.
    pub fn link(path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self {
            target: target.as_ref().to_vec(),
            ..Self::new(EntryType::Link, path)
        }
    }
}

/// The archive of these entries, with its end marker.
pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        append(&mut out, entry);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// Appends one entry, without an end marker.
pub fn append(out: &mut Vec<u8>, entry: &Entry) {
    let mut pax = Vec::new();
    if entry.path.len() > 100 || !entry.path.is_ascii() {
        record(&mut pax, b"path", &entry.path);
    }
    if entry.target.len() > 100 || !entry.target.is_ascii() {
        record(&mut pax, b"linkpath", &entry.target);
    }
    if u64::from(entry.uid) >= 1 << 21 {
        record(&mut pax, b"uid", entry.uid.to_string().as_bytes());
    }
    if u64::from(entry.gid) >= 1 << 21 {
        record(&mut pax, b"gid", entry.gid.to_string().as_bytes());
    }
    let (seconds, nanoseconds) = entry.mtime;
    if nanoseconds != 0 || !(0..1 << 33).contains(&seconds) {
        record(&mut pax, b"mtime", decimal(seconds, nanoseconds).as_bytes());
    }
    for (name, value) in &entry.xattrs {
        record(&mut pax, &[b"SCHILY.xattr.", &name[..]].concat(), value);
    }
    if !pax.is_empty() {
        let mut header = header(b"PaxHeaders/entry", EntryType::XHeader, 0o644);
        header.set_size(pax.len() as u64);
        block(out, header, &pax);
    }

    let mut header = header(&entry.path, entry.kind, entry.mode);
    header.set_uid(u64::from(entry.uid) % (1 << 21));
    header.set_gid(u64::from(entry.gid) % (1 << 21));
    header.set_mtime(u64::try_from(seconds).unwrap_or(0) % (1 << 33));
    fill(&mut header.as_old_mut().linkname, &entry.target);
    if let Some(ustar) = header.as_ustar_mut() {
        ustar.set_device_major(entry.device.0);
        ustar.set_device_minor(entry.device.1);
    }
    header.set_size(entry.data.len() as u64);
    block(out, header, &entry.data);
}

fn header(name: &[u8], kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    fill(&mut header.as_old_mut().name, name);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header
}

fn block(out: &mut Vec<u8>, mut header: Header, data: &[u8]) {
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn fill(field: &mut [u8], value: &[u8]) {
    let length = value.len().min(field.len());
    field[..length].copy_from_slice(&value[..length]);
}

/// The content of a PAX extended header.
pub fn records(records: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in records {
        record(&mut out, name, value);
    }
    out
}

/// A PAX record counts its own length, its digits included.
fn record(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let rest = name.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    out.extend_from_slice(length.to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(name);
    out.push(b'=');
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// PAX times are decimal: -1.5 s is "-1.5", which the kernel keeps as -2 s and 500 000 000 ns.
fn decimal(seconds: i64, nanoseconds: u32) -> String {
    if seconds >= 0 || nanoseconds == 0 {
        format!("{seconds}.{nanoseconds:09}")
    } else {
        let whole = -(seconds + 1);
        format!("-{whole}.{:09}", 1_000_000_000 - nanoseconds)
    }
}

/// An archive and where its entries lie in it.
#[derive(Debug)]
pub(crate) struct Raw {
    /// Each entry, and its bytes with all headers.
    pub(crate) entries: Vec<(Entry, Range<usize>)>,
    /// Where the last one ends.
    pub(crate) rest: usize,
}

/// The entries of an archive that [`write`] wrote, or one like it; `None` when it is malformed.
pub fn read(tar: &[u8]) -> Option<Vec<Entry>> {
    let raw = read_raw(tar)?;
    Some(raw.entries.into_iter().map(|(entry, _)| entry).collect())
}

/// As [`read`], with the place of each entry.
pub(crate) fn read_raw(tar: &[u8]) -> Option<Raw> {
    let mut archive = tar::Archive::new(tar);
    let mut found = Vec::new();
    let (mut start, mut end) = (0, 0);
    let (mut pax, mut name, mut target) = (Vec::new(), None, None);
    for entry in archive.entries().ok()?.raw(true) {
        let mut entry = entry.ok()?;
        let header = entry.header().clone();
        let mut data = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut data).ok()?;
        if data.len() as u64 != header.entry_size().ok()? {
            return None;
        }
        let content = usize::try_from(entry.raw_file_position()).ok()?;
        end = (content + data.len()).next_multiple_of(512);
        let text = |data: &[u8]| data.split(|&b| b == 0).next().map(<[u8]>::to_vec);
        match header.entry_type() {
            EntryType::XHeader => pax = parse_records(&data)?,
            EntryType::GNULongName => name = text(&data),
            EntryType::GNULongLink => target = text(&data),
            // What is not all there in its header and its data.
            EntryType::GNUSparse => return None,
            kind => {
                let header_path = header.path_bytes().into_owned();
                let header_target = header.link_name_bytes().unwrap_or_default();
                let mut read = Entry {
                    mode: header.mode().ok()?,
                    uid: u32::try_from(header.uid().ok()?).ok()?,
                    gid: u32::try_from(header.gid().ok()?).ok()?,
                    mtime: (i64::try_from(header.mtime().ok()?).ok()?, 0),
                    target: target.take().unwrap_or(header_target.into_owned()),
                    device: (
                        header.device_major().unwrap_or(None).unwrap_or(0),
                        header.device_minor().unwrap_or(None).unwrap_or(0),
                    ),
                    data,
                    ..Entry::new(kind, name.take().unwrap_or(header_path))
                };
                for (key, value) in std::mem::take(&mut pax) {
                    extend(&mut read, &key, value)?;
                }
                found.push((read, start..end));
                start = end;
            }
        }
    }
    (end <= tar.len()).then_some(Raw {
        entries: found,
        rest: start,
    })
}

/// The records of an extended header, keys and values.
fn parse_records(mut data: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let space = data.iter().position(|&b| b == b' ')?;
        let length: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
        let record = data.get(space + 1..length)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|&b| b == b'=')?;
        found.push((record[..equals].to_vec(), record[equals + 1..].to_vec()));
        data = &data[length..];
    }
    Some(found)
}

/// Applies a record of an extended header; `None` for one that says where the data is.
fn extend(entry: &mut Entry, key: &[u8], value: Vec<u8>) -> Option<()> {
    let text = || std::str::from_utf8(&value).ok();
    match key {
        b"path" => entry.path = value,
        b"linkpath" => entry.target = value,
        b"uid" => entry.uid = text()?.parse().ok()?,
        b"gid" => entry.gid = text()?.parse().ok()?,
        b"mtime" => entry.mtime = parse_time(text()?)?,
        b"size" => return None,
        _ if key.starts_with(b"GNU.sparse.") => return None,
        _ => {
            if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                entry.xattrs.push((name.to_vec(), value));
            }
        }
    }
    Some(())
}

fn parse_time(text: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let nanoseconds: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(if text.starts_with('-') && nanoseconds > 0 {
        (seconds - 1, 1_000_000_000 - nanoseconds)
    } else {
        (seconds, nanoseconds)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut entry = Entry::file([b'x'; 200], "hello");
        entry.xattrs.push((b"user.a".to_vec(), b"\0=".to_vec()));
        entry.mtime = (-2, 500_000_000);
        let archive = write(&[entry, Entry::link("b", "a")]);
        let mut reader = tar::Archive::new(&archive[..]);
        let mut entries = reader.entries().unwrap();
        let mut first = entries.next().unwrap().unwrap();
        assert_eq!(&*first.path_bytes(), &[b'x'; 200]);
        let pax: Vec<_> = first
            .pax_extensions()
            .unwrap()
            .unwrap()
            .map(|e| e.unwrap())
            .map(|e| (e.key_bytes().to_vec(), e.value_bytes().to_vec()))
            .collect();
        assert!(pax.contains(&(b"SCHILY.xattr.user.a".to_vec(), b"\0=".to_vec())));
        assert!(pax.contains(&(b"mtime".to_vec(), b"-1.500000000".to_vec())));
        let second = entries.next().unwrap().unwrap();
        assert_eq!(&*second.link_name_bytes().unwrap(), b"a");
        assert!(entries.next().is_none());
    }

    #[test]
    fn what_is_written_is_understood() {
        let mut entry = Entry::file([b'x'; 200], "hello");
        entry
            .xattrs
            .push((b"user.a".to_vec(), b"\0=\n9 a=b\n\xff".to_vec()));
        entry.mtime = (-2, 500_000_000);
        entry.uid = u32::MAX - 1;
        let mut link = Entry::symlink("s", [b'y'; 300]);
        link.gid = 3_000_000;
        let entries = [entry, link, Entry::link("b", "a")];
        let mut archive = write(&entries);
        assert_eq!(read(&archive).unwrap(), entries);
        let raw = read_raw(&archive).unwrap();
        assert_eq!(raw.entries.len(), 3);
        assert_eq!(raw.rest, archive.len() - 1024);
        archive.truncate(700);
        assert!(read(&archive).is_none());
    }
}
