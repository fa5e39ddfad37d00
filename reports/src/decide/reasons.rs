//! The two or three numbers that say why: where the first and the next differ most, and where the next is better.

use super::Decision;
use super::score::costs;
use crate::analysis::Analysis;
use crate::stats::{Paired, Verdict};

/// A number in which the first of a use surely differs from the next.
#[derive(Debug, Clone)]
pub struct Reason {
    /// `Pull the image`.
    pub label: String,
    /// The unit of the values.
    pub unit: String,
    /// The median of the first.
    pub first: f64,
    /// The median of the next.
    pub next: f64,
    /// The next against the first: above 1 it speaks for the first.
    pub pair: Paired,
}

impl Decision {
    /// With whom the first is compared: the first that is not named, or the runner-up where nobody is.
    pub fn next(&self) -> Option<&String> {
        let at = self.winners().len().max(1);
        self.ranking.get(at)
    }

    /// At most two numbers that speak most for the first, and one that speaks most against it. Only what surely differs
    /// by more than what matters; what weighs more comes first.
    pub fn reasons(&self, analysis: &Analysis<'_>) -> Vec<Reason> {
        let (Some(first), Some(next)) = (self.ranking.first(), self.next()) else {
            return Vec::new();
        };
        let mut found: Vec<(f64, Reason)> = Vec::new();
        for number in self.numbers.iter().filter(|number| number.weight > 0) {
            let row = &number.row;
            let of =
                |name: &str| Some((costs(analysis, name, row)?, analysis.get(name, &row.key)?));
            let (Some((own, series)), Some((other, compared))) = (of(first), of(next)) else {
                continue;
            };
            let Some(pair) = Paired::new(&other, &own) else {
                continue;
            };
            let verdict = Verdict::of(&pair, pair.p, analysis.margin(&row.key), false);
            if matches!(verdict, Verdict::Better | Verdict::Worse) {
                let pull = f64::from(number.weight) * pair.ratio.ln();
                let reason = Reason {
                    label: row.label.clone(),
                    unit: series.unit.clone(),
                    first: series.median(),
                    next: compared.median(),
                    pair,
                };
                found.push((pull, reason));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let against = found.last().filter(|(pull, _)| *pull < 0.0).cloned();
        let mut reasons: Vec<Reason> = found
            .into_iter()
            .filter(|(pull, _)| *pull > 0.0)
            .take(2)
            .map(|(_, reason)| reason)
            .collect();
        reasons.extend(against.map(|(_, reason)| reason));
        reasons
    }
}
