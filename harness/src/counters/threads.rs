//! The harness's helper threads: those that were there before a cell began (progress, Ctrl-C, watchers of daemons).
//! The threads of a workload come and go within its cell.

use std::collections::BTreeMap;
use std::path::Path;

/// CPU nanoseconds of each helper thread, by thread id.
#[derive(Debug)]
pub(crate) struct Helpers(BTreeMap<u32, u64>);

impl Helpers {
    /// Looks at all threads but the calling one.
    pub(crate) fn look() -> Self {
        let own = rustix::thread::gettid()
            .as_raw_nonzero()
            .get()
            .unsigned_abs();
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten()
        {
            let id: Option<u32> = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            if let Some(id) = id.filter(|&id| id != own)
                && let Some(time) = run_time(&entry.path())
            {
                found.insert(id, time);
            }
        }
        Self(found)
    }

    /// CPU seconds of the same threads since then; one that has ended is counted up to the look.
    pub(crate) fn cpu_since(&self) -> f64 {
        let nanoseconds: u64 = self
            .0
            .iter()
            .filter_map(|(id, before)| {
                let now = run_time(Path::new(&format!("/proc/self/task/{id}")))?;
                Some(now.saturating_sub(*before))
            })
            .sum();
        std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
    }
}

/// CPU nanoseconds of a task, from its directory in /proc.
pub(crate) fn run_time(task: &Path) -> Option<u64> {
    parse_schedstat(&std::fs::read_to_string(task.join("schedstat")).ok()?)
}

/// The first field of schedstat: nanoseconds on a CPU (Documentation/scheduler/sched-stats.rst).
fn parse_schedstat(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_is_the_run_time() {
        assert_eq!(parse_schedstat("833412 5111081 2\n"), Some(833_412));
        assert_eq!(parse_schedstat(""), None);
        assert_eq!(parse_schedstat("x 1 2"), None);
    }

    #[test]
    fn helpers_are_billed_and_threads_that_came_later_are_not() {
        use std::sync::mpsc::channel;
        let burn = || {
            let mut sum = 0_u64;
            let before = super::super::thread_cpu();
            while super::super::thread_cpu() - before < 0.03 {
                sum = std::hint::black_box(sum.wrapping_add(1));
            }
        };
        let (go, wait) = channel::<()>();
        let (ready, started) = channel();
        let (finished, done) = channel();
        let helper = std::thread::spawn(move || {
            ready.send(rustix::thread::gettid()).unwrap();
            wait.recv().unwrap();
            burn();
            finished.send(()).unwrap();
            // Its account is gone with it.
            wait.recv().unwrap();
        });
        let id = started
            .recv()
            .unwrap()
            .as_raw_nonzero()
            .get()
            .unsigned_abs();
        let mut helpers = Helpers::look();
        // Other tests have threads too.
        helpers.0.retain(|&thread, _| thread == id);
        assert_eq!(helpers.0.len(), 1);
        std::thread::spawn(burn).join().unwrap();
        assert!(helpers.cpu_since() < 0.02);
        go.send(()).unwrap();
        done.recv().unwrap();
        assert!(helpers.cpu_since() >= 0.02);
        go.send(()).unwrap();
        helper.join().unwrap();
    }
}
