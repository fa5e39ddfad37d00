//! What the metrics mean: which way is better, and what they are called in a sentence.

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
        "device-written" => "bytes written to the device",
        "inodes" => "inodes taken",
        "daemon-memory" => "memory of the largest daemon",
        "latency-p50" => "median latency",
        "latency-p99" => "99th percentile of latency",
        other => other,
    }
}
