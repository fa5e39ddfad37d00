//! Runs on an emulated processor: what they counted stands, what they timed says nothing of any machine.
//!
//! The host fact `emulated` names what emulates (`QEMU TCG`). Times and rates of such a run stay in its records, and are
//! left out of every analysis: nothing can be ranked by them. How they grow with the work is told by [`crate::merge::growth`].

use std::collections::BTreeSet;

use crate::record::Results;

/// The host fact.
pub const FACT: &str = "emulated";

/// Whether values of a unit depend on how fast the machine is.
pub fn is_timed(unit: &str) -> bool {
    unit == "s" || unit.ends_with("/s")
}

impl Results {
    /// What emulates the processor of this run (of all runs it was merged from); `None` on a real one.
    pub fn emulated(&self) -> Option<&str> {
        self.host
            .get(FACT)
            .map(String::as_str)
            .filter(|what| !what.is_empty() && *what != "no")
    }

    /// The subjects whose times say nothing.
    pub fn emulated_subjects(&self) -> BTreeSet<&str> {
        if self.emulated().is_some() {
            return self.subjects.iter().map(|s| s.name.as_str()).collect();
        }
        self.parts
            .iter()
            .filter(|part| part.results.emulated().is_some())
            .flat_map(|part| part.names.values())
            .map(String::as_str)
            .collect()
    }
}

/// Why a run has no recommendation, in a sentence.
pub fn sentence(what: &str) -> String {
    format!(
        "Made on an emulated processor ({what}): answers, counts and bytes stand, times say nothing of any machine and are left out."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_clock_gave_is_timed() {
        for unit in ["s", "1/s", "B/s"] {
            assert!(is_timed(unit), "{unit}");
        }
        for unit in ["B", "1", ""] {
            assert!(!is_timed(unit), "{unit}");
        }
    }

    #[test]
    fn the_fact_must_say_something() {
        let with = |fact: Option<&str>| {
            let mut results = Results::default();
            results
                .host
                .extend(fact.map(|fact| (FACT.to_owned(), fact.to_owned())));
            results.emulated().map(str::to_owned)
        };
        assert_eq!(with(None), None);
        assert_eq!(with(Some("no")), None);
        assert_eq!(with(Some("QEMU TCG")).as_deref(), Some("QEMU TCG"));
    }
}
