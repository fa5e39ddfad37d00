//! Writes archives in the "newc" form of cpio, which the kernel unpacks as its first root (Linux:
//! Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::Path;

const DIRECTORY: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// An archive being written.
#[derive(Debug)]
pub(super) struct Archive<W: Write> {
    sink: W,
    inode: u32,
    /// Directories that are in it.
    made: BTreeSet<String>,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(sink: W) -> Self {
        Self {
            sink,
            inode: 0,
            made: BTreeSet::new(),
        }
    }

    /// A directory, after those above it.
    pub(super) fn directory(&mut self, path: &str) -> io::Result<()> {
        let mut end = 0;
        while end < path.len() {
            end = path[end..].find('/').map_or(path.len(), |at| end + at);
            let part = &path[..end];
            if !part.is_empty() && self.made.insert(part.to_owned()) {
                self.header(part, DIRECTORY | 0o755, 0)?;
            }
            end += 1;
        }
        Ok(())
    }

    /// A file with this content.
    pub(super) fn bytes(&mut self, path: &str, mode: u32, content: &[u8]) -> io::Result<()> {
        self.stream(path, mode, content.len() as u64, &mut &content[..])
    }

    /// A copy of a file of the host.
    pub(super) fn copy(&mut self, path: &str, mode: u32, from: &Path) -> io::Result<()> {
        let mut file = std::fs::File::open(from)?;
        let size = file.metadata()?.len();
        self.stream(path, mode, size, &mut file)
    }

    fn stream(&mut self, path: &str, mode: u32, size: u64, from: &mut dyn Read) -> io::Result<()> {
        self.parent(path)?;
        let short = u32::try_from(size).map_err(|_| io::Error::other("a file of 4 GiB or more"))?;
        self.header(path, FILE | mode, short)?;
        if io::copy(&mut from.take(size), &mut self.sink)? != size {
            return Err(io::Error::other("the file became shorter"));
        }
        self.pad(size)
    }

    /// A symbolic link.
    pub(super) fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        self.parent(path)?;
        self.header(
            path,
            LINK | 0o777,
            u32::try_from(target.len()).unwrap_or(u32::MAX),
        )?;
        self.sink.write_all(target.as_bytes())?;
        self.pad(target.len() as u64)
    }

    /// Ends it; the next archive may follow at once.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.header("TRAILER!!!", 0, 0)?;
        Ok(self.sink)
    }

    fn parent(&mut self, path: &str) -> io::Result<()> {
        match path.rsplit_once('/') {
            Some((dir, _)) => self.directory(dir),
            None => Ok(()),
        }
    }

    fn header(&mut self, path: &str, mode: u32, size: u32) -> io::Result<()> {
        self.inode += 1;
        let name = u32::try_from(path.len() + 1).map_err(io::Error::other)?;
        let links = if mode & DIRECTORY == 0 { 1 } else { 2 };
        // inode, mode, owner, group, links, time, size, four device numbers, length of the name, checksum
        let fields = [self.inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name, 0];
        let mut header = String::from("070701");
        for field in fields {
            use std::fmt::Write as _;
            write!(header, "{field:08x}").map_err(io::Error::other)?;
        }
        header.push_str(path);
        header.push('\0');
        self.sink.write_all(header.as_bytes())?;
        self.pad(header.len() as u64)
    }

    fn pad(&mut self, written: u64) -> io::Result<()> {
        let rest = usize::try_from(written % 4).unwrap_or(0);
        self.sink.write_all(&[0; 3][..(4 - rest) % 4])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut archive = Archive::new(Vec::new());
        archive.bytes("a/b/file", 0o644, b"12345").unwrap();
        archive.bytes("a/b/other", 0o755, b"").unwrap();
        archive.link("a/link", "b/file").unwrap();
        archive.finish().unwrap()
    }

    #[test]
    fn everything_is_aligned_and_directories_come_first() {
        let bytes = sample();
        assert_eq!(bytes.len() % 4, 0);
        let mut names = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let field = |n: usize| {
                let from = at + 6 + n * 8;
                let text = std::str::from_utf8(&bytes[from..from + 8]).unwrap();
                usize::from_str_radix(text, 16).unwrap()
            };
            assert_eq!(&bytes[at..at + 6], b"070701", "at {at}");
            let (mode, size, length) = (field(1), field(6), field(11));
            let name = String::from_utf8(bytes[at + 110..at + 110 + length - 1].to_vec()).unwrap();
            names.push((name, format!("{mode:o}"), size));
            at += (110 + length).next_multiple_of(4);
            at += size.next_multiple_of(4);
        }
        let name = |n: &str, m: &str, s| (n.to_owned(), m.to_owned(), s);
        assert_eq!(
            names,
            [
                name("a", "40755", 0),
                name("a/b", "40755", 0),
                name("a/b/file", "100644", 5),
                name("a/b/other", "100755", 0),
                name("a/link", "120777", 6),
                name("TRAILER!!!", "0", 0),
            ]
        );
    }
}
