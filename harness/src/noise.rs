//! What else the machine did during a cell: CPU stolen by other guests, pressure, load.
//!
//! A noisy cell is flagged, never dropped; the flag is decided by these readings, not by the measured value.

/// A share of the cell's time above which it is flagged.
const LIMIT: f64 = 0.05;

/// A reading of the counters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    total: u64,
    steal: u64,
    /// Microseconds in which some task waited for the CPU.
    cpu_pressure_us: u64,
}

/// Reads the counters now.
pub(crate) fn read() -> Reading {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (total, steal) = parse_stat(&text("/proc/stat"));
    Reading {
        total,
        steal,
        cpu_pressure_us: parse_pressure(&text("/proc/pressure/cpu")),
    }
}

/// Flags for what happened between two readings that are `seconds` apart: `steal 12 %`.
pub(crate) fn flags(before: Reading, after: Reading, seconds: f64) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "counters of one cell are small")]
    let share = |part: u64, whole: f64| {
        if whole > 0.0 {
            part as f64 / whole
        } else {
            0.0
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "counters of one cell are small")]
    let ticks = after.total.saturating_sub(before.total) as f64;
    let steal = share(after.steal.saturating_sub(before.steal), ticks);
    let pressure = share(
        after.cpu_pressure_us.saturating_sub(before.cpu_pressure_us),
        seconds * 1e6,
    );
    let mut flags = Vec::new();
    if steal > LIMIT {
        flags.push(format!("steal {:.0} %", steal * 100.0));
    }
    // Workloads of several threads wait for a CPU themselves; only a heavy share points at others.
    if pressure > 0.5 {
        flags.push(format!("cpu pressure {:.0} %", pressure * 100.0));
    }
    flags
}

/// All ticks and stolen ticks of the `cpu` line (proc_stat(5)).
fn parse_stat(text: &str) -> (u64, u64) {
    let Some(line) = text.lines().find(|line| line.starts_with("cpu ")) else {
        return (0, 0);
    };
    let fields: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // Guest time is already part of user time: only the first eight fields are summed.
    (
        fields.iter().take(8).sum(),
        fields.get(7).copied().unwrap_or(0),
    )
}

fn parse_pressure(text: &str) -> u64 {
    text.lines()
        .find(|line| line.starts_with("some"))
        .and_then(|line| line.split_once("total="))
        .and_then(|(_, total)| total.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steal_is_flagged_as_a_share_of_all_ticks() {
        assert_eq!(
            parse_stat("cpu  1 2 3 4 5 6 7 8 100 100\ncpu0 1\n"),
            (36, 8)
        );
        assert_eq!(
            parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=42\nfull total=1\n"),
            42
        );
        let before = Reading::default();
        let after = Reading {
            total: 1000,
            steal: 120,
            cpu_pressure_us: 0,
        };
        assert_eq!(flags(before, after, 5.0), ["steal 12 %"]);
        assert!(flags(before, Reading { steal: 10, ..after }, 5.0).is_empty());
    }
}
