//! Which machine and which boot: enough to tell whether two runs may be compared, and not more.

use sha2::{Digest as _, Sha256};

use super::{Cpu, Storage, field, text};
use crate::noise::field_bytes;

/// Eight hexadecimal digits: machines that are alike in what absolute times depend on have the same.
///
/// Hashed are: CPU model, number of CPUs this process may use, memory in GiB (rounded up, because what the kernel keeps
/// for itself changes), architecture, kind of the disk and filesystem under the run, whether it is a virtual machine, and
/// the distribution with its major version. Not the kernel's version: whether *it* changed something is what a
/// comparison may want to know. No serial number, name, address or id: two equal machines are not told apart.
pub(super) fn fingerprint(cpu: &Cpu, storage: &Storage) -> String {
    let gibibytes = text("/proc/meminfo")
        .and_then(|text| field_bytes(&text, "MemTotal"))
        .map(|bytes| bytes.div_ceil(1 << 30).to_string());
    let release = text("/etc/os-release").unwrap_or_default();
    short_hash(&[
        "layerbench fingerprint 1",
        cpu.model.as_deref().unwrap_or("?"),
        &cpu.usable.to_string(),
        gibibytes.as_deref().unwrap_or("?"),
        std::env::consts::ARCH,
        storage.kind().unwrap_or("?"),
        storage.filesystem().unwrap_or("?"),
        if cpu.virtual_machine { "virtual" } else { "?" },
        &distribution(&release),
    ])
}

/// Runs of one boot have the same. The kernel's own id is random for each boot; hashed with words of our own it serves
/// nothing but this comparison.
pub(super) fn boot() -> Option<String> {
    let id = text("/proc/sys/kernel/random/boot_id")?;
    Some(short_hash(&["layerbench boot 1", &id]))
}

/// `debian 12`: point releases do not count.
fn distribution(release: &str) -> String {
    let version = field(release, "VERSION_ID", '=').unwrap_or_default();
    let major = version.split('.').next().unwrap_or_default();
    let id = field(release, "ID", '=').unwrap_or_default();
    format!("{id} {major}")
}

fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // So that "a", "bc" is not "ab", "c".
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn point_releases_are_the_same_distribution() {
        let of = |version: &str| distribution(&format!("ID=debian\nVERSION_ID=\"{version}\"\n"));
        assert_eq!(of("12.4"), "debian 12");
        assert_eq!(of("12.4"), of("12.11"));
        assert_ne!(of("12"), of("13"));
        assert_eq!(distribution(""), " ");
    }

    #[test]
    fn the_hash_is_short_and_of_all_parts() {
        assert_eq!(short_hash(&["a"]).len(), 8);
        assert_ne!(short_hash(&["a", "bc"]), short_hash(&["ab", "c"]));
    }

    #[test]
    fn a_boot_is_known_again_and_does_not_show_its_id() {
        let id = text("/proc/sys/kernel/random/boot_id").unwrap();
        let boot = boot().unwrap();
        assert_eq!(Some(&boot), super::boot().as_ref());
        assert!(!id.replace('-', "").contains(&boot));
    }
}
