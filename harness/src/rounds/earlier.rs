//! What an earlier run on this host tells for planning: how far values spread, and what cells take.

use std::collections::BTreeMap;
use std::path::Path;

use reports::stats::quantile::median;
use reports::{Analysis, Results, precision};

use crate::profile::LEAST_ROUNDS;
use crate::runs::{self, State};

/// Runs that are looked at, from the newest on.
const LOOKED_AT: usize = 10;

/// The run that is to be planned.
#[derive(Debug)]
pub(crate) struct Like {
    /// Of the host.
    pub(crate) fingerprint: String,
    /// How much its workloads do.
    pub(crate) scale: serde_json::Value,
    /// The name of its image.
    pub(crate) image: String,
}

impl Like {
    /// A run that has just begun.
    pub(crate) fn of(results: &Results) -> Self {
        let run = &results.run;
        Self {
            fingerprint: results.host.get("fingerprint").cloned().unwrap_or_default(),
            scale: run.config.get("scale").cloned().unwrap_or_default(),
            image: run.image.get("name").cloned().unwrap_or_default(),
        }
    }
}

/// An earlier run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Earlier {
    /// Its name.
    pub(crate) id: String,
    pub(crate) rounds: u32,
    /// By workload, as [`precision::spread`].
    pub(crate) spread: BTreeMap<String, f64>,
    /// What a cell takes in its median, in seconds, by workload and subject.
    cells: BTreeMap<(String, String), f64>,
}

/// The newest run of `out` that was made on the same host with the same amounts, came to its end, and has the rounds that
/// a spread takes. What cannot be read is passed over: it is only for planning.
pub(crate) fn find(out: &Path, like: &Like) -> Option<Earlier> {
    let mut known = runs::list(out).ok()?;
    known.reverse();
    known.into_iter().take(LOOKED_AT).find_map(|run| {
        let entry = runs::read(run);
        (entry.state == State::Complete)
            .then(|| Earlier::of(entry.id, &entry.results, like))
            .flatten()
    })
}

impl Earlier {
    fn of(id: String, results: &Results, like: &Like) -> Option<Self> {
        let run = &results.run;
        let alike = results.host.get("fingerprint") == Some(&like.fingerprint)
            && run.config.get("scale") == Some(&like.scale)
            && run.image.get("name") == Some(&like.image);
        if !alike || run.rounds < LEAST_ROUNDS {
            return None;
        }
        let mut cells: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
        for cell in &results.cells {
            let of = (cell.workload.clone(), cell.subject.clone());
            cells.entry(of).or_default().push(cell.seconds);
        }
        Some(Self {
            id,
            rounds: run.rounds,
            spread: precision::spread(&Analysis::new(results)),
            cells: cells
                .into_iter()
                .filter_map(|(of, seconds)| Some((of, median(&seconds)?)))
                .collect(),
        })
    }

    /// What a round takes, in seconds; `None` where one of the cells is not known.
    pub(crate) fn round(&self, workloads: &[&str], subjects: &[String]) -> Option<f64> {
        let mut sum = 0.0;
        for workload in workloads {
            for subject in subjects {
                let of = ((*workload).to_owned(), subject.clone());
                sum += self.cells.get(&of)?;
            }
        }
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like() -> Like {
        Like {
            fingerprint: "5f3a9c01".to_owned(),
            scale: serde_json::json!({"starts": 5}),
            image: "default".to_owned(),
        }
    }

    /// Six rounds of a subject that spreads against its control by a known amount.
    fn results() -> Results {
        let mut lines = vec![
            r#"{"kind":"run","schema":2,"version":"","commit":"","seed":1,"profile":"","rounds":6,"started":"","command_line":[],"config":{"scale":{"starts":5}},"image":{"name":"default"},"workloads":[]}"#.to_owned(),
            r#"{"kind":"host","facts":{"fingerprint":"5f3a9c01"}}"#.to_owned(),
        ];
        for (name, role, control) in [
            ("d@x", "subject", r#""control":"plain@x","#),
            ("plain@x", "control", ""),
        ] {
            lines.push(format!(
                r#"{{"kind":"subject","name":"{name}","driver":"","role":"{role}",{control}"options":{{}},"support":{{"status":"ready"}},"facts":[],"capabilities":{{}}}}"#
            ));
            for round in 0..6_u32 {
                let off = if round % 2 == 0 { 0.1_f64 } else { -0.1 };
                let value = if role == "subject" { off.exp() } else { 1.0 };
                lines.push(format!(
                    r#"{{"kind":"record","subject":"{name}","driver":"","workload":"w","phase":"w","metric":"time","unit":"s","round":{round},"position":0,"value":{value}}}"#
                ));
                lines.push(format!(
                    r#"{{"kind":"cell","id":{round},"subject":"{name}","workload":"w","round":{round},"position":0,"began_s":0.0,"seconds":{},"noise":{{}}}}"#,
                    2 + round
                ));
            }
        }
        Results::from_lines(&lines.join("\n")).unwrap()
    }

    #[test]
    fn spread_and_cost_are_those_that_were_seen() {
        let earlier = Earlier::of("x".to_owned(), &results(), &like()).unwrap();
        // Six values 0.1 from their mean: sd 0.1 * sqrt(6 / 5).
        assert!((earlier.spread["w"] - 0.109_544_5).abs() < 1e-6);
        let subjects = ["d@x".to_owned(), "plain@x".to_owned()];
        assert_eq!(earlier.round(&["w"], &subjects), Some(9.0));
        assert_eq!(earlier.round(&["w", "v"], &subjects), None);
    }

    #[test]
    fn only_a_like_run_tells_anything() {
        let of = |like: &Like| Earlier::of(String::new(), &results(), like).is_some();
        let changed = |change: &dyn Fn(&mut Like)| {
            let mut like = like();
            change(&mut like);
            like
        };
        assert!(of(&like()));
        assert!(!of(&changed(&|like| like.fingerprint.push('0'))));
        assert!(!of(&changed(&|like| like.image = "tiny".to_owned())));
        assert!(!of(&changed(&|like| like.scale["starts"] = 6.into())));
    }
}
