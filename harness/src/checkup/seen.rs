//! What a look at the host shows.

use std::path::Path;

use reports::record::Noise;
use rustix::event::{Timespec, poll};

use crate::hostfacts::{Cpu, Storage};
use crate::noise::{Limits, Pressure, SWAP_TOTAL, Watch, field_bytes};

/// Rates need two readings. A tick is 1 to 10 ms, so that so long shows 2 % and better.
const BETWEEN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000_000,
};

/// The state of the host; `None`: it does not tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) cpu: Cpu,
    pub(crate) storage: Storage,
    /// Bytes of swap space that are taken.
    pub(crate) swap_used: Option<u64>,
    /// Seconds since the machine started.
    pub(crate) uptime: Option<f64>,
    /// Shares of the last ten seconds.
    pub(crate) cpu_pressure: Option<f64>,
    pub(crate) io_pressure: Option<f64>,
    pub(crate) memory_pressure: Option<f64>,
    /// What others did during half a second.
    pub(crate) noise: Noise,
    /// How long that was, seconds.
    pub(crate) seconds: f64,
}

impl Seen {
    /// Looks for half a second; `work` is where runs would be made.
    pub(crate) fn look(work: &Path) -> Self {
        let text = |path: &str| std::fs::read_to_string(path).ok();
        let pressure = |of: &str| {
            let text = text(&format!("/proc/pressure/{of}"))?;
            Pressure::parse(&text).map(|pressure| pressure.lately)
        };
        let watch = Watch::new(existing(work), Limits::default());
        let (before, began) = (watch.begin(), std::time::Instant::now());
        // A signal shortens it, which does no harm.
        let _ = poll(&mut [], Some(&BETWEEN));
        let seconds = began.elapsed().as_secs_f64();
        let (noise, _) = watch.end(&before);
        let meminfo = text("/proc/meminfo").unwrap_or_default();
        Self {
            cpu: Cpu::read(),
            storage: Storage::under(work),
            swap_used: field_bytes(&meminfo, SWAP_TOTAL)
                .zip(field_bytes(&meminfo, "SwapFree"))
                .map(|(total, free)| total.saturating_sub(free)),
            uptime: text("/proc/uptime").and_then(|text| text.split(' ').next()?.parse().ok()),
            cpu_pressure: pressure("cpu"),
            io_pressure: pressure("io"),
            memory_pressure: pressure("memory"),
            noise,
            seconds,
        }
    }
}

/// `path`, or the nearest directory above it that is there.
fn existing(path: &Path) -> &Path {
    path.ancestors()
        .find(|dir| dir.is_dir())
        .unwrap_or(Path::new("/"))
}
