//! The name of a run: when, on what host, and a random part: `2026-11-21T19-30-00Z-5f3a9c01-7c2e`. Names sort by time.

use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;

use drivers::Host;

use crate::{describe, hostfacts};

/// What of a name is known before its directory is made: the time and the host's fingerprint.
pub(crate) fn stem(host: &Host, work: &Path) -> String {
    let facts = hostfacts::collect(host, work);
    format!(
        "{}-{}",
        describe::now().replace(':', "-"),
        facts.get("fingerprint").map_or("unknown", String::as_str)
    )
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
    fn a_name_tells_the_host() {
        let none = reports::Results::default();
        assert_eq!(
            host("2026-11-21T19-30-00Z-5f3a9c01-7c2e", &none),
            "5f3a9c01"
        );
        assert_eq!(random_part().len(), 4);
        assert_eq!(host("earlier/2026-11-21T19-30-00Z", &none), "");
    }
}
