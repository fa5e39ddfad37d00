//! Whose CPU time it was: ours, the kernel's threads', or foreign.
//!
//! `foreign = busy - ours - kernel threads`. Busy is user, nice and system time of all CPUs (/proc/stat). It is counted
//! in ticks on most kernels while the time of processes is exact, so that very short cells tell little ([`super::Limits`]
//! has a floor). Interrupts are nobody's, and in neither.

use std::collections::{HashMap, HashSet};

use nix::sys::resource::{UsageWho, getrusage};

use super::text;

/// PF_KTHREAD of include/linux/sched.h: the flag of kernel threads in /proc/PID/stat.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// All times in seconds, since the start of the machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    /// Of all CPUs, idle time included.
    total: f64,
    busy: f64,
    stolen: f64,
    /// `None` where kernel threads cannot be seen (a container's own /proc): then foreign time cannot be told either.
    ours_and_kernel: Option<f64>,
}

pub(super) fn read() -> Option<Reading> {
    let seconds = 1.0 / f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).ok()?);
    // Processes first, then all CPUs: what reading costs is ours in both.
    let processes = Processes::read();
    let own = own_seconds()?;
    let times = Times::parse(&text("/proc/stat")?)?;
    Some(Reading {
        total: times.total * seconds,
        busy: times.busy * seconds,
        stolen: times.stolen * seconds,
        ours_and_kernel: processes
            .filter(|processes| processes.kernel_threads > 0)
            .map(|processes| own + processes.ticks * seconds),
    })
}

impl Reading {
    /// The share of all CPU time that the hypervisor gave to others.
    pub(super) fn stolen_since(&self, before: Self) -> Option<f64> {
        self.share(before, self.stolen - before.stolen)
    }

    /// The share of all CPU time that went to foreign processes.
    pub(super) fn foreign_since(&self, before: Self) -> Option<f64> {
        let accounted = self.ours_and_kernel? - before.ours_and_kernel?;
        self.share(before, self.busy - before.busy - accounted)
    }

    fn share(&self, before: Self, part: f64) -> Option<f64> {
        let all = self.total - before.total;
        (all > 0.0).then(|| (part / all).clamp(0.0, 1.0))
    }
}

/// This process and its reaped children.
fn own_seconds() -> Option<f64> {
    let seconds = |who| {
        let usage = getrusage(who).ok()?;
        let time = |time: nix::sys::time::TimeVal| {
            #[expect(clippy::cast_precision_loss, reason = "seconds of one process")]
            let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
            seconds
        };
        Some(time(usage.user_time()) + time(usage.system_time()))
    };
    Some(seconds(UsageWho::RUSAGE_SELF)? + seconds(UsageWho::RUSAGE_CHILDREN)?)
}

/// The `cpu` line of /proc/stat (proc_stat(5)), in ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Times {
    total: f64,
    busy: f64,
    stolen: f64,
}

impl Times {
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.starts_with("cpu "))?;
        let fields: Vec<f64> = line
            .split_whitespace()
            .skip(1)
            .map_while(|field| field.parse().ok())
            .collect();
        let [user, nice, system, idle, iowait, irq, softirq, stolen, ..] = fields[..] else {
            return None;
        };
        // Guest time is already part of user time.
        Some(Self {
            total: user + nice + system + idle + iowait + irq + softirq + stolen,
            busy: user + nice + system,
            stolen,
        })
    }
}

/// What /proc tells of one process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Process {
    pub(super) parent: u32,
    kernel_thread: bool,
    /// Its own ticks, and those of its reaped children.
    ticks: f64,
}

impl Process {
    fn parse(stat: &str) -> Option<Self> {
        // The name in parentheses may hold anything, parentheses too.
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |at: usize| -> Option<u64> { fields.get(at)?.parse().ok() };
        #[expect(clippy::cast_precision_loss, reason = "ticks of one process")]
        let ticks = (11..=14)
            .map(number)
            .sum::<Option<u64>>()
            .map(|ticks| ticks as f64)?;
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            kernel_thread: number(6)? & KERNEL_THREAD != 0,
            ticks,
        })
    }
}

/// Kernel threads, and what descends from this process.
#[derive(Debug, Default)]
struct Processes {
    kernel_threads: usize,
    /// Of kernel threads and of our live descendants.
    ticks: f64,
}

impl Processes {
    fn read() -> Option<Self> {
        let all = all();
        let ours = descendants(&all, own_pid()?);
        let mut found = Self::default();
        for (pid, process) in &all {
            if process.kernel_thread {
                found.kernel_threads += 1;
            }
            if process.kernel_thread || ours.contains(pid) {
                found.ticks += process.ticks;
            }
        }
        Some(found)
    }
}

/// This process as /proc numbers it, whatever namespace it was mounted for.
fn own_pid() -> Option<u32> {
    let link = std::fs::read_link("/proc/self").ok()?;
    link.to_str()?.parse().ok()
}

fn all() -> HashMap<u32, Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return HashMap::new();
    };
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            // A process may end between the two calls.
            Some((pid, Process::parse(&text(format!("/proc/{pid}/stat"))?)?))
        })
        .collect()
}

/// Children of `of`, their children, and so on.
fn descendants(all: &HashMap<u32, Process>, of: u32) -> HashSet<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (pid, process) in all {
        children.entry(process.parent).or_default().push(*pid);
    }
    let mut found = HashSet::new();
    let mut next = vec![of];
    while let Some(pid) = next.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            if found.insert(*child) {
                next.push(*child);
            }
        }
    }
    found
}

/// The live descendants of this process: the daemons it started.
pub(super) fn our_daemons() -> Vec<u32> {
    own_pid().map_or_else(Vec::new, |own| {
        descendants(&all(), own).into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_all_cpus_is_read() {
        let text = "cpu  1 2 3 4 5 6 7 8 100 100\ncpu0 1 1\n";
        let times = Times::parse(text).unwrap();
        assert_eq!((times.total, times.busy, times.stolen), (36.0, 6.0, 8.0));
        // Kernels before steal was counted tell nothing.
        assert_eq!(Times::parse("cpu  1 2 3 4\n"), None);
    }

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let line = "42 (a) b (c) S 7 1 1 0 -1 4194560 9 0 0 0 11 5 3 1 20 0 1 0 100 1 1";
        let process = Process::parse(line).unwrap();
        assert_eq!(
            (process.parent, process.kernel_thread, process.ticks),
            (7, false, 20.0)
        );
        let thread = "17 (kworker/0:1H) I 2 0 0 0 -1 69238880 0 0 0 0 0 250 0 0 0 -20 1 0 26 0 0";
        assert!(Process::parse(thread).unwrap().kernel_thread);
    }

    #[test]
    fn what_is_not_ours_nor_the_kernels_is_foreign() {
        let reading = |total, busy, ours| Reading {
            total,
            busy,
            stolen: 0.0,
            ours_and_kernel: ours,
        };
        let before = reading(100.0, 50.0, Some(20.0));
        let share = |now: Reading| now.foreign_since(before);
        assert_eq!(share(reading(110.0, 58.0, Some(23.0))), Some(0.5));
        // Ticks lag behind exact times: that is not foreign time below zero.
        assert_eq!(share(reading(110.0, 51.0, Some(23.0))), Some(0.0));
        // Without kernel threads in sight it is not known, and no time passed says nothing.
        assert_eq!(share(reading(110.0, 58.0, None)), None);
        assert_eq!(share(reading(100.0, 50.0, Some(20.0))), None);
    }

    #[test]
    fn grandchildren_are_ours() {
        let process = |parent| Process {
            parent,
            kernel_thread: false,
            ticks: 1.0,
        };
        let all = HashMap::from([
            (2, process(1)),
            (3, process(2)),
            (4, process(3)),
            (5, process(1)),
        ]);
        assert_eq!(descendants(&all, 2), HashSet::from([3, 4]));
    }
}
