//! OpenZFS by two requests of /dev/zfs: which objects of two snapshots may differ, and what is known of one. They are
//! those of `zfs diff`, which passes objects over in silence whose name it cannot find. Nothing here decides anything.
#![expect(
    unsafe_code,
    reason = "the requests take a C structure whose layout no crate declares"
)]

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result};
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::pipe::{PipeFlags, pipe_with};

/// Numbers of requests (sys/fs/zfs.h), the same since OpenZFS 0.8.
const DIFF: libc::Ioctl = 0x5a36;
const OBJECT_TO_STATS: libc::Ioctl = 0x5a38;

/// One structure serves all requests (sys/zfs_ioctl.h, `zfs_cmd_t`). These are the bytes at which its members begin, in
/// OpenZFS 2.1, 2.3 and what followed; [`Device::object`] tells where they do not fit.
const NAME: usize = 0;
const VALUE: usize = 4144;
const STRING: usize = 12_336;
const COOKIE: usize = 12_616;
const OBJECT: usize = 12_656;
const STATS: usize = 13_696;
/// The module writes the whole structure back: room for one that has grown.
const ROOM: usize = 64 << 10;

/// The longest name, with the byte that ends it.
const NAME_MAX: usize = 256;

/// An object of a dataset that is a file of any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The transaction group that made it: an object that has the number of an earlier one has another generation.
    pub generation: u64,
    /// Type and permissions.
    pub mode: u32,
    /// How many names it has.
    pub links: u64,
    /// When it was last changed in any way: seconds and nanoseconds.
    pub changed: [u64; 2],
    /// One of its names, from the root and with a slash before it; `None` where none is to be found from here: the
    /// directory that is noted as its parent has it no more.
    pub path: Option<Vec<u8>>,
}

/// The control device of the kernel module.
#[derive(Debug)]
pub struct Device(File);

impl Device {
    /// Opens it.
    ///
    /// # Errors
    /// The errno.
    pub fn open(path: &Path) -> Result<Self> {
        File::options().read(true).write(true).open(path).map(Self)
    }

    /// What is known of an object of a dataset or snapshot; `None`: there is none of this number that has a name, or had
    /// one until it is closed.
    ///
    /// # Errors
    /// The errno.
    pub fn object(&self, dataset: &str, number: u64) -> Result<Option<Object>> {
        let mut command = command(dataset)?;
        put(&mut command, OBJECT, number);
        let outcome = self.call(OBJECT_TO_STATS, &mut command);
        let word = |index: usize| get(&command, STATS + 8 * index);
        let mode = u32::try_from(word(1)).map_err(|_| odd("a mode of more than 32 bits"))?;
        // It is written whether a path was found or not.
        let error = outcome.err();
        let errno = error.as_ref().and_then(Error::raw_os_error);
        if mode == 0 {
            return match (error, errno) {
                // A free number, one beyond the last, or of something that is no file.
                (_, Some(libc::ENOENT | libc::EOPNOTSUPP | libc::EINVAL | libc::ENXIO)) => Ok(None),
                (Some(error), _) => Err(error),
                (None, _) => Err(odd("an object without a type")),
            };
        }
        // Removed, and still open when the snapshot was made.
        if errno == Some(libc::ESTALE) {
            return Ok(None);
        }
        let path = error.is_none().then(|| {
            let value = &command[VALUE..STRING];
            let end = value.iter().position(|byte| *byte == 0);
            value[..end.unwrap_or(value.len())].to_vec()
        });
        Ok(Some(Object {
            generation: word(0),
            mode,
            links: word(2),
            changed: [word(3), word(4)],
            path,
        }))
    }

    /// The numbers of objects of the snapshot `to` that were written since `from`, or share a block with one that was.
    /// Numbers that are free in `to` are not among them.
    ///
    /// # Errors
    /// The errno: EXDEV where `to` does not descend from `from`.
    pub fn written_since(&self, from: &str, to: &str) -> Result<Vec<RangeInclusive<u64>>> {
        let mut command = command(to)?;
        put_text(&mut command, VALUE, from)?;
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        let records = std::thread::scope(|scope| {
            let reader = scope.spawn(move || all_of(read));
            put(
                &mut command,
                COOKIE,
                u64::from(write.as_raw_fd().unsigned_abs()),
            );
            let outcome = self.call(DIFF, &mut command);
            drop(write);
            let read = reader
                .join()
                .unwrap_or_else(|_| Err(odd("the thread that reads panicked")));
            outcome.and(read)
        })?;
        ranges(&records)
    }

    fn call(&self, request: libc::Ioctl, command: &mut Vec<u8>) -> Result<()> {
        // SAFETY: the buffer outlives the call and is several times as long as the structure that is read and written.
        let outcome = unsafe { libc::ioctl(self.0.as_raw_fd(), request, command.as_mut_ptr()) };
        if outcome < 0 {
            Err(Error::last_os_error())
        } else {
            Ok(())
        }
    }
}

fn all_of(pipe: OwnedFd) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::from(pipe).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn command(dataset: &str) -> Result<Vec<u8>> {
    let mut command = vec![0; ROOM];
    put_text(&mut command, NAME, dataset)?;
    Ok(command)
}

fn put(command: &mut [u8], at: usize, number: u64) {
    command[at..at + 8].copy_from_slice(&number.to_ne_bytes());
}

fn get(command: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&command[at..at + 8]);
    u64::from_ne_bytes(word)
}

fn put_text(command: &mut [u8], at: usize, text: &str) -> Result<()> {
    if text.len() >= NAME_MAX || text.bytes().any(|byte| byte == 0) {
        return Err(Error::from_raw_os_error(libc::ENAMETOOLONG));
    }
    command[at..at + text.len()].copy_from_slice(text.as_bytes());
    Ok(())
}

fn odd(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}

/// Records of three words: a kind, the first number and the last.
fn ranges(records: &[u8]) -> Result<Vec<RangeInclusive<u64>>> {
    const LENGTH: usize = 24;
    const IN_USE: u64 = 2;
    const FREE: u64 = 4;
    let mut found = Vec::new();
    for record in records.chunks(LENGTH) {
        if record.len() < LENGTH {
            return Err(odd("half a record"));
        }
        match get(record, 0) {
            IN_USE => found.push(get(record, 8)..=get(record, 16)),
            FREE => {}
            kind => return Err(odd(&format!("a record of the kind {kind}"))),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u64, first: u64, last: u64) -> Vec<u8> {
        [kind, first, last]
            .into_iter()
            .flat_map(u64::to_ne_bytes)
            .collect()
    }

    #[test]
    fn records_of_objects_in_use_are_kept() {
        let text = [record(2, 1, 5), record(4, 6, 31), record(2, 40, 40)].concat();
        assert_eq!(ranges(&text).unwrap(), [1..=5, 40..=40]);
        assert_eq!(ranges(&[]).unwrap(), []);
    }

    #[test]
    fn odd_records_are_refused() {
        assert!(ranges(&record(3, 1, 2)).is_err());
        assert!(ranges(&record(2, 1, 2)[..23]).is_err());
    }

    #[test]
    fn names_that_do_not_fit_are_refused() {
        assert!(command(&"n".repeat(NAME_MAX)).is_err());
        assert!(command("a\0b").is_err());
        assert_eq!(&command("p/e1@layer").unwrap()[..11], b"p/e1@layer\0");
    }
}
