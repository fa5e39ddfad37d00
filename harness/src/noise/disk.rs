//! The disk under a run, and whose bytes went over it.
//!
//! `foreign = the whole disk's bytes - ours`, reads and writes apart. Ours is the larger of two books:
//! - what went through the run's own **loop devices**: everything on a store, journal and late write-back included;
//! - what the kernel charged to our **processes** (/proc/PID/io): what by-passes the loop devices, such as reading the
//!   image, or a pool in a plain file.
//!
//! Their sum would count most bytes twice and hide foreign ones. A loop device adds to what goes through it: where a
//! write gives its file new blocks, the next flush makes the host's filesystem commit its journal ([`PER_FLUSH`]).

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{cpu, text};

/// Bytes the host's filesystem may write for one flush of a loop device: ext4 was seen to write 8 KiB where the file got
/// new blocks and next to nothing where not; others may write more.
const PER_FLUSH: u64 = 32 << 10;
/// Commits of the host's filesystem that come by the clock, or with our own small files.
const TIMED: u64 = 4;

/// A whole disk, in /sys.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    /// Its directory: `/sys/devices/.../block/sda`.
    pub(crate) sys: PathBuf,
    /// The run's directory: loop devices on files in it are ours.
    dir: PathBuf,
}

/// Bytes since the start of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Moved {
    read: u64,
    written: u64,
    flushes: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Reading {
    disk: Moved,
    loops: Moved,
    processes: Moved,
}

/// The directory in /sys of the whole disk under `path`; `None` where there is no single disk (tmpfs, NFS, overlay).
pub(crate) fn under(path: &Path) -> Option<PathBuf> {
    let number = |device: u64| {
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        std::fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()
    };
    let device = number(std::fs::metadata(path).ok()?.dev()).or_else(|| {
        // btrfs gives its files a number of no device; its mount names one of its devices.
        let mounts = drivers::mountinfo::all().ok()?;
        let source = &crate::hostfacts::mount_of(&mounts, path)?.source;
        number(std::fs::metadata(source).ok()?.rdev())
    })?;
    Some(whole(device))
}

/// A partition's disk; and for a device mapper or RAID device on one other device, that device's disk.
fn whole(mut device: PathBuf) -> PathBuf {
    // Stacks are shallow; the bound only ends a circle.
    for _ in 0..8 {
        let below: Vec<PathBuf> = std::fs::read_dir(device.join("slaves"))
            .map(|entries| {
                entries
                    .filter_map(|entry| Some(entry.ok()?.path()))
                    .collect()
            })
            .unwrap_or_default();
        let next = if device.join("partition").exists() {
            device.parent().map(Path::to_owned)
        } else if let [one] = &below[..] {
            one.canonicalize().ok()
        } else {
            None
        };
        match next {
            Some(next) => device = next,
            None => break,
        }
    }
    device
}

impl Disk {
    pub(super) fn under(dir: &Path) -> Option<Self> {
        Some(Self {
            sys: under(dir)?,
            dir: dir.to_owned(),
        })
    }

    pub(super) fn read(&self) -> Option<Reading> {
        let mut processes = process(&text("/proc/self/io")?)?;
        for pid in cpu::our_daemons() {
            let io = text(format!("/proc/{pid}/io"));
            processes += io.and_then(|io| process(&io)).unwrap_or_default();
        }
        Some(Reading {
            processes,
            loops: self.loops(),
            disk: device(&text(self.sys.join("stat"))?)?,
        })
    }

    /// The sum over the loop devices on files of the run.
    fn loops(&self) -> Moved {
        let mut sum = Moved::default();
        let Ok(entries) = std::fs::read_dir("/sys/block") else {
            return sum;
        };
        for entry in entries.filter_map(Result::ok) {
            // Only an attached loop device has the file.
            let ours = text(entry.path().join("loop/backing_file"))
                .is_some_and(|file| Path::new(file.trim_end()).starts_with(&self.dir));
            if ours {
                let stat = text(entry.path().join("stat"));
                sum += stat.and_then(|stat| device(&stat)).unwrap_or_default();
            }
        }
        sum
    }
}

impl std::ops::AddAssign for Moved {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.written += other.written;
        self.flushes += other.flushes;
    }
}

impl Moved {
    fn since(self, before: Self) -> Self {
        Self {
            read: self.read.saturating_sub(before.read),
            written: self.written.saturating_sub(before.written),
            flushes: self.flushes.saturating_sub(before.flushes),
        }
    }
}

impl Reading {
    /// Bytes that others moved.
    pub(super) fn foreign_since(&self, before: Self) -> u64 {
        let disk = self.disk.since(before.disk);
        let loops = self.loops.since(before.loops);
        let processes = self.processes.since(before.processes);
        let written = loops.written.max(processes.written);
        let added = (loops.flushes + TIMED) * PER_FLUSH;
        disk.read.saturating_sub(loops.read.max(processes.read))
            + disk.written.saturating_sub(written + added)
    }
}

/// A block device's `stat` (Documentation/block/stat.rst): sectors of 512 bytes, and flushes from Linux 5.5 on.
fn device(stat: &str) -> Option<Moved> {
    let fields: Vec<u64> = stat
        .split_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    Some(Moved {
        read: fields.get(2)? * 512,
        written: fields.get(6)? * 512,
        flushes: fields.get(15).copied().unwrap_or(0),
    })
}

/// `/proc/PID/io` (proc_pid_io(5)): bytes fetched from storage, and pages made dirty less those that were dropped again.
fn process(io: &str) -> Option<Moved> {
    let field = |name: &str| -> Option<u64> {
        let (_, value) = io
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| *key == name)?;
        value.parse().ok()
    };
    Some(Moved {
        read: field("read_bytes")?,
        written: field("write_bytes")?.saturating_sub(field("cancelled_write_bytes")?),
        flushes: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_books_of_devices_and_processes_are_read() {
        let moved = device(" 1 2 10 4 5 6 20 8 0 10 11 0 0 0 0 7 3\n").unwrap();
        assert_eq!((moved.read, moved.written, moved.flushes), (5120, 10240, 7));
        assert_eq!(device("1 2 10 4"), None);
        let io = "rchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 4096\n";
        let moved = process(io).unwrap();
        assert_eq!((moved.read, moved.written), (4096, 4096));
        assert_eq!(process("rchar: 9\n"), None);
    }

    #[test]
    fn what_went_through_a_loop_device_is_not_foreign_nor_counted_twice() {
        let moved = |read, written, flushes| Moved {
            read,
            written,
            flushes,
        };
        let mib = 1 << 20;
        let reading = |disk, loops, processes| Reading {
            disk,
            loops,
            processes,
        };
        let foreign = |now: Reading| now.foreign_since(Reading::default());
        // The same 100 MiB in both books, 102 on the disk: within what 160 flushes add.
        let own = moved(0, 100 * mib, 160);
        let now = reading(moved(0, 102 * mib, 200), own, moved(0, 100 * mib, 0));
        assert_eq!(foreign(now), 0);
        // Others wrote 100 MiB, and read 7.
        let now = reading(moved(7 * mib, 200 * mib, 200), own, moved(0, 100 * mib, 0));
        assert!(foreign(now) > 90 * mib && foreign(now) < 107 * mib);
        // A pool in a plain file has no loop device.
        let now = reading(
            moved(5 * mib, 100 * mib, 9),
            Moved::default(),
            moved(5 * mib, 100 * mib, 0),
        );
        assert_eq!(foreign(now), 0);
    }

    #[test]
    fn the_disk_of_a_directory_is_a_whole_one() {
        // /proc stands on no disk, whatever the host.
        assert_eq!(under(Path::new("/proc")), None);
        if let Some(disk) = under(Path::new("/")) {
            assert!(disk.join("stat").exists() && !disk.join("partition").exists());
        }
    }
}
