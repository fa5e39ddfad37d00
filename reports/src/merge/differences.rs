//! What the runs were made with, side by side: machine, program, settings, image, and what was in effect for each subject.

use std::collections::BTreeMap;

use super::part::Part;
use crate::compare::environment::{FLEETING, facts_of, settings};
use crate::record::Facts;

/// One thing that was told of the runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `host`, `image`, a subject as it is asked for.
    pub group: String,
    /// `kernel`.
    pub name: String,
    /// By run; empty where it was not told.
    pub values: Vec<String>,
}

impl Row {
    /// Whether the runs differ in it. What changes by itself (the load, free space) does not count.
    pub fn differs(&self) -> bool {
        let fleeting = self.group == "host" && FLEETING.contains(&self.name.as_str());
        !fleeting && self.values.windows(2).any(|pair| pair[0] != pair[1])
    }
}

/// Everything that was told, in groups.
pub fn rows(parts: &[Part]) -> Vec<Row> {
    let mut rows = Vec::new();
    let runs: Vec<Facts> = parts.iter().map(run).collect();
    table(&mut rows, "run", &runs);
    let hosts: Vec<Facts> = parts.iter().map(|p| p.results.host.clone()).collect();
    table(&mut rows, "host", &hosts);
    let images: Vec<Facts> = parts.iter().map(|p| p.results.run.image.clone()).collect();
    table(&mut rows, "image", &images);
    let config: Vec<Facts> = parts.iter().map(|p| settings(&p.results)).collect();
    table(&mut rows, "setting", &config);
    let mut specs: Vec<String> = Vec::new();
    for subject in parts.iter().flat_map(|part| &part.results.subjects) {
        if subject.twin_of.is_none() && !specs.contains(&subject.spec()) {
            specs.push(subject.spec());
        }
    }
    for spec in specs {
        let of = |part: &Part| {
            let mut own = part.results.subjects.iter();
            own.find(|s| s.twin_of.is_none() && s.spec() == spec)
                .map(|s| facts_of(&s.facts))
        };
        let facts: Vec<Option<Facts>> = parts.iter().map(of).collect();
        // Only one run has it: there is nothing to compare.
        if facts.iter().flatten().count() > 1 {
            let facts: Vec<Facts> = facts.into_iter().map(Option::unwrap_or_default).collect();
            table(&mut rows, &spec, &facts);
        }
    }
    rows
}

fn run(part: &Part) -> Facts {
    let run = &part.results.run;
    let commit: String = run.commit.chars().take(12).collect();
    BTreeMap::from([
        ("layerbench".to_owned(), run.version.clone()),
        ("commit".to_owned(), commit),
        ("profile".to_owned(), run.profile.clone()),
        ("rounds".to_owned(), run.rounds.to_string()),
        ("seed".to_owned(), run.seed.to_string()),
    ])
}

fn table(rows: &mut Vec<Row>, group: &str, facts: &[Facts]) {
    let mut names: Vec<&String> = facts.iter().flat_map(Facts::keys).collect();
    names.sort_unstable();
    names.dedup();
    rows.extend(names.into_iter().map(|name| {
        Row {
            group: group.to_owned(),
            name: name.clone(),
            values: facts
                .iter()
                .map(|own| own.get(name).cloned().unwrap_or_default())
                .collect(),
        }
    }));
}
