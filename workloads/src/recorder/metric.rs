//! What is measured: names and units.

/// What is measured, with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Wall time, seconds. Less is better.
    Time,
    /// Wall time until everything written is durable: the phase and the sync after it, seconds. Less is better.
    Durable,
    /// CPU time of this process, its children and the driver's daemons, seconds. Less is better.
    Cpu,
    /// CPU time of kernel threads that worked for the store (loop device, journal, write-back, btrfs), seconds. Less is
    /// better.
    KernelCpu,
    /// Operations per second. More is better.
    Rate,
    /// Bytes of payload per second. More is better.
    Throughput,
    /// Payload, bytes: says how much was done.
    Payload,
    /// Bytes allocated on the backing store. Less is better.
    Allocated,
    /// Bytes the backing device was asked to write. Less is better.
    DeviceWritten,
    /// Bytes the backing device was asked to read. Less is better.
    DeviceRead,
    /// Requests to the backing device: reads, writes, discards and flushes. Less is better.
    DeviceRequests,
    /// Pieces that a file lies in on the store. Less is better.
    Extents,
    /// Bytes allocated for each byte that was written, 1. Less is better.
    Amplification,
    /// Inodes taken. Less is better.
    Inodes,
    /// Growth of the kernel's page cache, bytes. Less is better.
    PageCache,
    /// System calls on files, by `class`. Less is better.
    Syscalls,
    /// System calls whose number depends on scheduling: of memory, processes and locks, and all of other programs, by
    /// `class` and `program`. Less is better.
    SyscallsUnsteady,
    /// Mounts, loop devices, processes, container layers and files that a cell left behind. Less is better.
    Leftovers,
    /// CPU time of the harness itself, as a share of the cell's. Less is better.
    HarnessCpu,
    /// The largest resident set of a daemon of the driver so far, bytes. Less is better.
    DaemonMemory,
    /// Memory in use, bytes: of mapped files and of processes each page's share of those who map it (PSS). Less is better.
    Memory,
    /// Mounts. Less is better.
    Mounts,
    /// Median latency of one operation, seconds. Less is better.
    LatencyP50,
    /// 95th percentile of the latency, seconds; only where 200 operations or more were timed. Less is better.
    LatencyP95,
    /// 99th percentile of the latency, seconds; only where 1,000 operations or more were timed. Less is better.
    LatencyP99,
}

impl Metric {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Time,
        Self::Durable,
        Self::Cpu,
        Self::KernelCpu,
        Self::Rate,
        Self::Throughput,
        Self::Payload,
        Self::Allocated,
        Self::Amplification,
        Self::DeviceWritten,
        Self::DeviceRead,
        Self::DeviceRequests,
        Self::Extents,
        Self::Inodes,
        Self::PageCache,
        Self::Syscalls,
        Self::SyscallsUnsteady,
        Self::Leftovers,
        Self::HarnessCpu,
        Self::DaemonMemory,
        Self::Memory,
        Self::Mounts,
        Self::LatencyP50,
        Self::LatencyP95,
        Self::LatencyP99,
    ];

    /// As written in a record: `time`, `latency-p99`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Durable => "durable",
            Self::Cpu => "cpu",
            Self::KernelCpu => "kernel-cpu",
            Self::Rate => "rate",
            Self::Throughput => "throughput",
            Self::Payload => "payload",
            Self::Allocated => "allocated",
            Self::Amplification => "amplification",
            Self::DeviceWritten => "device-written",
            Self::DeviceRead => "device-read",
            Self::DeviceRequests => "device-requests",
            Self::Extents => "extents",
            Self::Inodes => "inodes",
            Self::PageCache => "page-cache",
            Self::Syscalls => "syscalls",
            Self::SyscallsUnsteady => "syscalls-unsteady",
            Self::Leftovers => "leftovers",
            Self::HarnessCpu => "harness-cpu",
            Self::DaemonMemory => "daemon-memory",
            Self::Memory => "memory",
            Self::Mounts => "mounts",
            Self::LatencyP50 => "latency-p50",
            Self::LatencyP95 => "latency-p95",
            Self::LatencyP99 => "latency-p99",
        }
    }

    /// The metric of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| m.name() == name)
    }

    /// The unit of its values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Time
            | Self::Durable
            | Self::Cpu
            | Self::KernelCpu
            | Self::LatencyP50
            | Self::LatencyP95
            | Self::LatencyP99 => "s",
            Self::Rate => "1/s",
            Self::Throughput => "B/s",
            Self::Payload
            | Self::Allocated
            | Self::DeviceWritten
            | Self::DeviceRead
            | Self::PageCache
            | Self::DaemonMemory
            | Self::Memory => "B",
            Self::Amplification
            | Self::DeviceRequests
            | Self::Extents
            | Self::Inodes
            | Self::Mounts
            | Self::Syscalls
            | Self::SyscallsUnsteady
            | Self::Leftovers
            | Self::HarnessCpu => "1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_taken_once_and_leads_back() {
        for &metric in Metric::ALL {
            assert_eq!(Metric::of(metric.name()), Some(metric));
            assert!(!metric.unit().is_empty());
        }
        assert_eq!(Metric::of("speed"), None);
    }
}
