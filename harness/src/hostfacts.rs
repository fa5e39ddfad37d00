//! The host as the report shows it. Parsers take text; nothing here identifies the machine or its user.

use std::collections::BTreeMap;

/// Facts by name, in the order of the names.
pub(crate) fn collect(host: &drivers::Host) -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut facts = BTreeMap::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            facts.insert(name.to_owned(), value);
        }
    };
    let cpuinfo = read("/proc/cpuinfo");
    put("kernel", host.kernel.clone());
    put("architecture", std::env::consts::ARCH.to_owned());
    put(
        "distribution",
        field(&read("/etc/os-release"), "PRETTY_NAME", '='),
    );
    put("cpu", field(&cpuinfo, "model name", ':'));
    put(
        "cores",
        std::thread::available_parallelism()
            .map(|n| n.to_string())
            .unwrap_or_default(),
    );
    put("memory", memory(&read("/proc/meminfo")));
    put(
        "virtual_machine",
        if is_virtual(&cpuinfo) {
            "yes".to_owned()
        } else {
            "not detected".to_owned()
        },
    );
    put(
        "load_at_start",
        read("/proc/loadavg")
            .split_whitespace()
            .take(3)
            .collect::<Vec<_>>()
            .join(" "),
    );
    put(
        "governor",
        read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
            .trim()
            .to_owned(),
    );
    put(
        "user_namespace",
        if host.user_namespace { "yes" } else { "no" }.to_owned(),
    );
    facts
}

/// What the disk under `path` is: filesystem type of the host and the kind of device.
pub(crate) fn disk(path: &std::path::Path) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let mountinfo = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    if let Some((kind, source, device)) = mount_of(&mountinfo, path) {
        facts.insert("disk_filesystem".to_owned(), kind);
        facts.insert("disk_device".to_owned(), source);
        let base = format!("/sys/dev/block/{device}");
        for (name, file) in [
            ("disk_scheduler", "queue/scheduler"),
            ("disk_rotational", "queue/rotational"),
            ("disk_write_cache", "queue/write_cache"),
        ] {
            // A partition's queue is its parent's.
            let text = std::fs::read_to_string(format!("{base}/{file}"))
                .or_else(|_| std::fs::read_to_string(format!("{base}/../{file}")));
            if let Ok(text) = text {
                facts.insert(name.to_owned(), text.trim().to_owned());
            }
        }
    }
    if let Ok(stat) = rustix::fs::statvfs(path) {
        facts.insert(
            "disk_free".to_owned(),
            bytesize::ByteSize(stat.f_bavail * stat.f_frsize).to_string(),
        );
    }
    facts
}

/// Type, source and device number of the mount that holds `path`: the longest mountpoint that is a prefix of it.
fn mount_of(mountinfo: &str, path: &std::path::Path) -> Option<(String, String, String)> {
    mountinfo
        .lines()
        .filter_map(|line| {
            let (left, right) = line.split_once(" - ")?;
            let left: Vec<&str> = left.split(' ').collect();
            let right: Vec<&str> = right.split(' ').collect();
            let at = *left.get(4)?;
            path.starts_with(at).then(|| {
                (
                    at.len(),
                    right[0].to_owned(),
                    right[1].to_owned(),
                    left[2].to_owned(),
                )
            })
        })
        // Of equal mountpoints the last mounted one is seen.
        .max_by_key(|(length, ..)| *length)
        .map(|(_, kind, source, device)| (kind, source, device))
}

fn field(text: &str, name: &str, separator: char) -> String {
    text.lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        .unwrap_or_default()
}

fn memory(meminfo: &str) -> String {
    let kib = field(meminfo, "MemTotal", ':')
        .split_whitespace()
        .next()
        .and_then(|n| n.parse::<u64>().ok());
    kib.map(|kib| bytesize::ByteSize::kib(kib).to_string())
        .unwrap_or_default()
}

fn is_virtual(cpuinfo: &str) -> bool {
    field(cpuinfo, "flags", ':')
        .split(' ')
        .any(|flag| flag == "hypervisor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_is_found() {
        let text = "22 1 254:0 / / rw shared:1 - ext4 /dev/root rw\n30 22 8:1 / /var rw - xfs /dev/sda1 rw\n";
        let (kind, source, device) = mount_of(text, "/var/tmp/x".as_ref()).unwrap();
        assert_eq!(
            (kind.as_str(), source.as_str(), device.as_str()),
            ("xfs", "/dev/sda1", "8:1")
        );
        assert_eq!(mount_of(text, "/varnish".as_ref()).unwrap().0, "ext4");
    }
}
