//! The frequency of the CPUs, and how often heat held them back.

use std::path::PathBuf;

use super::text;

const CPUS: &str = "/sys/devices/system/cpu";

/// The mean frequency of all CPUs, MHz. Virtual machines mostly show a constant or nothing: a constant is not a reading.
pub(super) fn mhz() -> Option<f64> {
    let kilohertz: Vec<f64> = cpus()
        .into_iter()
        .filter_map(|cpu| {
            text(cpu.join("cpufreq/scaling_cur_freq"))?
                .trim()
                .parse()
                .ok()
        })
        .collect();
    if kilohertz.is_empty() {
        return cpuinfo_mhz(&text("/proc/cpuinfo")?);
    }
    Some(mean(&kilohertz)? / 1e3)
}

/// Where the processor counts its real cycles (APERF and MPERF) /proc/cpuinfo shows a measured frequency.
fn cpuinfo_mhz(cpuinfo: &str) -> Option<f64> {
    let field = |line: &str, name: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    };
    let flags = cpuinfo.lines().find_map(|line| field(line, "flags"))?;
    if !flags.split(' ').any(|flag| flag == "aperfmperf") {
        return None;
    }
    let values: Vec<f64> = cpuinfo
        .lines()
        .filter_map(|line| field(line, "cpu MHz")?.parse().ok())
        .collect();
    mean(&values)
}

fn mean(values: &[f64]) -> Option<f64> {
    let count = u32::try_from(values.len()).ok().filter(|n| *n > 0)?;
    Some(values.iter().sum::<f64>() / f64::from(count))
}

/// Times a core, or the whole package, was throttled for heat since the start (x86 with Intel's counters only).
pub(super) fn throttled() -> Option<u64> {
    let count = |cpu: &PathBuf, name: &str| -> Option<u64> {
        text(cpu.join("thermal_throttle").join(name))?
            .trim()
            .parse()
            .ok()
    };
    let cpus = cpus();
    let cores: Vec<u64> = cpus
        .iter()
        .filter_map(|cpu| count(cpu, "core_throttle_count"))
        .collect();
    // Every CPU of a package shows the package's count.
    let package = cpus
        .iter()
        .filter_map(|cpu| count(cpu, "package_throttle_count"))
        .max();
    (!cores.is_empty()).then(|| cores.iter().sum::<u64>() + package.unwrap_or(0))
}

/// The directories of the CPUs.
fn cpus() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(CPUS) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix("cpu")?;
            (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then(|| entry.path())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_frequency_is_no_reading() {
        let real = "flags\t: fpu aperfmperf\ncpu MHz\t\t: 1000.0\ncpu MHz\t\t: 3000.0\n";
        assert_eq!(cpuinfo_mhz(real), Some(2000.0));
        assert_eq!(cpuinfo_mhz(&real.replace("aperfmperf", "hypervisor")), None);
        assert_eq!(cpuinfo_mhz(""), None);
    }
}
