//! Statement 3: what is equal is not called different.
//!
//! The suite of a first answer (`quick`, the workloads that every profile has) runs twice, with every driver of the host. Compared are, in each run, the reference and its twin on a store of its own; and the two
//! runs with each other. A verdict other than `equivalent` and `inconclusive` is a false alarm. Metrics that noise cannot
//! touch must repeat exactly, or within 1 %, as they declare ([`reports::compare::Method`]).

use reports::compare::{Method, Options, Row};
use reports::record::Role;
use reports::{Comparison, Results};

use drivers::{Error, ErrorKind, Result};

use crate::statement::{Answer, Statement};
use crate::{Bench, session};

/// Measures.
pub(crate) fn run(bench: &Bench) -> Result<Vec<Statement>> {
    let args: &[&str] = if bench.quick {
        &[
            "--profile",
            "smoke",
            "--rounds",
            "6",
            "--driver",
            "overlay2",
        ]
    } else {
        &["--profile", "quick", "--rounds", "12"]
    };
    let runs = [
        session::bench(bench, "first", args)?,
        session::bench(bench, "second", args)?,
    ];
    let mut statements = Vec::new();
    for (run, which) in runs.iter().zip(["first", "second"]) {
        let (twin, of) = twin(run)?;
        // A twin is no subject to compare by name: here it is judged as if it were one.
        let mut run = run.clone();
        for subject in &mut run.subjects {
            if subject.role == Role::Twin {
                subject.role = Role::Subject;
            }
        }
        let comparison = session::compare(&run, &run, Some((&twin, &of)), &Options::default())?;
        statements.extend(judged(
            &format!("{which} run, {twin} against {of}"),
            &comparison,
        ));
    }
    let comparison = session::compare(&runs[0], &runs[1], None, &Options::default())?;
    statements.extend(judged(
        "second run against the first, every subject",
        &comparison,
    ));
    Ok(statements)
}

fn twin(run: &Results) -> Result<(String, String)> {
    run.subjects
        .iter()
        .filter(|subject| subject.role == Role::Twin)
        .find_map(|subject| Some((subject.name.clone(), subject.twin_of.clone()?)))
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "find the twin of the reference"))
}

/// Two statements about a comparison of equals: the noisy metrics and the others.
fn judged(what: &str, comparison: &Comparison) -> Vec<Statement> {
    [false, true]
        .into_iter()
        .map(|noise_free| {
            let rows: Vec<&Row> = comparison
                .rows
                .iter()
                .filter(|row| {
                    row.method != Method::None && row.method.is_noise_free() == noise_free
                })
                .collect();
            let count = |word: &str| rows.iter().filter(|row| row.call.word() == word).count();
            let different: Vec<&&Row> = rows.iter().filter(|row| row.call.differs()).collect();
            for row in &different {
                crate::say(&format!(
                    "{what}: {} {} is {}",
                    row.who(),
                    row.what(),
                    row.call.word()
                ));
            }
            let kind = if noise_free {
                "what noise cannot touch"
            } else {
                "times and rates"
            };
            Statement {
                what: format!("{what}: {kind}"),
                value: format!(
                    "{} different, {} equivalent, {} inconclusive",
                    different.len(),
                    count("equivalent"),
                    count("inconclusive")
                ),
                interval: String::new(),
                n: rows.len(),
                limit: "0 different".to_owned(),
                // No rows show nothing.
                answer: if rows.is_empty() {
                    Answer::Open
                } else {
                    Answer::of(different.is_empty())
                },
            }
        })
        .collect()
}
