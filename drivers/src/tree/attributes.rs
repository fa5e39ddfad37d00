//! Extended attributes of anything, links and devices included.

use std::ffi::{CStr, CString};
use std::os::fd::BorrowedFd;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr, lgetxattr, llistxattr, lsetxattr};
use rustix::io::Errno;

use super::at;

/// The kernel's limit of a list of names and of one value (XATTR_LIST_MAX, XATTR_SIZE_MAX).
const LIMIT: usize = 65536;

/// What attributes are read from or written to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    /// An open file or directory.
    Open(BorrowedFd<'a>),
    /// A name in an open directory, of any type.
    Named(BorrowedFd<'a>, &'a CStr),
}

/// Reads attributes through one buffer, so that a file without any costs one call.
#[derive(Debug)]
pub(crate) struct Reader {
    names: Vec<u8>,
    value: Vec<u8>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            names: vec![0; LIMIT],
            value: vec![0; LIMIT],
        }
    }

    /// Hands every name and value to `each`.
    pub(crate) fn each(
        &mut self,
        of: Target<'_>,
        mut each: impl FnMut(&CStr, &[u8]) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let listed = match of {
            Target::Open(fd) => flistxattr(fd, &mut self.names[..]),
            Target::Named(dir, name) => llistxattr(at::proc_path(dir, name), &mut self.names[..]),
        };
        let length = match listed {
            Ok(0) | Err(Errno::OPNOTSUPP) => return Ok(()),
            Ok(length) => length,
            Err(errno) => return Err(errno),
        };
        for name in self.names[..length].split_inclusive(|&b| b == 0) {
            let name = CStr::from_bytes_with_nul(name).map_err(|_| Errno::IO)?;
            // xfs lists an ACL a second time under a name of its own; it belongs to no archive and no copy.
            if name.to_bytes().starts_with(b"trusted.SGI_ACL_") {
                continue;
            }
            let read = match of {
                Target::Open(fd) => fgetxattr(fd, name, &mut self.value[..]),
                Target::Named(dir, file) => {
                    lgetxattr(at::proc_path(dir, file), name, &mut self.value[..])
                }
            };
            match read {
                Ok(size) => each(name, &self.value[..size])?,
                // Listed but not ours to see, or gone since.
                Err(Errno::NODATA) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// All of them, sorted by name.
    pub(crate) fn all(&mut self, of: Target<'_>) -> Result<Vec<(CString, Vec<u8>)>, Errno> {
        let mut found = Vec::new();
        self.each(of, |name, value| {
            found.push((name.to_owned(), value.to_vec()));
            Ok(())
        })?;
        found.sort();
        Ok(found)
    }
}

/// Sets one attribute.
pub(crate) fn set(of: Target<'_>, name: &CStr, value: &[u8]) -> Result<(), Errno> {
    match of {
        Target::Open(fd) => fsetxattr(fd, name, value, XattrFlags::empty()),
        Target::Named(dir, file) => {
            lsetxattr(at::proc_path(dir, file), name, value, XattrFlags::empty())
        }
    }
}
