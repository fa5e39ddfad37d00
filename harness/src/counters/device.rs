//! The block device under a store: what it was asked to do.

use std::path::{Path, PathBuf};

use drivers::mountinfo;

/// The device of the innermost mount around a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// `loop3`.
    pub(crate) name: String,
    /// `7:3`, as write-back threads are called.
    pub(crate) number: String,
    /// The filesystem: `btrfs`.
    pub(crate) filesystem: String,
}

/// What a device has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traffic {
    pub(crate) read_bytes: u64,
    pub(crate) written_bytes: u64,
    /// Reads, writes, discards and flushes, after merging.
    pub(crate) requests: u64,
}

impl Device {
    /// None for tmpfs, FUSE and the like.
    pub(crate) fn under(path: &Path) -> Option<Self> {
        let mounts = mountinfo::all().ok()?;
        let mount = mounts
            .into_iter()
            .filter(|mount| path.starts_with(&mount.point))
            .max_by_key(|mount| mount.point.components().count())?;
        let name = mount.source.strip_prefix("/dev/")?.to_owned();
        // Not the mount's own device number: btrfs gives itself another than its disk's.
        let number = std::fs::read_to_string(Self::directory(&name).join("dev")).ok()?;
        Some(Self {
            name,
            number: number.trim().to_owned(),
            filesystem: mount.kind,
        })
    }

    fn directory(name: &str) -> PathBuf {
        Path::new("/sys/class/block").join(name)
    }

    /// What it has done so far.
    pub(crate) fn traffic(&self) -> Option<Traffic> {
        parse(&std::fs::read_to_string(Self::directory(&self.name).join("stat")).ok()?)
    }
}

/// The `stat` file of a block device (Documentation/block/stat.rst). Fields, counted from 1: 1 read I/Os, 3 read sectors,
/// 5 write I/Os, 7 write sectors, 12 discard I/Os, 16 flush I/Os (Linux 5.5); a sector is 512 bytes.
fn parse(text: &str) -> Option<Traffic> {
    let fields: Vec<u64> = text
        .split_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    let field = |number: usize| fields.get(number - 1).copied();
    Some(Traffic {
        read_bytes: field(3)? * 512,
        written_bytes: field(7)? * 512,
        requests: field(1)? + field(5)? + field(12).unwrap_or(0) + field(16).unwrap_or(0),
    })
}

/// The bytes that the children of this process had read from and written to disks: the traffic of a store that no device
/// of its own lies under, but a daemon keeps.
pub(crate) fn of_children() -> Traffic {
    let mut sum = Traffic::default();
    for id in super::leftovers::children() {
        let text = std::fs::read_to_string(format!("/proc/{id}/io")).unwrap_or_default();
        let (read, written) = parse_io(&text);
        sum.read_bytes += read;
        sum.written_bytes += written;
    }
    sum
}

/// `read_bytes` and `write_bytes` of /proc/PID/io (proc_pid_io(5)).
fn parse_io(text: &str) -> (u64, u64) {
    let of = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .unwrap_or(0)
    };
    (of("read_bytes:"), of("write_bytes:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_from_one() {
        let text = "  10 1 100 5 20 2 200 6 0 7 8 3 0 300 1 4 9\n";
        let traffic = Traffic {
            read_bytes: 100 * 512,
            written_bytes: 200 * 512,
            requests: 10 + 20 + 3 + 4,
        };
        assert_eq!(parse(text), Some(traffic));
        // Before Linux 4.18 there were eleven.
        assert_eq!(parse("1 0 8 0 2 0 16 0 0 0 0").map(|t| t.requests), Some(3));
        assert_eq!(parse("1 0 8"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn io_of_a_process_is_what_reached_a_disk() {
        let text =
            "rchar: 9\nwchar: 8\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n";
        assert_eq!(parse_io(text), (4096, 8192));
        assert_eq!(parse_io(""), (0, 0));
    }

    #[test]
    fn a_directory_in_memory_has_no_device() {
        assert_eq!(Device::under(Path::new("/proc/self")), None);
    }
}
