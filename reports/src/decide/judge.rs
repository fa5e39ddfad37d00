//! Candidates by score, and how each compares with the first.

use super::blocks::blocked;
use super::decision::Number;
use super::score::{Score, score};
use crate::analysis::Analysis;
use crate::standing::groups;
use crate::stats::quantile::median;
use crate::stats::verdict::PRACTICAL;
use crate::stats::{Paired, Verdict, family};
use crate::uses::Use;

/// What was found of a use.
pub(super) struct Judged {
    /// Candidates and their scores, the lowest first.
    pub(super) scores: Vec<(String, Score)>,
    /// The others, with the reason.
    pub(super) out: Vec<(String, String)>,
    /// Of each candidate but the first.
    pub(super) against: Vec<Option<(Paired, Verdict)>>,
    /// How many cannot be told apart from the first, it included.
    pub(super) together: usize,
    /// The smallest difference that counts, 0.05 for 5 %.
    pub(super) margin: f64,
}

impl Judged {
    pub(super) fn ranking(&self) -> Vec<String> {
        self.scores.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Those recommended, as in [`super::Decision::winners`].
    pub(super) fn winners(&self) -> &[(String, Score)] {
        if self.together < self.scores.len() {
            &self.scores[..self.together]
        } else {
            &[]
        }
    }

    /// None below six rounds, where nobody can be told apart.
    pub(super) fn letters(&self) -> Vec<String> {
        let enough = |pair: &Option<(Paired, Verdict)>| {
            let interval = pair.as_ref().and_then(|(pair, _)| pair.interval);
            interval.is_some_and(|interval| interval.level >= 0.95)
        };
        if self.against.is_empty() || !self.against.iter().all(enough) {
            return Vec::new();
        }
        let scores: Vec<&Score> = self.scores.iter().map(|(_, s)| s).collect();
        let worse: Vec<bool> = self.against.iter().map(surely).collect();
        groups(&scores, &worse, self.margin)
    }
}

fn surely(found: &Option<(Paired, Verdict)>) -> bool {
    matches!(found, Some((_, Verdict::Worse)))
}

/// The smallest difference between scores that counts. A score is a weighted mean of logarithms, so two equal subjects
/// differ in it by no more than the weighted mean of how far they differ in its numbers.
fn margin(analysis: &Analysis<'_>, numbers: &[&Number]) -> f64 {
    let (mut sum, mut whole) = (0.0, 0.0);
    for number in numbers {
        let weight = f64::from(number.weight);
        sum += weight * analysis.margin(&number.row.key).ln_1p();
        whole += weight;
    }
    if whole > 0.0 {
        (sum / whole).exp_m1()
    } else {
        PRACTICAL
    }
}

/// Judges a use by these numbers, all of which have a weight.
pub(super) fn judge(analysis: &Analysis<'_>, of: &Use, numbers: &[&Number]) -> Judged {
    let mut scores: Vec<(String, Score, f64)> = Vec::new();
    let mut out = Vec::new();
    for subject in analysis.subjects() {
        let score = match blocked(analysis, subject, of) {
            Some(reason) => Err(reason),
            None => score(analysis, &subject.name, numbers),
        };
        match score {
            Ok(score) => {
                let values: Vec<f64> = score.values().copied().collect();
                let middle = median(&values).unwrap_or(f64::INFINITY);
                scores.push((subject.name.clone(), score, middle));
            }
            Err(reason) => out.push((subject.name.clone(), reason)),
        }
    }
    scores.sort_by(|a, b| a.2.total_cmp(&b.2).then_with(|| a.0.cmp(&b.0)));
    let margin = margin(analysis, numbers);
    let pairs: Vec<Option<Paired>> = scores
        .iter()
        .skip(1)
        .map(|other| Paired::new(&other.1, &scores[0].1))
        .collect();
    // Several are compared with the leader: a family of its own.
    let p_values: Vec<f64> = pairs
        .iter()
        .map(|pair| pair.as_ref().map_or(1.0, |pair| pair.p))
        .collect();
    let against: Vec<Option<(Paired, Verdict)>> = pairs
        .into_iter()
        .zip(family::adjust(&p_values))
        .map(|(pair, adjusted)| {
            let pair = pair?;
            let verdict = Verdict::of(&pair, adjusted, margin, false);
            Some((pair, verdict))
        })
        .collect();
    // A subject further down may be noisier: the group ends at the first that surely costs more.
    let together = against
        .iter()
        .position(surely)
        .map_or(scores.len(), |at| at + 1);
    Judged {
        scores: scores.into_iter().map(|(n, s, _)| (n, s)).collect(),
        out,
        against,
        together,
        margin,
    }
}
