//! What is held in memory at one moment, and what the device of a store was asked for so far.

use std::path::Path;

use drivers::error::Attempt as _;
use drivers::sys::cachestat::cached;
use drivers::{Driver, Result};
use workloads::Glance;

use crate::counters::device::{Device, of_children};
use crate::counters::leftovers::children;

/// Looks; `store_file` is the file of the host that holds the store, where there is one.
pub(super) fn look(driver: &dyn Driver, store_file: Option<&Path>) -> Result<Glance> {
    let device_read = match Device::under(driver.plain_dir()) {
        Some(device) => device.traffic().map(|traffic| traffic.read_bytes),
        None if driver.daemon_usage().alive > 0 => Some(of_children().read_bytes),
        None => None,
    };
    let below = store_file.map_or(Ok(0), |file| cached(file).map(|c| c.pages))?;
    let daemons = children()
        .into_iter()
        .filter_map(|id| {
            let path = format!("/proc/{id}/smaps_rollup");
            // One that has ended meanwhile holds nothing.
            proportional(&std::fs::read_to_string(path).ok()?)
        })
        .sum();
    let path = "/proc/meminfo";
    let meminfo = std::fs::read_to_string(path).attempt("read", path)?;
    Ok(Glance {
        device_read,
        below: below * rustix::param::page_size() as u64,
        daemons,
        kernel: kernel(&meminfo),
    })
}

/// `Pss` of smaps_rollup (proc_pid_smaps(5)), in bytes.
fn proportional(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

/// What the kernel takes for itself, of /proc/meminfo (proc_meminfo(5)): slabs, stacks, page tables, per-CPU data.
fn kernel(text: &str) -> u64 {
    let own = [
        "Slab",
        "KernelStack",
        "PageTables",
        "SecPageTables",
        "Percpu",
    ];
    let kib = |line: &str| -> Option<u64> {
        let (name, value) = line.split_once(':')?;
        let value = value.trim().strip_suffix(" kB")?.parse().ok()?;
        own.contains(&name).then_some(value)
    };
    text.lines().filter_map(kib).sum::<u64>() * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_slabs_are_read_from_their_lines() {
        let rollup = "55-7f ---p 0 00:00 0   [rollup]\nRss:  9 kB\nPss:   7 kB\nPss_Dirty: 3 kB\n";
        assert_eq!(proportional(rollup), Some(7 << 10));
        assert_eq!(proportional("Rss: 9 kB\n"), None);
        let text = "MemTotal: 900 kB\nSlab:  40 kB\nSReclaimable: 30 kB\nKernelStack: 3 kB\nPageTables: 2 kB\nPercpu: 1 kB\n";
        assert_eq!(kernel(text), 46 << 10);
        assert_eq!(kernel(""), 0);
    }

    #[test]
    fn this_host_tells() {
        let own = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        assert!(proportional(&own).unwrap() > 0);
        let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap();
        assert!(kernel(&meminfo) > 1 << 20);
    }
}
