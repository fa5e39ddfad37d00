//! What is proved, but not by a case: because it needs disks of its own, several drivers at once, or another namespace.

use crate::case::Level;
use crate::crash;
use crate::cross::SETS;

/// A promise that a test other than the suite's cases asks for.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// The name of the test, or the end of the names of its trials.
    pub name: &'static str,
    /// What is promised, as a sentence.
    pub promise: &'static str,
    /// What goes wrong for a user where it is broken.
    pub why: &'static str,
    /// The clause or bug it comes from.
    pub origin: &'static str,
    /// The behaviours and lessons of the [catalogue](crate::catalogue) it asks for.
    pub covers: &'static [&'static str],
    /// How much a driver owes it.
    pub level: Level,
    /// The command that asks.
    pub command: &'static str,
}

/// The suite in a user namespace.
const USERNS: Proof = Proof {
    name: "the_suite_runs_in_a_user_namespace",
    promise: "Every case is asked in a user namespace with many ids and none of root's privileges; what cannot be stored there is declared, with its reason.",
    why: "Engines without root took other paths than those with root, and their users met the bugs of these paths alone.",
    origin: "containerd 13389; binpash/try 163; moby 42055, 42188; containers/storage 967, 948",
    covers: &["C2", "C13", "C19", "C79", "C80"],
    level: Level::Must,
    command: "layerbench conform --userns",
};

/// Everything that is proved elsewhere.
pub fn all() -> Vec<Proof> {
    let crashes = crash::ALL.iter().map(|experiment| Proof {
        name: experiment.name,
        promise: experiment.promise,
        why: experiment.why,
        origin: experiment.origin,
        covers: experiment.covers,
        level: experiment.level,
        command: "cargo test -p layerbench-conformance --test crash",
    });
    let exchanges = SETS.iter().map(|set| Proof {
        name: set.name,
        promise: set.promise,
        why: set.why,
        origin: set.origin,
        covers: set.covers,
        level: Level::Must,
        command: "layerbench conform --exchange",
    });
    std::iter::once(USERNS)
        .chain(crashes)
        .chain(exchanges)
        .collect()
}
