//! A disk of our own: a file served by FUSE from memory, to stand under a loop device or a pool. It tells the log of every
//! write and flush, and fails when told to. The kernel here has neither a device mapper nor a network block device.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

use drivers::error::Attempt as _;
use drivers::{Mount, Result};
use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyWrite, Request, WriteFlags,
};
use nix::libc;

use crate::log::{Event, Log, Sectors};

/// Nothing changes behind the kernel's back.
const FOR_EVER: Duration = Duration::from_secs(3600);
/// How long others may hold on to a disk.
const PATIENCE: Duration = Duration::from_secs(30);
const DISK: INodeNo = INodeNo(2);

/// A disk. Dropping it takes it away, if nothing uses it.
#[derive(Debug)]
pub(crate) struct Disk {
    shared: Arc<Shared>,
    dir: PathBuf,
    session: Option<BackgroundSession>,
}

#[derive(Debug)]
struct Shared {
    number: usize,
    size: u64,
    log: Log,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sectors: Sectors,
    failure: Option<Failure>,
}

/// How a disk fails: it still takes some writes, then none, and no flush; it can always be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    /// The writes it still takes.
    pub(crate) writes: u64,
    /// What it answers then.
    pub(crate) errno: i32,
}

impl Disk {
    /// Makes an empty disk, as the file `disk` in the existing directory `dir`.
    pub(crate) fn new(number: usize, size: u64, log: Log, dir: &Path) -> Result<Self> {
        let shared = Arc::new(Shared {
            number,
            size,
            log,
            state: Mutex::default(),
        });
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("layerbench-disk".to_owned())];
        let session = fuser::spawn_mount(Served(Arc::clone(&shared)), dir, &config)
            .attempt("serve a disk in", dir)?;
        Ok(Self {
            shared,
            dir: dir.to_owned(),
            session: Some(session),
        })
    }

    /// The disk's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join("disk")
    }

    /// In bytes.
    pub(crate) fn size(&self) -> u64 {
        self.shared.size
    }

    /// What is on it now.
    pub(crate) fn sectors(&self) -> Sectors {
        self.shared.lock().sectors.clone()
    }

    /// Fails from now on, or works again.
    pub(crate) fn fail(&self, failure: Option<Failure>) {
        self.shared.lock().failure = failure;
    }

    /// Takes the disk away.
    pub(crate) fn close(mut self) -> Result<()> {
        self.take_away()
    }

    fn take_away(&mut self) -> Result<()> {
        let Some(session) = self.session.take() else {
            return Ok(());
        };
        // A loop device lets go when the last copy of its mount does, and a process of another trial that is about to end
        // may have one in its namespace.
        let mut mount = Mount::new(&self.dir);
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = mount.try_unmount() {
            if Instant::now() > deadline {
                return Err(error);
            }
        }
        session
            .join()
            .attempt("stop serving the disk in", &self.dir)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = self.take_away() {
            tracing::error!("{error}");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attributes(&self, number: INodeNo) -> FileAttr {
        let is_disk = number == DISK;
        FileAttr {
            ino: number,
            size: if is_disk { self.size } else { 0 },
            blocks: 0,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if is_disk {
                FileType::RegularFile
            } else {
                FileType::Directory
            },
            perm: if is_disk { 0o600 } else { 0o700 },
            nlink: if is_disk { 1 } else { 2 },
            uid: 0,
            gid: 0,
            rdev: 0,
            flags: 0,
            blksize: 4096,
        }
    }
}

/// What the session owns.
struct Served(Arc<Shared>);

impl Filesystem for Served {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if name == "disk" {
            reply.entry(&FOR_EVER, &self.0.attributes(DISK), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&FOR_EVER, &self.0.attributes(number));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::empty());
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let left = self.0.size.saturating_sub(offset).min(u64::from(size));
        let length = usize::try_from(left).unwrap_or_default();
        reply.data(&self.0.lock().sectors.read(offset, length));
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        flags: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = self.0.lock();
        match &mut state.failure {
            Some(Failure { writes: 0, errno }) => {
                let errno = Errno::from_i32(*errno);
                drop(state);
                return reply.error(errno);
            }
            Some(failure) => failure.writes -= 1,
            None => {}
        }
        state.sectors.write(offset, data);
        let event = if flags.0 & libc::O_DSYNC == 0 {
            Event::Write
        } else {
            Event::Durable
        };
        self.0
            .log
            .add(|| event(self.0.number, offset, data.to_vec()));
        drop(state);
        reply.written(u32::try_from(data.len()).unwrap_or_default());
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let state = self.0.lock();
        if let Some(Failure { writes: 0, errno }) = state.failure {
            let errno = Errno::from_i32(errno);
            drop(state);
            return reply.error(errno);
        }
        self.0.log.add(|| Event::Flush(self.0.number));
        drop(state);
        reply.ok();
    }

    /// Nobody needs to be told of a close.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    /// Holes would be one more thing to replay.
    fn fallocate(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: u64,
        _: u64,
        _: i32,
        reply: ReplyEmpty,
    ) {
        reply.error(Errno::EOPNOTSUPP);
    }
}
