//! The table of contents of a tar file that is not unpacked: which member lies where. Names are looked up in this table
//! only, never in a filesystem; links are followed inside it.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use tar::{EntryType, Header, PaxExtensions};

const BLOCK: u64 = 512;
/// Members of one archive: an image has a few per layer.
const MEMBERS_MAX: usize = 1 << 16;
/// Bytes of the longest name that is kept: no image uses longer ones, and the table stays small.
const NAME_MAX: usize = 1 << 10;
/// Bytes of one extended header; it holds a name and a few numbers.
const EXTENSION_MAX: u64 = 1 << 20;
/// Links from member to member that are followed.
const HOPS_MAX: usize = 8;

#[derive(Debug)]
enum Member {
    /// Content, at an offset of the file.
    File { offset: u64, len: u64 },
    /// The normalised name of another member.
    Link(String),
}

/// Where each member lies.
#[derive(Debug)]
pub(super) struct Contents {
    members: HashMap<String, Member>,
}

/// What extended headers say of the member that follows them.
#[derive(Debug, Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Contents {
    /// Reads the headers of the archive; `path` is for errors.
    pub(super) fn read(file: &File, path: &Path) -> Result<Self> {
        let end = file.metadata().attempt("read the size of", path)?.len();
        let mut members = HashMap::new();
        let mut extensions = Extensions::default();
        let mut at = 0;
        while at + BLOCK <= end {
            let mut block = [0; BLOCK as usize];
            file.read_exact_at(&mut block, at).attempt("read", path)?;
            if block.iter().all(|&byte| byte == 0) {
                return Ok(Self { members });
            }
            let header = Header::from_byte_slice(&block);
            if header.cksum().ok() != Some(checksum(&block)) {
                return Err(bad(path, format!("there is no tar header at byte {at}")));
            }
            let kind = header.entry_type();
            let size = match extensions.size.take() {
                Some(size) if !is_extension(kind) => size,
                _ => header
                    .entry_size()
                    .map_err(|e| bad(path, format!("the header at byte {at}: {e}")))?,
            };
            let offset = at + BLOCK;
            let next = size
                .checked_next_multiple_of(BLOCK)
                .and_then(|padded| offset.checked_add(padded));
            // The padding of the last member may be missing, its content may not.
            let fits = offset.checked_add(size).is_some_and(|stop| stop <= end);
            let (Some(next), true) = (next, fits) else {
                return Err(bad(
                    path,
                    format!("the archive is cut off in the member at byte {at}"),
                ));
            };
            at = next;
            if is_extension(kind) {
                extensions.add(file, path, kind, offset, size)?;
                continue;
            }
            let Extensions { name, link, .. } = std::mem::take(&mut extensions);
            let name = name.unwrap_or_else(|| header.path_bytes().into_owned());
            let link = link.or_else(|| header.link_name_bytes().map(|link| link.into_owned()));
            let (Some(name), Some(member)) = (
                normalise("", &name),
                member(kind, &name, link, offset, size),
            ) else {
                continue;
            };
            // The last member of a name counts, as when an archive is unpacked.
            members.insert(name, member);
            if members.len() > MEMBERS_MAX {
                return Err(bad(path, format!("it has over {MEMBERS_MAX} members")));
            }
        }
        if members.is_empty() {
            return Err(bad(path, "it is not a tar archive".to_owned()));
        }
        Ok(Self { members })
    }

    /// Offset and length of a member, links followed.
    pub(super) fn find(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = normalise("", name.as_bytes())?;
        for _ in 0..HOPS_MAX {
            match self.members.get(&name)? {
                Member::File { offset, len } => return Some((*offset, *len)),
                Member::Link(target) => name.clone_from(target),
            }
        }
        None
    }
}

impl Extensions {
    fn add(
        &mut self,
        file: &File,
        path: &Path,
        kind: EntryType,
        offset: u64,
        size: u64,
    ) -> Result<()> {
        if kind.is_pax_global_extensions() {
            return Ok(());
        }
        let len = usize::try_from(size.min(EXTENSION_MAX + 1)).unwrap_or(usize::MAX);
        if size > EXTENSION_MAX {
            return Err(bad(
                path,
                format!("it has an extended header of {size} bytes"),
            ));
        }
        let mut bytes = vec![0; len];
        file.read_exact_at(&mut bytes, offset)
            .attempt("read", path)?;
        if kind.is_gnu_longname() || kind.is_gnu_longlink() {
            while bytes.last() == Some(&0) {
                bytes.pop();
            }
            if kind.is_gnu_longname() {
                self.name = Some(bytes);
            } else {
                self.link = Some(bytes);
            }
            return Ok(());
        }
        for extension in PaxExtensions::new(&bytes) {
            let extension = extension.map_err(|e| bad(path, format!("an extended header: {e}")))?;
            let value = extension.value_bytes();
            match extension.key_bytes() {
                b"path" => self.name = Some(value.to_owned()),
                b"linkpath" => self.link = Some(value.to_owned()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
                    self.size = Some(size.ok_or_else(|| {
                        bad(
                            path,
                            "an extended header has a size that is no number".to_owned(),
                        )
                    })?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

fn member(
    kind: EntryType,
    name: &[u8],
    link: Option<Vec<u8>>,
    offset: u64,
    len: u64,
) -> Option<Member> {
    if kind.is_file() || kind.is_contiguous() {
        Some(Member::File { offset, len })
    } else if kind.is_symlink() {
        let name = normalise("", name)?;
        let base = name.rsplit_once('/').map_or("", |(base, _)| base);
        Some(Member::Link(normalise(base, &link?)?))
    } else if kind.is_hard_link() {
        Some(Member::Link(normalise("", &link?)?))
    } else {
        // Directories hold nothing; sparse members and devices are no blobs.
        None
    }
}

/// The name of a member seen from the directory `base`, without `.`, `..` and empty parts. `None` when it would leave
/// the archive is too long or not UTF-8: no document can name it then.
fn normalise(base: &str, name: &[u8]) -> Option<String> {
    if base.len() + name.len() > NAME_MAX {
        return None;
    }
    let name = std::str::from_utf8(name).ok()?;
    let base = if name.starts_with('/') { "" } else { base };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The sum of a header's bytes, its checksum field counted as spaces (POSIX ustar).
fn checksum(block: &[u8; BLOCK as usize]) -> u32 {
    let field = 148..156;
    block
        .iter()
        .enumerate()
        .map(|(i, &byte)| u32::from(if field.contains(&i) { b' ' } else { byte }))
        .sum()
}

fn bad(path: &Path, why: String) -> Error {
    Error::new(ErrorKind::BadInput, "read the archive")
        .path(path)
        .because(why)
        .hint("an image is an OCI layout (directory or tar) or the output of docker save")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_archive() {
        assert_eq!(normalise("", b"./a//b/../c").as_deref(), Some("a/c"));
        assert_eq!(
            normalise("id", b"../other/layer.tar").as_deref(),
            Some("other/layer.tar")
        );
        assert_eq!(
            normalise("id", b"/etc/passwd").as_deref(),
            Some("etc/passwd")
        );
        assert_eq!(normalise("id", b"../../etc/passwd"), None);
        assert_eq!(normalise("", b"\xff"), None);
    }

    #[test]
    fn links_are_followed_and_loops_end() {
        let mut builder = tar::Builder::new(tempfile::tempfile().unwrap());
        let mut header = Header::new_gnu();
        header.set_size(3);
        let long = format!("{}/layer.tar", "d".repeat(200));
        builder
            .append_data(&mut header, &long, &b"abc"[..])
            .unwrap();
        for (name, target, kind) in [
            ("x/layer.tar", format!("../{long}"), EntryType::Symlink),
            ("y", "x/layer.tar".to_owned(), EntryType::Link),
            ("loop", "loop".to_owned(), EntryType::Symlink),
            ("out", "../out".to_owned(), EntryType::Symlink),
        ] {
            let mut header = Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            builder.append_link(&mut header, name, target).unwrap();
        }
        let file = builder.into_inner().unwrap();
        let contents = Contents::read(&file, Path::new("x")).unwrap();
        let (offset, len) = contents.find("y").unwrap();
        let mut bytes = [0; 3];
        file.read_exact_at(&mut bytes, offset).unwrap();
        assert_eq!((&bytes, len), (b"abc", 3));
        assert_eq!(contents.find("loop"), None);
        assert_eq!(contents.find("out"), None);
        file.set_len(offset + 2).unwrap();
        let cut = Contents::read(&file, Path::new("x")).unwrap_err();
        assert!(cut.to_string().contains("cut off"), "{cut}");
    }
}
