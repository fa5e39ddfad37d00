//! Noisy metrics: what the rounds say of B against A, by the strongest method that the runs allow.

use std::collections::BTreeMap;

use super::row::{Call, Method};
use crate::analysis::Analysis;
use crate::metric::{Direction, direction};
use crate::series::{Key, Series};
use crate::stats::quantile::{deviation, median};
use crate::stats::student;
use crate::stats::{Interval, Paired, Unpaired, Verdict, Why};

/// Which ways of comparing are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ways {
    /// The runs were measured turn by turn in one session.
    pub(super) paired: bool,
    /// They were made on the same machine.
    pub(super) same_machine: bool,
    /// Ratios to the control are wanted although the machine is another.
    pub(super) ratios: bool,
}

/// A ratio with all that is known of it.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) method: Method,
    pub(super) unit: String,
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) n: [usize; 2],
    /// The ratio, its interval and p; `rounds` is the smaller number of the two.
    pub(super) pair: Paired,
}

/// A subject's series on one side, with its analysis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) series: &'a Series,
}

/// Compares; the error is why nothing can be.
pub(super) fn measure(a: Place<'_>, b: Place<'_>, ways: Ways) -> Result<Measured, String> {
    if ways.paired {
        return paired(a.series, b.series);
    }
    let ratios = |place: Place<'_>| {
        let series = place.series;
        let control = place.analysis.control_of(&series.subject, &series.key)?;
        by_round(&series.rounds, &control.rounds)
    };
    let crossing = !ways.same_machine;
    if crossing && !ways.ratios {
        return Err(
            "other machines: absolute times are not compared; --ratios compares ratios to the control"
                .to_owned(),
        );
    }
    match (ratios(a), ratios(b)) {
        (Some(x), Some(y)) => unpaired(&x, &y, Method::ToControl, "x"),
        _ if crossing => {
            Err("other machines, and the control did not do the same: no ratio".to_owned())
        }
        _ => unpaired(
            &a.series.values(),
            &b.series.values(),
            Method::Absolute,
            &b.series.unit,
        ),
    }
}

fn paired(a: &Series, b: &Series) -> Result<Measured, String> {
    let common = a
        .rounds
        .keys()
        .filter(|round| b.rounds.contains_key(round))
        .count();
    if common == 0 {
        return Err("no round has both".to_owned());
    }
    let pair = Paired::new(&b.rounds, &a.rounds).ok_or("a value is 0: there is no ratio")?;
    let both = |from: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>| {
        let values: Vec<f64> = from
            .iter()
            .filter(|(round, _)| other.contains_key(round))
            .map(|(_, value)| *value)
            .collect();
        median(&values).unwrap_or(0.0)
    };
    Ok(Measured {
        method: Method::Paired,
        unit: b.unit.clone(),
        a: both(&a.rounds, &b.rounds),
        b: both(&b.rounds, &a.rounds),
        n: [pair.rounds; 2],
        pair,
    })
}

fn unpaired(a: &[f64], b: &[f64], method: Method, unit: &str) -> Result<Measured, String> {
    let found = Unpaired::new(b, a).ok_or("a value is 0: there is no ratio")?;
    Ok(Measured {
        method,
        unit: unit.to_owned(),
        a: median(a).unwrap_or(0.0),
        b: median(b).unwrap_or(0.0),
        n: [a.len(), b.len()],
        pair: Paired {
            rounds: a.len().min(b.len()),
            ratio: found.ratio,
            interval: Some(found.interval),
            p: found.p,
            detectable: detectable(a, b),
        },
    })
}

/// Ratios within each round; `None` when no round has both, or a value is 0.
fn by_round(values: &BTreeMap<u32, f64>, control: &BTreeMap<u32, f64>) -> Option<Vec<f64>> {
    let ratios: Vec<f64> = values
        .iter()
        .filter_map(|(round, value)| Some(value / control.get(round)?))
        .collect();
    (!ratios.is_empty() && ratios.iter().all(|r| r.is_finite() && *r > 0.0)).then_some(ratios)
}

/// The smallest ratio that two samples as noisy as these find with 80 % chance at the 5 % level:
/// exp((t.975 + t.80) sqrt(sd_a^2 / n_a + sd_b^2 / n_b)), of log values, with n_a + n_b - 2 degrees of freedom.
#[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
fn detectable(a: &[f64], b: &[f64]) -> Option<f64> {
    let part = |values: &[f64]| {
        let logs: Vec<f64> = values.iter().map(|x| x.ln()).collect();
        Some(deviation(&logs)?.powi(2) / values.len() as f64)
    };
    let error = (part(a)? + part(b)?).sqrt();
    let freedom = a.len() + b.len() - 2;
    let reach = student::quantile(0.975, freedom) + student::quantile(0.80, freedom);
    Some((reach * error).exp())
}

/// The verdict of a ratio within its family.
pub(super) fn call(key: &Key, pair: &Paired, adjusted: f64, margin: f64) -> Call {
    let more = direction(&key.metric) == Direction::More;
    match Verdict::of(pair, adjusted, margin, more) {
        Verdict::Better => Call::Better,
        Verdict::Worse => Call::Worse,
        Verdict::Equivalent => Call::Equivalent,
        Verdict::Inconclusive(Why::TooFewRounds) => Call::Inconclusive(format!(
            "too few rounds ({}): no 95 % interval exists",
            pair.rounds
        )),
        Verdict::Inconclusive(why) => Call::Inconclusive(why.sentence().to_owned()),
    }
}

/// The interval as a row shows it: only one that has at least 95 %.
pub(super) fn shown(interval: Option<Interval>) -> (Option<[f64; 2]>, Option<f64>) {
    match interval {
        Some(interval) => (Some([interval.low, interval.high]), Some(interval.level)),
        None => (None, None),
    }
}
