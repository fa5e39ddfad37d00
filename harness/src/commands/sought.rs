//! Names in a filter over numbers that mean nothing anywhere: a mistake that is told with what is near, not an empty answer.

use std::collections::BTreeSet;

use reports::Results;

use crate::cli::FilterArgs;
use crate::exit;
use crate::select::near;

/// What a filter may name.
#[derive(Debug)]
pub(super) struct Sought {
    metrics: BTreeSet<String>,
    workloads: BTreeSet<String>,
    /// As `--driver` takes them.
    subjects: BTreeSet<String>,
}

impl Sought {
    /// Before any run was read: what is built in.
    pub(super) fn new() -> Self {
        let workloads = workloads::ALL.iter().map(|work| work.name.to_owned());
        Self {
            metrics: reports::metric::ALL.map(str::to_owned).into(),
            workloads: workloads.collect(),
            subjects: BTreeSet::new(),
        }
    }

    /// What a run has beside that: commands of the user's own, subjects.
    pub(super) fn add(&mut self, results: &Results) {
        for record in &results.records {
            for (names, name) in [
                (&mut self.metrics, &record.metric),
                (&mut self.workloads, &record.workload),
            ] {
                if !names.contains(name) {
                    names.insert(name.clone());
                }
            }
        }
        let subjects = results.subjects.iter();
        self.subjects.extend(subjects.map(reports::Subject::spec));
    }

    /// # Errors
    /// Usage, for a name that is none.
    pub(super) fn check(&self, filter: &FilterArgs) -> anyhow::Result<()> {
        let is = |name: &str, text: &str| name == text;
        let has = |name: &str, text: &str| name.contains(text);
        look(&filter.metrics, &self.metrics, is, "there is no metric")?;
        look(
            &filter.workloads,
            &self.workloads,
            is,
            "there is no workload",
        )?;
        if self.subjects.is_empty() {
            return Ok(());
        }
        let none = "no subject has in its name";
        look(&filter.subjects, &self.subjects, has, none)
    }
}

fn look(
    asked: &[String],
    names: &BTreeSet<String>,
    fits: fn(&str, &str) -> bool,
    none: &str,
) -> anyhow::Result<()> {
    for text in asked {
        if !names.iter().any(|name| fits(name, text)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return Err(exit::coded(
                exit::USAGE,
                format!("{none} {text:?}; {}", near(text, &names)),
            ));
        }
    }
    Ok(())
}
