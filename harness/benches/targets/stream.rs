//! An archive of any number of empty files, made while it is read: a million of them take no memory.

use std::io::{self, Read};

/// A tar block.
const BLOCK: usize = 512;
/// Files in one directory, as in a well-filled package directory.
const IN_ONE: u32 = 1000;

/// Reads as a plain tar archive of `files` empty files in directories of 1000.
#[derive(Debug)]
pub(crate) struct Files {
    next: u32,
    files: u32,
    block: [u8; BLOCK],
    at: usize,
    /// The directory's header is given before its first file's.
    directory: bool,
    /// Blocks of zeros still to come, two of which end an archive.
    end: u32,
}

impl Files {
    /// See the type.
    pub(crate) fn new(files: u32) -> Self {
        Self {
            next: 0,
            files,
            block: [0; BLOCK],
            at: BLOCK,
            directory: true,
            end: 2,
        }
    }

    /// Puts the next block in place; false at the end.
    fn advance(&mut self) -> bool {
        self.at = 0;
        if self.next == self.files {
            if self.end == 0 {
                self.at = BLOCK;
                return false;
            }
            self.end -= 1;
            self.block = [0; BLOCK];
            return true;
        }
        let directory = self.next / IN_ONE;
        let mut header = tar::Header::new_ustar();
        header.set_mtime(1_700_000_000);
        header.set_size(0);
        let (kind, mode, name) = if self.directory {
            self.directory = false;
            (
                tar::EntryType::Directory,
                0o755,
                format!("d{directory:05}/"),
            )
        } else {
            let name = format!("d{directory:05}/f{:07}", self.next);
            self.next += 1;
            self.directory = self.next.is_multiple_of(IN_ONE);
            (tar::EntryType::Regular, 0o644, name)
        };
        header.set_entry_type(kind);
        header.set_mode(mode);
        // Short names fit every header.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.block = *header.as_bytes();
        true
    }
}

impl Read for Files {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            if self.at == BLOCK && !self.advance() {
                break;
            }
            let n = (buffer.len() - done).min(BLOCK - self.at);
            buffer[done..done + n].copy_from_slice(&self.block[self.at..self.at + n]);
            (self.at, done) = (self.at + n, done + n);
        }
        Ok(done)
    }
}
