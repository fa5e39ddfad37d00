//! Where a phase's CPU seconds and device writes are read.

use std::path::{Path, PathBuf};

use drivers::Driver;
use nix::sys::resource::{UsageWho, getrusage};
use workloads::recorder::{CounterValues, Counters};

/// Counters of this process, its reaped children, the driver's live daemons, and the backing device.
#[derive(Debug)]
pub(crate) struct HostCounters<'a> {
    driver: &'a dyn Driver,
    device: Option<PathBuf>,
}

impl<'a> HostCounters<'a> {
    /// `device` as found by [`device_stat`].
    pub(crate) fn new(driver: &'a dyn Driver, device: Option<PathBuf>) -> Self {
        Self { driver, device }
    }
}

impl Counters for HostCounters<'_> {
    fn read(&self) -> CounterValues {
        let cpu = |who| {
            getrusage(who).ok().map(|usage| {
                let seconds = |t: nix::sys::time::TimeVal| {
                    std::time::Duration::new(t.tv_sec().unsigned_abs(), 0).as_secs_f64()
                        + t.tv_usec() as f64 / 1e6
                };
                seconds(usage.user_time()) + seconds(usage.system_time())
            })
        };
        let own = cpu(UsageWho::RUSAGE_SELF)
            .zip(cpu(UsageWho::RUSAGE_CHILDREN))
            .map(|(a, b)| a + b);
        CounterValues {
            cpu_seconds: own.map(|own| own + self.driver.daemon_usage().live_cpu.as_secs_f64()),
            device_written: self.device.as_deref().and_then(written),
        }
    }
}

/// The statistics file of the block device under `path`; none for tmpfs, FUSE and the like.
pub(crate) fn device_stat(path: &Path) -> Option<PathBuf> {
    let mountinfo = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let source = source_of(&mountinfo, path)?;
    let name = source.strip_prefix("/dev/")?;
    let stat = PathBuf::from(format!("/sys/class/block/{name}/stat"));
    stat.exists().then_some(stat)
}

fn source_of(mountinfo: &str, path: &Path) -> Option<String> {
    mountinfo
        .lines()
        .filter_map(|line| {
            let (left, right) = line.split_once(" - ")?;
            let at = left.split(' ').nth(4)?;
            path.starts_with(at).then(|| {
                (
                    at.len(),
                    right.split(' ').nth(1).unwrap_or_default().to_owned(),
                )
            })
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, source)| source)
}

/// Field 7 of the kernel's block statistics: sectors of 512 bytes written.
fn written(stat: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(stat).ok()?;
    text.split_whitespace()
        .nth(6)?
        .parse::<u64>()
        .ok()
        .map(|sectors| sectors * 512)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_of_the_innermost_mount_is_taken() {
        let text =
            "1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 7:1 / /run/x rw - ext4 /dev/loop1 rw\n";
        assert_eq!(
            source_of(text, "/run/x/plain".as_ref()).as_deref(),
            Some("/dev/loop1")
        );
        assert_eq!(
            source_of(text, "/run/y".as_ref()).as_deref(),
            Some("/dev/vda")
        );
    }
}
