//! What is counted around a phase of a counted pass: the store is synced before and after, so that everything the phase
//! caused is counted, and nothing else.

use drivers::sys::trace::mark;
use drivers::usage::StoreSpace;
use drivers::{Driver, Result};
use workloads::Metric;
use workloads::recorder::{Count, Counters};

use super::device::{Device, Traffic, of_children};
use super::kernel_threads::KernelThreads;

/// Counters of a counted pass.
#[derive(Debug)]
pub(crate) struct SettledCounters<'a> {
    driver: &'a dyn Driver,
    device: Option<Device>,
    before: Option<Reading>,
}

#[derive(Debug)]
struct Reading {
    space: StoreSpace,
    traffic: Option<Traffic>,
    page_cache: Option<u64>,
    threads: KernelThreads,
}

impl<'a> SettledCounters<'a> {
    /// For the store of a driver.
    pub(crate) fn new(driver: &'a dyn Driver) -> Self {
        Self {
            driver,
            device: Device::under(driver.plain_dir()),
            before: None,
        }
    }

    fn read(&self) -> Result<Reading> {
        self.driver.sync()?;
        let traffic = match &self.device {
            Some(device) => device.traffic(),
            None if self.driver.daemon_usage().alive > 0 => Some(of_children()),
            None => None,
        };
        Ok(Reading {
            space: self.driver.store_space()?,
            traffic,
            page_cache: page_cache(),
            threads: KernelThreads::look(),
        })
    }

    fn differences(&self, before: &Reading, after: &Reading) -> Vec<Count> {
        let mut counts = Vec::new();
        let mut grown = |metric, before: u64, after: u64| {
            #[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
            counts.push(Count {
                metric,
                value: after.saturating_sub(before) as f64,
            });
        };
        grown(Metric::Allocated, before.space.bytes, after.space.bytes);
        if let (Some(before), Some(after)) = (before.space.inodes, after.space.inodes) {
            grown(Metric::Inodes, before, after);
        }
        if let (Some(before), Some(after)) = (before.traffic, after.traffic) {
            grown(
                Metric::DeviceWritten,
                before.written_bytes,
                after.written_bytes,
            );
            grown(Metric::DeviceRead, before.read_bytes, after.read_bytes);
            if self.device.is_some() {
                grown(Metric::DeviceRequests, before.requests, after.requests);
            }
        }
        if let (Some(before), Some(after)) = (before.page_cache, after.page_cache) {
            grown(Metric::PageCache, before, after);
        }
        if let Some(device) = &self.device {
            counts.push(Count {
                metric: Metric::KernelCpu,
                value: before.threads.seconds_for(&after.threads, device),
            });
        }
        counts
    }
}

impl Counters for SettledCounters<'_> {
    fn begin(&mut self) {
        self.before = self
            .read()
            .inspect_err(|error| tracing::warn!("{error}"))
            .ok();
        // The last thing before the phase: nothing of the reading is counted.
        drop(mark());
    }

    fn end(&mut self) -> Vec<Count> {
        drop(mark());
        let after = self.read().inspect_err(|error| tracing::warn!("{error}"));
        match (self.before.take(), after) {
            (Some(before), Ok(after)) => self.differences(&before, &after),
            _ => Vec::new(),
        }
    }

    fn counted(&self) -> bool {
        true
    }
}

/// Bytes of files in the page cache of the whole host.
fn page_cache() -> Option<u64> {
    parse_meminfo(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

/// `Cached` and `Buffers` of /proc/meminfo (proc_meminfo(5)).
fn parse_meminfo(text: &str) -> Option<u64> {
    let of = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some((of("Cached:")? + of("Buffers:")?) * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_cache_is_cached_and_buffers_and_not_swap() {
        let text = "MemTotal: 1 kB\nBuffers:   10 kB\nCached:    200 kB\nSwapCached: 7 kB\n";
        assert_eq!(parse_meminfo(text), Some(210 * 1024));
        assert_eq!(parse_meminfo("Cached: x kB\nBuffers: 1 kB\n"), None);
        assert_eq!(parse_meminfo(""), None);
        assert!(page_cache().is_some());
    }
}
