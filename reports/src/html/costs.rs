//! The costs behind the decision cards, for the sliders: `script/weights.js` makes the ranking anew from them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::analysis::Analysis;
use crate::decide::{Decision, blocked, costs, lacking};
use crate::headline::Row;

#[derive(Serialize)]
struct Costs<'a> {
    subjects: Vec<&'a str>,
    rows: Vec<Costed<'a>>,
    uses: BTreeMap<&'a str, Weights<'a>>,
}

/// Id, margin, and by subject the costs by round; `null` for a subject that lacks the number, or a round of it.
#[derive(Serialize)]
struct Costed<'a>(&'a str, f64, Vec<Option<Vec<Option<f64>>>>);

#[derive(Serialize)]
struct Weights<'a> {
    /// Who cannot be named whatever the weights, by place among the subjects.
    out: Vec<usize>,
    weights: BTreeMap<&'a str, u32>,
}

/// Of one subject; `None` where it lacks the number.
type ByRound = Option<BTreeMap<u32, f64>>;

/// As JSON; empty when there is nothing to weigh.
pub(super) fn json(analysis: &Analysis<'_>, decisions: &[Decision]) -> String {
    let subjects = analysis.subjects();
    let mut rows: BTreeMap<&str, &Row> = BTreeMap::new();
    for number in decisions.iter().flat_map(|decision| &decision.numbers) {
        rows.insert(number.row.id, &number.row);
    }
    let of = |row: &Row| -> Vec<ByRound> {
        let of = |name: &str| match lacking(analysis, name, row) {
            Some(_) => None,
            None => costs(analysis, name, row),
        };
        subjects.iter().map(|s| of(&s.name)).collect()
    };
    let all: Vec<(&Row, Vec<ByRound>)> = rows.values().map(|row| (*row, of(row))).collect();
    // One place for each round that any of them has.
    let rounds: BTreeSet<u32> = all
        .iter()
        .flat_map(|(_, costs)| costs.iter().flatten())
        .flat_map(|costs| costs.keys().copied())
        .collect();
    let aligned = |costs: &BTreeMap<u32, f64>| {
        let at = |round| costs.get(round).copied().and_then(short);
        rounds.iter().map(at).collect()
    };
    let costs = Costs {
        subjects: subjects.iter().map(|s| s.name.as_str()).collect(),
        rows: all
            .iter()
            .map(|(row, costs)| {
                let by_subject = costs.iter().map(|costs| costs.as_ref().map(aligned));
                Costed(row.id, analysis.margin(&row.key), by_subject.collect())
            })
            .collect(),
        uses: decisions
            .iter()
            .map(|decision| {
                let out = (0..subjects.len())
                    .filter(|at| blocked(analysis, subjects[*at], decision.of).is_some());
                let weights = decision.numbers.iter().map(|n| (n.row.id, n.weight));
                let weights = Weights {
                    out: out.collect(),
                    weights: weights.collect(),
                };
                (decision.of.id, weights)
            })
            .collect(),
    };
    serde_json::to_string(&costs).unwrap_or_default()
}

/// Six digits are enough to tell ratios by three.
fn short(value: f64) -> Option<f64> {
    format!("{value:.5e}").parse().ok()
}
