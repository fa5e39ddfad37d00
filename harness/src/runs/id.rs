//! The name of a run: when, on what host, and a random part: `2026-11-21T19-30-00Z-5f3a9c01-7c2e`. Names sort by time.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;

use drivers::Host;

use crate::{describe, hostfacts};

/// What of a name is known before its directory is made: the time and the host's fingerprint.
pub(crate) fn stem(host: &Host, work: &Path) -> String {
    let mut facts = hostfacts::collect(host);
    facts.extend(hostfacts::disk(work));
    format!(
        "{}-{}",
        describe::now().replace(':', "-"),
        fingerprint(&facts)
    )
}

/// Eight digits that are the same for the same machine.
fn fingerprint(facts: &BTreeMap<String, String>) -> String {
    if let Some(known) = facts.get("fingerprint") {
        return known.clone();
    }
    // FNV-1a, 32 bits (draft-eastlake-fnv): small, and the same in every version.
    let mut hash: u32 = 0x811c_9dc5;
    for name in ["architecture", "cpu", "cores", "memory"] {
        let value = facts.get(name).map(String::as_str).unwrap_or_default();
        for byte in value.bytes().chain([0]) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    format!("{hash:08x}")
}

/// The fingerprint of the host a run was made on; empty when nothing tells.
pub(crate) fn host(id: &str, results: &reports::Results) -> String {
    if let Some(known) = results.host.get("fingerprint") {
        return known.clone();
    }
    // Behind the time comes the host, then the random part.
    let parts: Vec<&str> = id.get(21..).unwrap_or_default().split('-').collect();
    match parts.as_slice() {
        [host, _] => (*host).to_owned(),
        _ => String::new(),
    }
}

/// Four digits that tell two runs of one second apart.
pub(super) fn random_part() -> String {
    let hash = std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish();
    format!("{:04x}", hash & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_keeps_its_fingerprint() {
        let facts = |cpu: &str| BTreeMap::from([("cpu".to_owned(), cpu.to_owned())]);
        assert_eq!(fingerprint(&facts("a")), fingerprint(&facts("a")));
        assert_ne!(fingerprint(&facts("a")), fingerprint(&facts("b")));
        let mut named = facts("a");
        named.insert("fingerprint".to_owned(), "5f3a9c01".to_owned());
        assert_eq!(fingerprint(&named), "5f3a9c01");
        assert_eq!(random_part().len(), 4);
    }

    #[test]
    fn a_name_tells_the_host() {
        let none = reports::Results::default();
        assert_eq!(
            host("2026-11-21T19-30-00Z-5f3a9c01-7c2e", &none),
            "5f3a9c01"
        );
        assert_eq!(host("earlier/2026-11-21T19-30-00Z", &none), "");
    }
}
