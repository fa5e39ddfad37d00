//! What differs between two runs beside their numbers, and whether numbers may then be compared at all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::record::{Facts, Results};

/// What a difference does to a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matters {
    /// Other work was done: no number can be compared.
    Work,
    /// Other random choices: what would be exact is not.
    Choices,
    /// Another machine: only ratios to a control can be compared.
    Machine,
    /// It may explain a difference.
    Note,
}

impl Matters {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Work => "other work",
            Self::Choices => "other choices",
            Self::Machine => "other machine",
            Self::Note => "",
        }
    }
}

/// One thing that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `host kernel`, `image layers`.
    pub what: String,
    /// In A; empty where there is none.
    pub a: String,
    /// In B.
    pub b: String,
    /// What it does.
    pub matters: Matters,
}

/// Facts of the host that change by themselves.
pub(crate) const FLEETING: [&str; 3] = ["load_at_start", "disk_free", "boot"];
/// Facts that make a machine another one, where there is no fingerprint.
const IDENTITY: [&str; 7] = [
    "architecture",
    "cpu",
    "cores",
    "memory",
    "disk_filesystem",
    "disk_rotational",
    "virtual_machine",
];
/// Settings that say how a run was done, not what was done in it.
const SESSION: [&str; 4] = ["session", "side", "time_budget_seconds", "plan"];

/// All differences, those that matter most first.
pub(super) fn differences(a: &Results, b: &Results) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut put = |what: String, a: &str, b: &str, matters| {
        if a != b {
            all.push(Difference {
                what,
                a: a.to_owned(),
                b: b.to_owned(),
                matters,
            });
        }
    };
    put(
        "version".into(),
        &a.run.version,
        &b.run.version,
        Matters::Note,
    );
    put("commit".into(), &a.run.commit, &b.run.commit, Matters::Note);
    let number = |n: u64| n.to_string();
    put(
        "seed".into(),
        &number(a.run.seed),
        &number(b.run.seed),
        Matters::Choices,
    );
    put(
        "profile".into(),
        &a.run.profile,
        &b.run.profile,
        Matters::Note,
    );
    put(
        "rounds".into(),
        &number(a.run.rounds.into()),
        &number(b.run.rounds.into()),
        Matters::Note,
    );
    let same_content = digest(a).is_some() && digest(a) == digest(b);
    each(&a.run.image, &b.run.image, |name, a, b| {
        // The same bytes under another name are the same image.
        let matters = if same_content && name == "name" {
            Matters::Note
        } else {
            Matters::Work
        };
        put(format!("image {name}"), a, b, matters);
    });
    let (x, y) = (settings(a), settings(b));
    each(&x, &y, |name, a, b| {
        let known_to_both = x.contains_key(name) && y.contains_key(name);
        // What only one version has a setting for, the other did in its own way: that is no difference of what was asked.
        let amount = name.starts_with("scale ") || name.starts_with("workload ");
        let matters = if amount && known_to_both {
            Matters::Work
        } else {
            Matters::Note
        };
        put(format!("setting {name}"), a, b, matters);
    });
    let fingerprints = (fact(a, "fingerprint"), fact(b, "fingerprint"));
    each(&a.host, &b.host, |name, a, b| {
        if FLEETING.contains(&name) {
            return;
        }
        let identifies = match fingerprints {
            (Some(_), Some(_)) => name == "fingerprint",
            _ => IDENTITY.contains(&name),
        };
        let matters = if identifies {
            Matters::Machine
        } else {
            Matters::Note
        };
        put(format!("host {name}"), a, b, matters);
    });
    for subject in &b.subjects {
        let Some(other) = a.subjects.iter().find(|s| s.name == subject.name) else {
            continue;
        };
        let (x, y) = (facts_of(&other.facts), facts_of(&subject.facts));
        each(&x, &y, |name, a, b| {
            put(format!("{} {name}", subject.name), a, b, Matters::Note);
        });
    }
    all.sort_by_key(|difference| difference.matters);
    all
}

/// Whether nothing is known of a host that could tell it from another.
pub(super) fn is_anonymous(run: &Results) -> bool {
    fact(run, "fingerprint").is_none() && IDENTITY.iter().all(|name| fact(run, name).is_none())
}

fn fact<'a>(run: &'a Results, name: &str) -> Option<&'a str> {
    run.host.get(name).map(String::as_str)
}

fn digest(run: &Results) -> Option<&String> {
    run.run.image.get("config_digest")
}

/// Both values of every name that either has.
fn each(a: &Facts, b: &Facts, mut put: impl FnMut(&str, &str, &str)) {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for name in names {
        let of = |facts: &Facts| facts.get(name).cloned().unwrap_or_default();
        put(name, &of(a), &of(b));
    }
}

/// The settings as flat text: `scale starts` is `5`.
pub(crate) fn settings(run: &Results) -> Facts {
    let mut flat = BTreeMap::new();
    for (name, value) in &run.run.config {
        if SESSION.contains(&name.as_str()) {
            continue;
        }
        match value {
            serde_json::Value::Object(fields) => {
                for (field, value) in fields {
                    flat.insert(format!("{name} {field}"), value.to_string());
                }
            }
            other => {
                flat.insert(name.clone(), other.to_string());
            }
        }
    }
    flat
}

/// Facts whose key repeats are one.
pub(crate) fn facts_of(facts: &[(String, String)]) -> Facts {
    let mut all = Facts::new();
    for (name, value) in facts {
        let text: &mut String = all.entry(name.clone()).or_default();
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(value);
    }
    all
}
