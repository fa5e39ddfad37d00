//! CPU time of kernel threads that work for a store.
//!
//! **Attributed**: threads that carry the name of the store's device (`jbd2/loop3-8`, `xfsaild/loop3`), worker threads whose
//! last work was for it (`kworker/u8:1-loop3`, `kworker/u8:0-flush-7:3`), and a filesystem's own that
//! carry no device's name (btrfs). **Not attributed**: interrupts, the disk under the run, and what a worker did under another
//! name since: workers are shared, and show only their last work.

use std::collections::BTreeMap;
use std::path::Path;

use super::device::Device;
use super::threads::run_time;

/// CPU nanoseconds of the kernel's threads, by id, with their names.
#[derive(Debug, Default)]
pub(crate) struct KernelThreads(BTreeMap<u32, (String, u64)>);

impl KernelThreads {
    /// Looks at all of them.
    pub(crate) fn look() -> Self {
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let id: Option<u32> = entry.file_name().to_str().and_then(|n| n.parse().ok());
            let Some(id) = id else { continue };
            let dir = entry.path();
            let is_kernel = std::fs::read(dir.join("cmdline")).is_ok_and(|line| line.is_empty());
            if is_kernel && let (Some(name), Some(time)) = (name(&dir), run_time(&dir)) {
                found.insert(id, (name, time));
            }
        }
        Self(found)
    }

    /// CPU seconds between two looks, of the threads that worked for `device`.
    pub(crate) fn seconds_for(&self, later: &Self, device: &Device) -> f64 {
        let nanoseconds: u64 = later
            .0
            .iter()
            .filter_map(|(id, (name, after))| {
                let before = self.0.get(id);
                let named = works_for(name, device)
                    || before.is_some_and(|(name, _)| works_for(name, device));
                let before = before.map_or(0, |(_, before)| *before);
                named.then(|| after.saturating_sub(before))
            })
            .sum();
        std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
    }
}

fn name(dir: &Path) -> Option<String> {
    let name = std::fs::read_to_string(dir.join("comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Whether a thread of this name works for the device: the name has the device's as a whole word.
fn works_for(name: &str, device: &Device) -> bool {
    let words = |separators: &[char]| -> Vec<String> {
        name.split(separators).map(str::to_owned).collect()
    };
    if words(&['/', '-', '+', ' ']).contains(&device.name) {
        return true;
    }
    // `flush-7:3`: the number has a separator of its own.
    if name.ends_with(&format!("flush-{}", device.number)) {
        return true;
    }
    // A filesystem's own, which name no device: `btrfs-transaction`, `kworker/u8:2-btrfs-endio`.
    let own = format!("{}-", device.filesystem);
    let rest = match name.strip_prefix(&own) {
        Some(rest) => Some(rest),
        None => name.split_once(&format!("-{own}")).map(|(_, rest)| rest),
    };
    rest.is_some_and(|rest| !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(filesystem: &str) -> Device {
        Device {
            name: "loop3".to_owned(),
            number: "7:3".to_owned(),
            filesystem: filesystem.to_owned(),
        }
    }

    #[test]
    fn threads_are_told_by_whole_words() {
        let ext4 = device("ext4");
        for name in [
            "jbd2/loop3-8",
            "kworker/u8:1-loop3",
            "kworker/u8:0-flush-7:3",
            "xfsaild/loop3",
        ] {
            assert!(works_for(name, &ext4), "{name}");
        }
        for name in [
            "jbd2/loop31-8",
            "kworker/u8:0-flush-7:31",
            "kworker/u8:2-btrfs-endio",
            "kworker/0:1",
        ] {
            assert!(!works_for(name, &ext4), "{name}");
        }
        assert!(works_for("kworker/u8:2-btrfs-endio", &device("btrfs")));
        assert!(works_for("btrfs-transaction", &device("btrfs")));
        let xfs = device("xfs");
        assert!(works_for("kworker/u8:2-xfs-conv/loop3", &xfs));
        assert!(!works_for("kworker/u8:2-xfs-conv/loop31", &xfs));
    }

    #[test]
    fn only_growth_of_named_threads_is_counted_new_ones_in_full() {
        let of = |list: &[(u32, &str, u64)]| {
            KernelThreads(
                list.iter()
                    .map(|&(id, name, ns)| (id, (name.to_owned(), ns)))
                    .collect(),
            )
        };
        let before = of(&[
            (1, "jbd2/loop3-8", 1_000_000_000),
            (2, "kworker/0:1", 5),
            (3, "kworker/u8:1-loop3", 0),
        ]);
        let after = of(&[
            (1, "jbd2/loop3-8", 1_500_000_000),
            (2, "kworker/0:1", 9_000_000_000),
            // It worked for the device before its last work.
            (3, "kworker/u8:1-events", 250_000_000),
            (4, "kworker/u8:9-loop3", 250_000_000),
        ]);
        let seconds = before.seconds_for(&after, &device("ext4"));
        assert!((seconds - 1.0).abs() < 1e-9, "{seconds}");
    }
}
