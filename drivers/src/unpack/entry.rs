//! Entries of an archive: headers with everything that PAX and GNU extensions say about them, as one plain value.

use std::borrow::Cow;

use tar::Header;

use super::header::{Kind, id, number, unsigned, verify};
use super::pax::{Records, decimal, time};
use super::sparse::{self, Extent};
use super::stream::{BLOCK, Stream, bad};
use super::{Limits, acl, xattr_name};
use crate::error::{ErrorKind, Result};

/// An extended header larger than this is an attack: 64 KiB is the most that Linux lets one xattr hold.
const EXTENDED_MAX: u64 = 4 << 20;

/// The longest path that is shown whole, in bytes.
const SHOWN_MAX: usize = 400;

/// More attributes than any real file has; stops a header that takes minutes to read.
const XATTRS_MAX: usize = 1024;

/// One entry. Its vectors are reused from entry to entry.
#[derive(Debug)]
pub(super) struct Entry {
    /// As written in the archive.
    pub(super) path: Vec<u8>,
    /// Target of a symbolic or hard link.
    pub(super) link: Vec<u8>,
    pub(super) kind: Kind,
    /// Permission bits with setuid, setgid and sticky.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Seconds and nanoseconds.
    pub(super) mtime: (i64, u32),
    /// Bytes of the file, holes included.
    pub(super) size: u64,
    /// Major and minor number.
    pub(super) device: (u32, u32),
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// For a sparse file: where its data lies.
    pub(super) extents: Option<Vec<Extent>>,
}

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            path: Vec::new(),
            link: Vec::new(),
            kind: Kind::File,
            mode: 0,
            uid: 0,
            gid: 0,
            mtime: (0, 0),
            size: 0,
            device: (0, 0),
            xattrs: Vec::new(),
            extents: None,
        }
    }

    /// Both spellings of one attribute may be there: the first wins, and they agree.
    fn add_xattr(&mut self, name: Vec<u8>, value: Vec<u8>) -> Result<()> {
        if self.xattrs.iter().any(|(known, _)| *known == name) {
            return Ok(());
        }
        if self.xattrs.len() == XATTRS_MAX {
            return Err(bad(format!(
                "it has more than {XATTRS_MAX} extended attributes"
            )));
        }
        self.xattrs.push((name, value));
        Ok(())
    }
}

/// The entries of a stream, in order.
pub(super) struct Members<'r> {
    pub(super) stream: Stream<'r>,
    limits: Limits,
    /// Entries given so far.
    pub(super) count: u64,
    /// Global headers passed over so far.
    globals: u64,
    /// Bytes of file content, holes included, announced so far.
    bytes: u64,
    /// Content of the present entry that is not yet read, and the padding behind it.
    left: u64,
    padding: u64,
}

/// What extension headers said before the header they belong to.
#[derive(Default)]
struct Extensions {
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    pax: Option<Vec<u8>>,
}

impl<'r> Members<'r> {
    pub(super) fn new(stream: Stream<'r>, limits: Limits) -> Self {
        Self {
            stream,
            limits,
            count: 0,
            globals: 0,
            bytes: 0,
            left: 0,
            padding: 0,
        }
    }

    /// Reads the next entry into `entry`; false at the end of the archive. Content not read is passed over.
    pub(super) fn next(&mut self, entry: &mut Entry) -> Result<bool> {
        let mut extensions = Extensions::default();
        loop {
            self.stream.skip(self.left)?;
            self.stream.skip(self.padding)?;
            (self.left, self.padding) = (0, 0);
            // A stream that ends between two entries counts as ended, as for every other reader of tar: the diff id of a
            // layer is what guards against a stream that was cut exactly there.
            let block = match self.stream.block()? {
                Some(block) if block.iter().any(|b| *b != 0) => *block,
                _ if extensions.any() => {
                    return Err(bad("it ends after the extended header of an entry"));
                }
                _ => return Ok(false),
            };
            verify(&block)?;
            let header = Header::from_byte_slice(&block);
            let size = unsigned(&header.as_old().size, "size")?;
            match header.as_old().linkflag[0] {
                b'L' => self.long(size, &mut extensions.long_name)?,
                b'K' => self.long(size, &mut extensions.long_link)?,
                b'x' | b'X' => self.extension(size, EXTENDED_MAX, &mut extensions.pax)?,
                // Global extended headers describe the archive (git writes the commit there), not its entries.
                b'g' => {
                    self.globals += 1;
                    self.counted()?;
                    self.expect(size);
                }
                _ => {
                    self.count += 1;
                    self.counted()?;
                    self.describe(header, size, &extensions, entry)?;
                    return Ok(true);
                }
            }
        }
    }

    /// The next bytes of the present entry's content, at most `most` of them; empty when all is read.
    pub(super) fn content(&mut self, most: u64) -> Result<&[u8]> {
        let most = most.min(self.left);
        if most == 0 {
            return Ok(&[]);
        }
        let chunk = self.stream.chunk(most)?;
        self.left -= chunk.len() as u64;
        Ok(chunk)
    }

    /// A GNU long name, which ends with a zero byte.
    fn long(&mut self, size: u64, into: &mut Option<Vec<u8>>) -> Result<()> {
        let most = self.limits.path_bytes as u64;
        if size > most + 1 {
            return Err(self.over("bytes of path", most));
        }
        self.extension(size, most + 1, into)
    }

    /// Global headers count as entries: an archive of nothing else has an end too.
    fn counted(&self) -> Result<()> {
        let most = self.limits.entries;
        if self.count.saturating_add(self.globals) > most {
            return Err(self.over("entries", most));
        }
        Ok(())
    }

    fn over(&self, what: &str, limit: u64) -> crate::error::Error {
        bad(format!("it holds more than {limit} {what}"))
            .hint("raise the limit if this archive can be trusted")
    }

    fn expect(&mut self, size: u64) {
        self.left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    }

    fn extension(&mut self, size: u64, most: u64, into: &mut Option<Vec<u8>>) -> Result<()> {
        if size > most {
            return Err(bad(format!(
                "an extended header is larger than {most} bytes"
            )));
        }
        if into.is_some() {
            return Err(bad("two extended headers of one type describe one entry"));
        }
        self.expect(size);
        let bytes = into.insert(Vec::new());
        self.stream.append(size, bytes)?;
        self.left = 0;
        Ok(())
    }

    /// Fills `entry` from a header and what went before it.
    fn describe(
        &mut self,
        header: &Header,
        size: u64,
        extensions: &Extensions,
        entry: &mut Entry,
    ) -> Result<()> {
        let old = header.as_old();
        set(&mut entry.path, &header.path_bytes());
        let link = header.link_name_bytes().unwrap_or(Cow::Borrowed(b""));
        set(&mut entry.link, &link);
        entry.xattrs.clear();
        entry.extents = None;
        entry.device = (0, 0);
        let mode = unsigned(&old.mode, "mode")?;
        entry.mode = u32::try_from(mode & 0o7777).unwrap_or_default();
        entry.mtime = (number(&old.mtime, "mtime")?, 0);
        let mut facts = Facts {
            size,
            uid: None,
            gid: None,
            sparse_name: None,
            sparse: sparse::PaxMap::default(),
        };
        if let Some(pax) = &extensions.pax {
            facts.read(pax, entry)?;
        }
        // The id fields of a header hold garbage when they are too small and PAX has the truth.
        entry.uid = match facts.uid {
            Some(uid) => uid,
            None => id(unsigned(&old.uid, "uid")?, "uid")?,
        };
        entry.gid = match facts.gid {
            Some(gid) => gid,
            None => id(unsigned(&old.gid, "gid")?, "gid")?,
        };
        for (long, name) in [
            (&extensions.long_name, &mut entry.path),
            (&extensions.long_link, &mut entry.link),
        ] {
            if let Some(long) = long {
                set(name, long.split(|b| *b == 0).next().unwrap_or_default());
            }
        }
        // GNU tar keeps a name of its own invention in the other places, and writes a long one after this record.
        if let Some(name) = &facts.sparse_name {
            set(&mut entry.path, name);
        }
        entry.kind = kind(old.linkflag[0], &entry.path)?;
        if matches!(entry.kind, Kind::Char | Kind::Block) {
            entry.device = devices(header).map_err(|e| e.path(shown(&entry.path)))?;
        }
        // Everything but a file has its header only, whatever size the header claims (as Go's and GNU's readers have it).
        entry.size = 0;
        if entry.kind == Kind::File {
            self.lay_out(header, facts, entry)?;
        }
        self.within_limits(entry)
    }

    /// Finds out how long a file is, and where in it the data lie.
    fn lay_out(&mut self, header: &Header, facts: Facts, entry: &mut Entry) -> Result<()> {
        entry.size = facts.size;
        self.expect(facts.size);
        if header.as_old().linkflag[0] == b'S' {
            let (map, real) = sparse::gnu(header, &mut self.stream)?;
            (entry.extents, entry.size) = (Some(map), real);
        } else if let Some((map, real)) = facts.sparse.finish(&mut self.stream, &mut self.left)? {
            (entry.extents, entry.size) = (Some(map), real);
        }
        if let Some(map) = &entry.extents {
            sparse::check(map, entry.size, self.left).map_err(|e| e.path(shown(&entry.path)))?;
        }
        Ok(())
    }

    /// Refuses an entry that asks for more than the archive may.
    fn within_limits(&mut self, entry: &Entry) -> Result<()> {
        self.bytes = self.bytes.saturating_add(entry.size);
        if self.bytes > self.limits.bytes {
            return Err(self.over("bytes of content", self.limits.bytes));
        }
        for name in [&entry.path, &entry.link] {
            if name.len() > self.limits.path_bytes {
                return Err(self.over("bytes of path", self.limits.path_bytes as u64));
            }
            if name.contains(&0) {
                return Err(bad("a path holds a zero byte").path(shown(name)));
            }
        }
        Ok(())
    }
}

/// What an entry is, by the type flag of its header.
fn kind(flag: u8, path: &[u8]) -> Result<Kind> {
    Ok(match flag {
        // Version 7 of Unix had no type for directories.
        0 if path.ends_with(b"/") => Kind::Directory,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::Symlink,
        b'3' => Kind::Char,
        b'4' => Kind::Block,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => {
            let what = format!("an entry is of the unknown type {:?}", char::from(other));
            return Err(bad(what).path(shown(path)));
        }
    })
}

impl Extensions {
    fn any(&self) -> bool {
        self.long_name.is_some() || self.long_link.is_some() || self.pax.is_some()
    }
}

/// What PAX says that has no place in an [`Entry`].
struct Facts {
    size: u64,
    uid: Option<u32>,
    gid: Option<u32>,
    sparse_name: Option<Vec<u8>>,
    sparse: sparse::PaxMap,
}

impl Facts {
    fn read(&mut self, pax: &[u8], entry: &mut Entry) -> Result<()> {
        for record in Records(pax) {
            let (key, value) = record?;
            if let Some((name, value)) = xattr_name::from_pax(key, value)? {
                entry.add_xattr(name, value)?;
                continue;
            }
            // An empty value takes a setting back.
            if value.is_empty() {
                continue;
            }
            match key {
                b"path" => set(&mut entry.path, value),
                b"linkpath" => set(&mut entry.link, value),
                b"size" => self.size = decimal(value, "size")?,
                b"uid" => self.uid = Some(id(decimal(value, "uid")?, "uid")?),
                b"gid" => self.gid = Some(id(decimal(value, "gid")?, "gid")?),
                b"mtime" => entry.mtime = time(value)?,
                b"SCHILY.acl.access" => {
                    entry.add_xattr(acl::ACCESS.into(), acl::to_xattr(value)?)?;
                }
                b"SCHILY.acl.default" => {
                    entry.add_xattr(acl::DEFAULT.into(), acl::to_xattr(value)?)?;
                }
                b"GNU.sparse.name" => self.sparse_name = Some(value.into()),
                _ => self.sparse.record(key, value)?,
            }
        }
        Ok(())
    }
}

fn set(to: &mut Vec<u8>, from: &[u8]) {
    to.clear();
    to.extend_from_slice(from);
}

/// Linux has 12 bits of major and 20 bits of minor number.
fn devices(header: &Header) -> Result<(u32, u32)> {
    let (major, minor) = match (header.as_ustar(), header.as_gnu()) {
        (Some(ustar), _) => (&ustar.dev_major, &ustar.dev_minor),
        (_, Some(gnu)) => (&gnu.dev_major, &gnu.dev_minor),
        _ => {
            return Err(bad(
                "a device is described by a header that has no room for one",
            ));
        }
    };
    let (major, minor) = (
        number(major, "device number")?,
        number(minor, "device number")?,
    );
    match (u32::try_from(major), u32::try_from(minor)) {
        (Ok(major), Ok(minor)) if major < 1 << 12 && minor < 1 << 20 => Ok((major, minor)),
        _ => Err(bad(format!("there is no device {major}:{minor} on Linux"))),
    }
}

/// A path of an archive as it may be shown: on one line, with what is not printable escaped, and without the middle of
/// one that would fill the screen.
pub(super) fn shown(path: &[u8]) -> String {
    if path.len() > SHOWN_MAX {
        let (head, tail) = (&path[..SHOWN_MAX / 2], &path[path.len() - SHOWN_MAX / 2..]);
        return format!("{}...{}", head.escape_ascii(), tail.escape_ascii());
    }
    std::str::from_utf8(path).map_or_else(
        |_| path.escape_ascii().to_string(),
        |text| {
            if text.chars().any(char::is_control) {
                text.escape_debug().to_string()
            } else {
                text.to_owned()
            }
        },
    )
}

/// Names the entry in an error that does not name anything in the archive yet.
pub(super) fn about(path: &[u8], error: crate::error::Error) -> crate::error::Error {
    if error.kind() == ErrorKind::BadInput {
        error.path(shown(path))
    } else {
        error
    }
}
