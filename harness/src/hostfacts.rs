//! The host as reports and comparisons see it. Parsers take text; nothing here names the machine or its user.

use std::collections::BTreeMap;
use std::path::Path;

mod cpu;
mod disk;
mod identity;

pub(crate) use cpu::Cpu;
#[cfg(test)]
pub(crate) use cpu::Turbo;
pub(crate) use disk::{Storage, mount_of};

use crate::noise::{SWAP_TOTAL, field_bytes};

/// Facts of the host, and of the disk a run in `work` stands on, by name.
pub(crate) fn collect(host: &drivers::Host, work: &Path) -> BTreeMap<String, String> {
    let cpu = Cpu::read();
    let storage = Storage::under(work);
    let mut facts = BTreeMap::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.insert(name.to_owned(), value);
        }
    };
    let yes_or = |yes: bool, no: &str| if yes { "yes" } else { no }.to_owned();
    let release = text("/etc/os-release").unwrap_or_default();
    let meminfo = text("/proc/meminfo").unwrap_or_default();
    let bytes = |bytes: u64| bytesize::ByteSize(bytes).to_string();
    put("kernel", Some(host.kernel.clone()));
    put("architecture", Some(std::env::consts::ARCH.to_owned()));
    put("distribution", field(&release, "PRETTY_NAME", '='));
    put("memory", field_bytes(&meminfo, "MemTotal").map(bytes));
    put(
        "swap",
        field_bytes(&meminfo, SWAP_TOTAL).map(|size| {
            if size == 0 {
                "none".to_owned()
            } else {
                bytes(size)
            }
        }),
    );
    put(
        "load_at_start",
        text("/proc/loadavg").map(|text| text.split(' ').take(3).collect::<Vec<_>>().join(" ")),
    );
    put("user_namespace", Some(yes_or(host.user_namespace, "no")));
    put(
        "virtual_machine",
        Some(yes_or(cpu.virtual_machine, "not detected")),
    );
    put("fingerprint", Some(identity::fingerprint(&cpu, &storage)));
    put("boot", identity::boot());
    cpu.facts(&mut put);
    storage.facts(&mut put);
    facts
}

/// Whether the processor is emulated.
pub(crate) fn emulated() -> bool {
    Cpu::read().emulated.is_some()
}

/// A file of /proc or /sys; `None` where there is none.
fn text(path: impl AsRef<Path>) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim_end().to_owned())
}

/// The value of the first line `NAME SEPARATOR VALUE`, without quotes.
fn field(text: &str, name: &str, separator: char) -> Option<String> {
    text.lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}
