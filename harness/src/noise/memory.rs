//! Memory, pressure and swap: meminfo, the pressure files, vmstat.

/// The fields of meminfo that make up what is waiting to be written.
pub(crate) const DIRTY: [&str; 2] = ["Dirty", "Writeback"];
/// The field of meminfo that tells of swap space.
pub(crate) const SWAP_TOTAL: &str = "SwapTotal";

/// A field of meminfo, bytes.
pub(crate) fn field_bytes(meminfo: &str, name: &str) -> Option<u64> {
    let (_, value) = meminfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| *key == name)?;
    let kib: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

/// The `some` line of a pressure file (Documentation/accounting/psi.rst): some task waited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pressure {
    /// Share of the last ten seconds, 0 to 1.
    pub(crate) lately: f64,
    /// Microseconds since the start of the machine.
    pub(crate) total_us: u64,
}

impl Pressure {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.starts_with("some "))?;
        let field = |name: &str| {
            line.split(' ')
                .filter_map(|part| part.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.trim())
        };
        Some(Self {
            lately: field("avg10")?.parse::<f64>().ok()? / 100.0,
            total_us: field("total")?.parse().ok()?,
        })
    }
}

/// Bytes swapped in and out since the start of the machine.
pub(super) fn swapped_bytes(vmstat: &str) -> Option<u64> {
    let field = |name: &str| -> Option<u64> {
        let (_, value) = vmstat
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(key, _)| *key == name)?;
        value.parse().ok()
    };
    let pages = field("pswpin")? + field("pswpout")?;
    Some(pages * rustix::param::page_size() as u64)
}
