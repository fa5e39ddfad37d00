//! The score of a subject in a use: the weighted geometric mean of its costs, round by round. script/weights.js does the
//! same in the page, and a test holds the two together.

use std::collections::BTreeMap;

use super::decision::Number;
use crate::analysis::Analysis;
use crate::finish::timed_out;
use crate::headline::Row;
use crate::metric::floor;
use crate::repeats;
use crate::series::Series;

/// By round.
pub(super) type Score = BTreeMap<u32, f64>;

/// Space and memory below this do not matter to a host: so much is the least that counts. Otherwise 0 bytes would be
/// infinitely better than one block.
const LEAST_BYTES: f64 = 1_048_576.0;

/// So is a thing done in less: 16 µs against 160 µs for one write decide nothing, 1 s against 10 s do. Latencies are of
/// single operations, of which there are many: for them it is the floor of what can be measured.
const LEAST_SECONDS: f64 = 0.001;

/// A value as a cost, never below what anybody would notice of it.
fn cost(series: &Series, value: f64) -> f64 {
    let least = match series.unit.as_str() {
        "B" => LEAST_BYTES,
        "1" => 1.0,
        "s" if !series.key.metric.starts_with("latency") => LEAST_SECONDS,
        _ => floor(&series.key.metric).max(f64::MIN_POSITIVE),
    };
    value.max(least)
}

/// What a subject's number cost by the rounds of the plan; `None` where there is none.
pub(crate) fn costs(analysis: &Analysis<'_>, subject: &str, row: &Row) -> Option<Score> {
    let series = analysis.get(subject, &row.key)?;
    let of = |(round, value): (&u32, &f64)| {
        let round = repeats::stands_for(analysis.results, &row.key.workload, *round);
        (round, cost(series, *value))
    };
    Some(series.rounds.iter().map(of).collect())
}

/// Why a subject's number cannot count, where it cannot. Where the subject timed out it has no score: what it costs there
/// is not known, only that it is more than the rest says.
pub(crate) fn lacking(analysis: &Analysis<'_>, subject: &str, row: &Row) -> Option<String> {
    let late = timed_out(analysis, subject, &row.key).len();
    if late > 0 {
        let rounds = if late == 1 { "round" } else { "rounds" };
        return Some(format!("timed out in {late} {rounds} of: {}", row.label));
    }
    let none = analysis.get(subject, &row.key).is_none();
    none.then(|| format!("no number for: {}", row.label))
}

/// The score over all these numbers; the reason when one of them is lacking.
pub(super) fn score(
    analysis: &Analysis<'_>,
    subject: &str,
    numbers: &[&Number],
) -> Result<Score, String> {
    for number in numbers {
        if let Some(reason) = lacking(analysis, subject, &number.row) {
            return Err(reason);
        }
    }
    Ok(mean(analysis, subject, numbers))
}

/// The score over those numbers that there are, in the rounds that have them all.
pub(super) fn mean(analysis: &Analysis<'_>, subject: &str, numbers: &[&Number]) -> Score {
    let mut sums: BTreeMap<u32, (f64, usize)> = BTreeMap::new();
    let mut whole = 0.0;
    for number in numbers {
        let weight = f64::from(number.weight);
        whole += weight;
        for (round, cost) in costs(analysis, subject, &number.row).unwrap_or_default() {
            let sum = sums.entry(round).or_default();
            sum.0 += weight * cost.ln();
            sum.1 += 1;
        }
    }
    sums.into_iter()
        .filter(|(_, (_, count))| *count == numbers.len())
        .map(|(round, (sum, _))| (round, (sum / whole).exp()))
        .collect()
}
