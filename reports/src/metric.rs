//! What the metrics mean: which way is better, and what they are called in a sentence.

/// Every metric's name.
pub const ALL: [&str; 24] = [
    "time",
    "durable",
    "cpu",
    "kernel-cpu",
    "harness-cpu",
    "rate",
    "throughput",
    "payload",
    "allocated",
    "amplification",
    "inodes",
    "extents",
    "device-written",
    "device-read",
    "device-requests",
    "page-cache",
    "syscalls",
    "leftovers",
    "daemon-memory",
    "memory",
    "mounts",
    "latency-p50",
    "latency-p95",
    "latency-p99",
];

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Times, space.
    Less,
    /// Rates.
    More,
    /// It only says how much was done.
    Neither,
}

/// Which way a metric of a record is better; unknown ones are costs.
pub fn direction(metric: &str) -> Direction {
    match metric {
        "rate" | "throughput" => Direction::More,
        "payload" => Direction::Neither,
        _ => Direction::Less,
    }
}

/// The metric in words.
pub fn words(metric: &str) -> &str {
    match metric {
        "time" => "wall time",
        "cpu" => "CPU time",
        "rate" => "operations per second",
        "allocated" => "space taken",
        "amplification" => "bytes allocated for each written",
        "device-written" => "bytes written to the device",
        "kernel-cpu" => "CPU time of kernel threads",
        "harness-cpu" => "the harness's share of the CPU time",
        "inodes" => "inodes taken",
        "extents" => "pieces of the file",
        "device-read" => "bytes read from the device",
        "device-requests" => "requests to the device",
        "page-cache" => "page cache grown",
        "durable" => "time until durable",
        "syscalls" => "system calls on files",
        "syscalls-unsteady" => "other system calls",
        "leftovers" => "things left behind",
        "daemon-memory" => "memory of the largest daemon",
        "memory" => "memory in use",
        "latency-p50" => "median latency",
        "latency-p95" => "95th percentile of latency",
        "latency-p99" => "99th percentile of latency",
        other => other,
    }
}

/// How well a metric repeats when nothing has changed: what a gate asks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeats {
    /// The same number every time: any change is a change.
    Exactly,
    /// Within about 1 %: the kernel's own housekeeping (journal, metadata blocks) moves it.
    Nearly,
    /// As the machine lets it: only many rounds and an interval say something.
    Noisily,
}

/// How well a metric repeats. docs/measuring.md has the measurement behind this table.
pub fn repeats(metric: &str) -> Repeats {
    match metric {
        "inodes" | "payload" | "leftovers" | "mounts" => Repeats::Exactly,
        // A block more or less: who shares an attribute block with whom depends on what the kernel still remembers.
        "allocated" | "amplification" | "syscalls" => Repeats::Nearly,
        // Journals, read-ahead and the merging of requests follow the moment, and daemons their own clock.
        _ => Repeats::Noisily,
    }
}

/// The smallest difference of a metric that gets a verdict, in its unit; docs/measuring.md has the reasons. Durations:
/// 10 microseconds, ten times what timing a sample may cost; single operations, timed in a loop: 1 microsecond. Space:
/// one block of a filesystem. What is counted is exact.
pub fn floor(metric: &str) -> f64 {
    match metric {
        "time" | "durable" | "cpu" => 1e-5,
        "latency-p50" | "latency-p95" | "latency-p99" => 1e-6,
        "allocated" | "device-written" | "device-read" | "page-cache" | "daemon-memory"
        | "memory" => 4096.0,
        _ => 0.0,
    }
}
