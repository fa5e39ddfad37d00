//! Archives with a sparse file, as GNU tar writes them (format 1.0: the map of the data stands before the data), and the
//! map of a real file's data.

use std::os::fd::AsFd;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use tar::EntryType;

use super::archive::{self, Entry};

/// The archive of one file of `size` bytes that is a hole but for `data`: offsets, in order, and bytes.
pub fn archive(path: &str, size: u64, data: &[(u64, &[u8])]) -> Vec<u8> {
    let runs = data
        .iter()
        .map(|(offset, bytes)| format!("{offset}\n{}\n", bytes.len()));
    let map: String = std::iter::once(format!("{}\n", data.len()))
        .chain(runs)
        .collect();
    let mut content = map.into_bytes();
    content.resize(content.len().next_multiple_of(512), 0);
    for (_, bytes) in data {
        content.extend_from_slice(bytes);
    }
    let records = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", path),
        ("GNU.sparse.realsize", &size.to_string()),
    ]
    .map(|(name, value)| record(name, value));
    let whole_seconds = |mut entry: Entry| {
        // A time with a fraction would need a record of its own.
        entry.mtime.1 = 0;
        entry
    };
    archive::write(&[
        whole_seconds(Entry {
            data: records.concat().into_bytes(),
            ..Entry::new(EntryType::XHeader, "PaxHeaders/sparse")
        }),
        whole_seconds(Entry::file(format!("GNUSparseFile.0/{path}"), content)),
    ])
}

/// A record of an extended header, which counts its own length with its digits.
fn record(name: &str, value: &str) -> String {
    let rest = format!(" {name}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}")
}

/// Where a file has data: start and end of each run, in bytes.
///
/// # Errors
/// The errno of the seek.
pub fn runs(file: impl AsFd) -> Result<Vec<(u64, u64)>, Errno> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let start = match seek(&file, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return Ok(found),
            Err(errno) => return Err(errno),
        };
        at = seek(&file, SeekFrom::Hole(start))?;
        found.push((start, at));
    }
}
