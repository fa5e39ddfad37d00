//! Statement 4: a slowdown of 8 % is found.
//!
//! A driver that takes 8 % longer for everything it does (`slowed=8`, drivers/src/slowed.rs) is one more subject of runs of
//! the profile `default`, of the workload `start` alone. Looked at is its `prepare` from warm caches, which is a call of the
//! driver and nothing else; it has a limit of its own, as somebody who guards it would give it, and so is corrected for among
//! the headline numbers and not among everything that was measured. As everywhere ([`reports::stats`], docs/measuring.md) the slowdown is **found** when it
//! takes longer than that of the driver itself and the test stands after the correction; the verdict `worse` asks for more, an
//! interval that lies wholly beyond 5 %, and is counted beside it.

use reports::compare::{Call, Options, Row};
use reports::gate::{Limit, Limits};
use reports::record::Role;

use drivers::{Error, ErrorKind, Result};

use crate::statement::{Answer, Statement};
use crate::{Bench, session};

const SHARE: &str = "8";
const DRIVER: &str = "overlay2";
/// Of p after Benjamini and Hochberg's correction.
const SIGNIFICANT: f64 = 0.05;
/// Of ten.
const LEAST: usize = 9;

/// Measures.
pub(crate) fn run(bench: &Bench) -> Result<Vec<Statement>> {
    let runs = if bench.quick { 2 } else { 10 };
    let mut rounds = 0;
    let limit = Limit::parse("start/prepare:time", "5%")
        .map_err(|why| Error::new(ErrorKind::BadInput, "set a limit").because(why))?;
    let options = Options {
        limits: Limits::new(vec![limit]),
        ..Options::default()
    };
    let slowed = format!("{DRIVER},slowed={SHARE}");
    let (mut found, mut worse, mut wrong) = (0, 0, 0);
    for seed in 1..=runs {
        let (name, seed) = (format!("slowed-{seed}"), seed.to_string());
        let results = session::bench(
            bench,
            &name,
            &[
                "--profile",
                "default",
                "--workload",
                "start",
                "--image",
                "tiny",
                "--seed",
                &seed,
                "--driver",
                DRIVER,
                "--driver",
                &slowed,
            ],
        )?;
        let subject = |slow: bool| {
            results
                .subjects
                .iter()
                .find(|s| s.role == Role::Subject && s.options.contains_key("slowed") == slow)
                .map(|subject| subject.name.as_str())
                .ok_or_else(|| Error::new(ErrorKind::NotFound, "find the subjects of the run"))
        };
        let pair = (subject(true)?, subject(false)?);
        let comparison = session::compare(&results, &results, Some(pair), &options)?;
        let row = comparison
            .rows
            .iter()
            .find(|row| is_prepare(row))
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "find the time of prepare"))?;
        let interval = row.interval.map_or_else(String::new, |[low, high]| {
            format!(", {low:.3} to {high:.3}")
        });
        let (ratio, p) = (
            row.ratio.unwrap_or(f64::NAN),
            row.p.unwrap_or(f64::INFINITY),
        );
        crate::say(&format!(
            "run {seed}: prepare takes {ratio:.3} times as long{interval}, p {p:.4} corrected: {}",
            row.call.word()
        ));
        rounds = rounds.max(row.n[0]);
        found += usize::from(ratio > 1.0 && p <= SIGNIFICANT);
        worse += usize::from(row.call == Call::Worse);
        wrong += usize::from(matches!(row.call, Call::Better | Call::Equivalent));
    }
    let least = runs * LEAST / 10;
    Ok(vec![Statement {
        what: format!("a driver slowed by {SHARE} % is found by `default`, {rounds} rounds"),
        value: format!(
            "in {found} of {runs} runs; judged worse in {worse}, better or equivalent in {wrong}"
        ),
        interval: String::new(),
        n: runs,
        limit: format!("{least} of {runs}"),
        answer: Answer::of(found >= least && wrong == 0),
    }])
}

fn is_prepare(row: &Row) -> bool {
    let is = |name: &str, value: &str| row.key.params.iter().any(|(n, v)| n == name && v == value);
    let (workload, phase, metric) = (&row.key.workload, &row.key.phase, &row.key.metric);
    workload == "start" && phase == "prepare" && metric == "time" && is("cache", "warm")
}
