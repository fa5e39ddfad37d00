//! The answers that the page shows: those of one run, or of runs under several kernels side by side.

use std::collections::BTreeMap;

use reports::Results;
use reports::merge::changes::baselines;
use reports::record::Outcome;

use crate::exit;

/// What was answered, and by which runs.
#[derive(Debug)]
pub(crate) struct Answers {
    /// One run, or several merged: kin side by side.
    pub(super) results: Results,
    /// The runs, host by host.
    pub(super) told: Vec<Told>,
}

/// What is said of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    /// The release of the kernel.
    pub(super) kernel: String,
    /// What emulated the processor.
    pub(super) emulated: Option<String>,
    /// The day.
    pub(super) day: String,
    /// The line that was asked.
    pub(super) command: String,
    pub(super) answers: usize,
    pub(super) checks: Option<String>,
    pub(super) seconds: f64,
}

impl Told {
    fn of(run: &Results) -> Self {
        Self {
            kernel: run.host.get("kernel").cloned().unwrap_or_default(),
            emulated: run.emulated().map(str::to_owned),
            day: run
                .run
                .started
                .split('T')
                .next()
                .unwrap_or_default()
                .to_owned(),
            command: run.run.command_line.join(" "),
            answers: run.cases.len(),
            checks: run.run.config.get("checks").map(ToString::to_string),
            seconds: run.end.as_ref().map_or(0.0, |end| end.seconds),
        }
    }
}

impl Answers {
    /// Those of some runs; `None` for no run.
    ///
    /// # Errors
    /// Usage, where a run is named twice.
    pub(crate) fn of(runs: Vec<Results>) -> anyhow::Result<Option<Self>> {
        let hosts = by_host(runs)?;
        let told = hosts.iter().flatten().map(Told::of).collect();
        let joined: Vec<Results> = hosts.into_iter().filter_map(join).collect();
        if joined.is_empty() {
            return Ok(None);
        }
        let results =
            reports::merge(joined).map_err(|e| exit::coded(exit::USAGE, e.to_string()))?;
        Ok(Some(Self { results, told }))
    }
}

/// The runs of each machine and kernel, the oldest first; hosts in the order in which they were named.
fn by_host(runs: Vec<Results>) -> anyhow::Result<Vec<Vec<Results>>> {
    let mut hosts: Vec<Vec<Results>> = Vec::new();
    for run in runs {
        let of_same = hosts
            .iter_mut()
            .find(|known| place(&known[0]) == place(&run));
        match of_same {
            None => hosts.push(vec![run]),
            Some(known) if known.contains(&run) => {
                let started = run.run.started;
                return Err(exit::coded(
                    exit::USAGE,
                    format!("the run of {started} is named twice; name each once"),
                ));
            }
            Some(known) => known.push(run),
        }
    }
    for runs in &mut hosts {
        runs.sort_by(|a, b| a.run.started.cmp(&b.run.started));
    }
    Ok(hosts)
}

fn place(run: &Results) -> (Option<&String>, Option<&String>) {
    (run.host.get("kernel"), run.host.get("fingerprint"))
}

/// The runs of one host as one: what was asked again counts as it was answered last.
fn join(runs: Vec<Results>) -> Option<Results> {
    let mut runs = runs.into_iter();
    let mut all = runs.next()?;
    for run in runs {
        for subject in run.subjects {
            match all.subjects.iter_mut().find(|s| s.name == subject.name) {
                Some(known) => *known = subject,
                None => all.subjects.push(subject),
            }
        }
        for answer in run.cases {
            let same = |known: &&mut reports::record::CaseResult| {
                known.subject == answer.subject && known.case == answer.case
            };
            match all.cases.iter_mut().find(same) {
                // What could not be asked is no answer.
                Some(known) if answer.outcome != Outcome::Broken => *known = answer,
                Some(_) => {}
                None => all.cases.push(answer),
            }
        }
    }
    Some(all)
}

/// Of each subject that goes by the same name under an earlier kernel: its name there. Another version of the ground (a ZFS
/// of another age) is another name, and told on its own.
pub(super) fn kin(results: &Results) -> BTreeMap<&str, &str> {
    let own: BTreeMap<&str, &str> = results
        .parts
        .iter()
        .flat_map(|part| &part.names)
        .map(|(own, merged)| (merged.as_str(), own.as_str()))
        .collect();
    let mut kin = baselines(results);
    kin.retain(|subject, first| own.get(subject) == own.get(first));
    kin
}

#[cfg(test)]
pub(super) mod tests {
    use reports::record::{CaseResult, Level, Role, Subject, Support};

    use super::*;

    /// A run of one subject that gave these answers.
    pub(in super::super) fn run(
        kernel: &str,
        started: &str,
        subject: &str,
        answers: &[(&str, Outcome, &str)],
    ) -> Results {
        let mut run = Results::default();
        run.run.started = started.to_owned();
        run.run.command_line = vec!["layerbench".to_owned(), "conform".to_owned()];
        run.host.insert("kernel".to_owned(), kernel.to_owned());
        let (driver, backing) = subject.split_once('@').unwrap();
        run.subjects.push(Subject {
            name: subject.to_owned(),
            driver: driver.to_owned(),
            role: Role::Subject,
            backing: Some(backing.to_owned()),
            twin_of: None,
            control: None,
            options: Default::default(),
            support: Support::Ready,
            facts: Vec::new(),
            capabilities: Default::default(),
        });
        for (case, outcome, reason) in answers {
            run.cases.push(CaseResult {
                subject: subject.to_owned(),
                driver: driver.to_owned(),
                case: (*case).to_owned(),
                outcome: *outcome,
                reason: (*reason).to_owned(),
                promise: String::new(),
                origin: String::new(),
                level: Level::Must,
                theme: "renames".to_owned(),
                capability: None,
                expected: None,
                actual: None,
                seconds: 0.0,
            });
        }
        run
    }

    #[test]
    fn what_was_asked_again_counts_as_it_was_answered_last() {
        let first = run(
            "6.1",
            "2026-01-01T00:00:00Z",
            "a@x",
            &[("one", Outcome::Fail, "no"), ("two", Outcome::Pass, "")],
        );
        let again = run(
            "6.1",
            "2026-01-02T00:00:00Z",
            "a@x",
            &[("one", Outcome::Pass, ""), ("two", Outcome::Broken, "lost")],
        );
        let other = run(
            "6.1",
            "2026-01-03T00:00:00Z",
            "b@x",
            &[("one", Outcome::Pass, "")],
        );
        // In whichever order they are named.
        let answers = Answers::of(vec![again.clone(), other, first.clone()])
            .unwrap()
            .unwrap();
        let said: Vec<_> = answers
            .results
            .cases
            .iter()
            .map(|c| (c.subject.as_str(), c.case.as_str(), c.outcome))
            .collect();
        assert_eq!(
            said,
            [
                ("a@x", "one", Outcome::Pass),
                ("a@x", "two", Outcome::Pass),
                ("b@x", "one", Outcome::Pass)
            ]
        );
        let days: Vec<_> = answers.told.iter().map(|told| told.day.as_str()).collect();
        assert_eq!(days, ["2026-01-01", "2026-01-02", "2026-01-03"]);
        assert!(Answers::of(vec![first.clone(), again, first.clone()]).is_err());
        assert!(Answers::of(Vec::new()).unwrap().is_none());
    }

    #[test]
    fn another_version_of_the_ground_is_no_kin() {
        let of = |kernel, subject| run(kernel, "", subject, &[("one", Outcome::Pass, "")]);
        let mut runs = vec![
            of("6.1", "a@x"),
            of("6.2", "a@x"),
            of("6.3", "b@x"),
            of("6.4", "b@x"),
        ];
        // Asked for in the same words, and found to be another.
        runs[3].subjects[0].name = "b@x-2".to_owned();
        runs[3].cases[0].subject = "b@x-2".to_owned();
        let answers = Answers::of(runs).unwrap().unwrap();
        let kin: Vec<_> = kin(&answers.results).into_iter().collect();
        assert_eq!(kin, [("a@x (linux 6.2)", "a@x (linux 6.1)")]);
    }
}
