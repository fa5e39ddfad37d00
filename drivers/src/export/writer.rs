//! Writes the planned entries.

use std::ffi::CString;
use std::io::Write;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use rustix::fs::{FileType, readlinkat};
use rustix::io::{Errno, pread};

use super::header::{BLOCK, Header, padding};
use super::links::{self, Targets};
use super::plan::{Place, Plan, Step, split};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::tree::at::{self, Meta};
use crate::tree::attributes::{Reader, Target};

const CHUNK: usize = 256 << 10;

pub(super) fn write(content: &Path, plan: Plan, sink: &mut dyn Write) -> Result<()> {
    let root = at::open_root(content)?;
    let mut writer = Writer {
        content,
        targets: links::unchanged(content, root.as_fd(), &plan)?,
        attributes: Reader::new(),
        buffer: Vec::with_capacity(CHUNK + 2 * BLOCK),
        sink,
    };
    let mut place = Place::new(root.as_fd());
    for (path, step) in &plan {
        match step {
            Step::Present(meta) => {
                let (dir, name) = place
                    .find(path)
                    .attempt("export", at::show(content, path))?;
                writer.present(dir, &name, path, meta)?;
            }
            Step::Whiteout => {
                let (parent, name) = split(path);
                writer.marker(&at::join(parent, &[b".wh.", name].concat()))?;
            }
            Step::Opaque => writer.marker(&at::join(path, b".wh..wh..opq"))?,
        }
    }
    // Two blocks of zeros end an archive.
    writer.buffer.resize(writer.buffer.len() + 2 * BLOCK, 0);
    writer.flush()?;
    writer.sink.flush().attempt("export", content)
}

struct Writer<'a> {
    content: &'a Path,
    targets: Targets,
    attributes: Reader,
    /// Headers and small contents, gathered.
    buffer: Vec<u8>,
    sink: &'a mut dyn Write,
}

impl Writer<'_> {
    fn flush(&mut self) -> Result<()> {
        self.sink
            .write_all(&self.buffer)
            .attempt("write the archive of", self.content)?;
        self.buffer.clear();
        Ok(())
    }

    fn header(&mut self, header: &Header<'_>) -> Result<()> {
        header.write(&mut self.buffer);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    fn marker(&mut self, path: &[u8]) -> Result<()> {
        self.header(&Header {
            kind: b'0',
            path,
            ..Header::default()
        })
    }

    fn present(
        &mut self,
        dir: BorrowedFd<'_>,
        name: &CString,
        path: &[u8],
        meta: &Meta,
    ) -> Result<()> {
        let content = self.content;
        let fail = |errno| Error::io("export", at::show(content, path), errno);
        let mut header = Header {
            path,
            mode: meta.mode & 0o7777,
            uid: meta.uid,
            gid: meta.gid,
            mtime: meta.mtime,
            ..Header::default()
        };
        if !meta.is_dir() && meta.nlink > 1 {
            if let Some(target) = self.targets.get(&meta.inode()) {
                header.kind = b'1';
                let target = target.clone();
                header.link = &target;
                return self.header(&header);
            }
            self.targets.insert(meta.inode(), path.to_owned());
        }
        if meta.kind() == FileType::RegularFile {
            let file = at::open_file(dir, name).map_err(fail)?;
            let xattrs = self
                .attributes
                .all(Target::Open(file.as_fd()))
                .map_err(fail)?;
            header.kind = b'0';
            header.size = meta.size;
            header.xattrs = &xattrs;
            self.header(&header)?;
            return self.contents(file.as_fd(), path, meta.size);
        }
        let xattrs = self
            .attributes
            .all(Target::Named(dir, name))
            .map_err(fail)?;
        header.xattrs = &xattrs;
        let mut text = Vec::new();
        header.kind = match meta.kind() {
            FileType::Directory => {
                text = if path.is_empty() {
                    b"./".to_vec()
                } else {
                    [path, b"/"].concat()
                };
                b'5'
            }
            FileType::Symlink => {
                text = readlinkat(dir, name, Vec::new())
                    .map_err(fail)?
                    .into_bytes();
                b'2'
            }
            FileType::CharacterDevice => b'3',
            FileType::BlockDevice => b'4',
            _ => b'6',
        };
        match header.kind {
            b'5' => header.path = &text,
            b'2' => header.link = &text,
            b'3' | b'4' => header.device = meta.rdev,
            _ => {}
        }
        self.header(&header)
    }

    /// Exactly `size` bytes of a file, and the padding.
    fn contents(&mut self, file: BorrowedFd<'_>, path: &[u8], size: u64) -> Result<()> {
        let mut at = 0;
        while at < size {
            if self.buffer.len() >= CHUNK {
                self.flush()?;
            }
            let start = self.buffer.len();
            let room = (CHUNK.saturating_sub(start)).max(BLOCK);
            let length = usize::try_from(size - at).unwrap_or(room).min(room);
            self.buffer.resize(start + length, 0);
            let read = match pread(file, &mut self.buffer[start..], at) {
                Ok(read) => read,
                Err(Errno::INTR) => {
                    self.buffer.truncate(start);
                    continue;
                }
                Err(errno) => {
                    return Err(Error::io("export", at::show(self.content, path), errno));
                }
            };
            if read == 0 {
                return Err(Error::new(ErrorKind::Io, "export")
                    .path(at::show(self.content, path))
                    .because("it became shorter while it was read"));
            }
            self.buffer.truncate(start + read);
            at += read as u64;
        }
        self.buffer.resize(self.buffer.len() + padding(size), 0);
        Ok(())
    }
}
