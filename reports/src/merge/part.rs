//! One of the runs that were merged.

use std::collections::BTreeMap;

use crate::record::Results;

/// One of the runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What tells it from the others: `linux 6.1`.
    pub label: String,
    /// The run, as it was read.
    pub results: Results,
    /// Its subjects: the name there, and that in the merged results.
    pub names: BTreeMap<String, String>,
}

impl Part {
    /// The name in the merged results.
    pub(super) fn name(&self, own: &str) -> String {
        self.names
            .get(own)
            .cloned()
            .unwrap_or_else(|| format!("{own} ({})", self.label))
    }

    /// A fact of its host.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.results.host.get(name).map(String::as_str)
    }
}
