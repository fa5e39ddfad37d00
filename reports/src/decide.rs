//! Recommendations, as far as the data carry them.
//!
//! For a use, a subject's score of a round is the mean of the logarithms of its headline costs. The subject with the
//! lowest score leads. It is recommended, together with those that cannot be told apart from it, only if the next one
//! surely costs more, by the same rules as every other verdict; a subject that fails a `must` case, or could not be
//! asked one, is never recommended.

use std::collections::BTreeMap;

use crate::analysis::Analysis;
use crate::emulated;
use crate::finish::timed_out;
use crate::headline::{self, Row, Use};
use crate::metric::{Direction, direction};
use crate::record::{Level, Outcome};
use crate::repeats;
use crate::standing::{Standing, cost, groups, standing};
use crate::stats::verdict::PRACTICAL;
use crate::stats::{Paired, Verdict, family};

/// What can be said of one use.
#[derive(Debug)]
pub struct Decision {
    /// The use.
    pub of: Use,
    /// The numbers it rests on.
    pub rows: Vec<Row>,
    /// Candidates, the lowest score first.
    pub ranking: Vec<String>,
    /// How many of the ranking cannot be told apart from the first, it included.
    pub together: usize,
    /// Why others are not candidates: name, reason.
    pub out: Vec<(String, String)>,
    /// The cost of the first that follows those together (or of the runner-up, when nobody does) against the leader's.
    pub lead: Option<Paired>,
    /// What is to be said of that lead.
    pub verdict: Option<Verdict>,
    /// Every subject with a number, candidate or not, the least costly candidate first.
    pub standings: Vec<Standing>,
    /// Workloads that decide alone: without them (the name) another leads, or nobody is recommended (`None`).
    pub fragile: Vec<(String, Option<String>)>,
}

impl Decision {
    /// Those recommended, if the data carry any: the leader and whoever cannot be told apart from it, as long as
    /// somebody surely costs more.
    pub fn winners(&self) -> &[String] {
        if self.together < self.ranking.len() {
            &self.ranking[..self.together]
        } else {
            &[]
        }
    }
}

/// The `must` cases a subject fails.
pub fn failed_musts<'a>(analysis: &'a Analysis<'_>, subject: &str) -> Vec<&'a str> {
    musts(analysis, subject, Outcome::Fail)
}

/// The `must` cases that could not be asked of a subject.
fn unproven_musts<'a>(analysis: &'a Analysis<'_>, subject: &str) -> Vec<&'a str> {
    musts(analysis, subject, Outcome::Broken)
}

fn musts<'a>(analysis: &'a Analysis<'_>, subject: &str, outcome: Outcome) -> Vec<&'a str> {
    analysis
        .results
        .cases
        .iter()
        .filter(|c| c.subject == subject && c.level == Level::Must && c.outcome == outcome)
        .map(|c| c.case.as_str())
        .collect()
}

/// Decides every use of which at least half of the numbers it rests on were measured, and two of them: a run of one
/// workload must not recommend for what it did not look at.
///
/// Nothing is decided across runs, nor by an emulated one.
pub fn decide(analysis: &Analysis<'_>, rows: &[Row]) -> Vec<Decision> {
    if !analysis.results.parts.is_empty() || analysis.results.emulated().is_some() {
        return Vec::new();
    }
    Use::ALL
        .into_iter()
        .filter_map(|of| {
            let rows: Vec<Row> = rows
                .iter()
                .filter(|row| {
                    row.uses.contains(&of) && direction(&row.key.metric) == Direction::Less
                })
                .cloned()
                .collect();
            (rows.len() >= 2 && 2 * rows.len() >= headline::rests_on(of))
                .then(|| decide_one(analysis, of, rows))
        })
        .collect()
}

fn decide_one(analysis: &Analysis<'_>, of: Use, rows: Vec<Row>) -> Decision {
    let judged = judge(analysis, &rows);
    let ranking = judged.ranking();
    let seed = analysis.results.run.seed;
    let mut standings: Vec<Standing> = Vec::new();
    if let Some(leader) = ranking.first() {
        let others = judged.out.iter().map(|(name, _)| name);
        standings = ranking
            .iter()
            .chain(others)
            .map(|name| standing(analysis, name, leader, &rows, seed))
            .filter(|standing| standing.covered > 0)
            .collect();
        for (standing, letters) in standings.iter_mut().zip(judged.letters()) {
            standing.letters = letters;
        }
    }
    let shown = if judged.together < ranking.len() {
        judged.together - 1
    } else {
        0
    };
    let fragile = fragile(analysis, &rows, &judged);
    let (lead, verdict) = judged.against.into_iter().nth(shown).flatten().unzip();
    Decision {
        of,
        together: judged.together,
        ranking,
        out: judged.out,
        lead,
        verdict,
        standings,
        fragile,
        rows,
    }
}

/// Candidates by score, and how each compares with the first.
struct Judged {
    /// Name and score by round.
    scores: Vec<(String, BTreeMap<u32, f64>)>,
    out: Vec<(String, String)>,
    /// Of each candidate but the first.
    against: Vec<Option<(Paired, Verdict)>>,
    together: usize,
    margin: f64,
}

impl Judged {
    fn ranking(&self) -> Vec<String> {
        self.scores.iter().map(|(name, _)| name.clone()).collect()
    }

    /// As in [`Decision::winners`].
    fn winners(&self) -> &[(String, BTreeMap<u32, f64>)] {
        if self.together < self.scores.len() {
            &self.scores[..self.together]
        } else {
            &[]
        }
    }

    /// None below six rounds, where nobody can be told apart.
    fn letters(&self) -> Vec<String> {
        let enough = |pair: &Option<(Paired, Verdict)>| {
            let interval = pair.as_ref().and_then(|(pair, _)| pair.interval);
            interval.is_some_and(|interval| interval.level >= 0.95)
        };
        if self.against.is_empty() || !self.against.iter().all(enough) {
            return Vec::new();
        }
        let scores: Vec<&BTreeMap<u32, f64>> = self.scores.iter().map(|(_, s)| s).collect();
        let worse: Vec<bool> = self.against.iter().map(surely).collect();
        groups(&scores, &worse, self.margin)
    }
}

fn surely(found: &Option<(Paired, Verdict)>) -> bool {
    matches!(found, Some((_, Verdict::Worse)))
}

fn judge(analysis: &Analysis<'_>, rows: &[Row]) -> Judged {
    let mut scores: Vec<(String, BTreeMap<u32, f64>, f64)> = Vec::new();
    let mut out = Vec::new();
    for subject in analysis.subjects() {
        let musts = failed_musts(analysis, &subject.name);
        if !musts.is_empty() {
            out.push((subject.name.clone(), format!("fails {}", some(&musts))));
            continue;
        }
        let unproven = unproven_musts(analysis, &subject.name);
        if !unproven.is_empty() {
            out.push((
                subject.name.clone(),
                format!("could not be asked {}", some(&unproven)),
            ));
            continue;
        }
        match score(analysis, &subject.name, rows) {
            Ok(score) => {
                let values: Vec<f64> = score.values().copied().collect();
                let middle = crate::stats::quantile::median(&values).unwrap_or(f64::INFINITY);
                scores.push((subject.name.clone(), score, middle));
            }
            Err(missing) => out.push((subject.name.clone(), missing)),
        }
    }
    scores.sort_by(|a, b| a.2.total_cmp(&b.2).then_with(|| a.0.cmp(&b.0)));
    let margin = rows
        .iter()
        .map(|row| analysis.margin(&row.key))
        .fold(PRACTICAL, f64::max);
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

/// Whether one workload alone makes the recommendation: each is left out in turn.
fn fragile(
    analysis: &Analysis<'_>,
    rows: &[Row],
    judged: &Judged,
) -> Vec<(String, Option<String>)> {
    let mut workloads: Vec<&str> = rows.iter().map(|row| row.key.workload.as_str()).collect();
    workloads.dedup();
    if judged.winners().is_empty() || workloads.len() < 2 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for workload in workloads {
        let rest: Vec<Row> = rows
            .iter()
            .filter(|row| row.key.workload != workload)
            .cloned()
            .collect();
        let without = judge(analysis, &rest);
        let known = |name: &String| judged.winners().iter().any(|(winner, _)| winner == name);
        match without.winners().first() {
            None => found.push((workload.to_owned(), None)),
            Some((leader, _)) if !known(leader) => {
                found.push((workload.to_owned(), Some(leader.clone())));
            }
            Some(_) => {}
        }
    }
    found
}

/// The first few of a list.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let first = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The geometric mean of the rows by round; a reason otherwise. Where the subject timed out it has no score: what it costs
/// there is not known, only that it is more than the rest says.
#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
fn score(
    analysis: &Analysis<'_>,
    subject: &str,
    rows: &[Row],
) -> Result<BTreeMap<u32, f64>, String> {
    let mut sums: BTreeMap<u32, (f64, usize)> = BTreeMap::new();
    for row in rows {
        let late = timed_out(analysis, subject, &row.key).len();
        if late > 0 {
            let rounds = if late == 1 { "round" } else { "rounds" };
            return Err(format!("timed out in {late} {rounds} of: {}", row.label));
        }
        let series = analysis
            .get(subject, &row.key)
            .ok_or_else(|| format!("no number for: {}", row.label))?;
        for (round, value) in &series.rounds {
            let round = repeats::stands_for(analysis.results, &row.key.workload, *round);
            let sum = sums.entry(round).or_default();
            sum.0 += cost(series, *value).ln();
            sum.1 += 1;
        }
    }
    Ok(sums
        .into_iter()
        .filter(|(_, (_, count))| *count == rows.len())
        .map(|(round, (sum, count))| (round, (sum / count as f64).exp()))
        .collect())
}

/// One sentence: what the run found.
pub fn sentence(analysis: &Analysis<'_>, decisions: &[Decision]) -> String {
    let subjects = analysis.subjects();
    if subjects.is_empty() {
        return "No driver could run on this host; the table of subjects says what is missing."
            .to_owned();
    }
    if let Some(merged) = crate::merge::say::sentence(analysis.results) {
        return merged;
    }
    if let Some(what) = analysis.results.emulated() {
        let answers = conformance_sentence(analysis);
        return format!("{answers} {}", emulated::sentence(what));
    }
    if analysis.series.is_empty() {
        return conformance_sentence(analysis);
    }
    let mut sure: Vec<(String, Vec<String>)> = Vec::new();
    for decision in decisions.iter().filter(|d| !d.winners().is_empty()) {
        let names = decision.winners().join(" or ");
        let of = lower_first(decision.of.title());
        match sure.iter_mut().find(|(known, _)| *known == names) {
            Some((_, uses)) => uses.push(of),
            None => sure.push((names, vec![of])),
        }
    }
    if !sure.is_empty() {
        let parts: Vec<String> = sure
            .into_iter()
            .map(|(names, uses)| format!("{names} for {}", uses.join(" and ")))
            .collect();
        return format!("On this host: {}.", parts.join("; "));
    }
    let rounds = analysis
        .series
        .iter()
        .map(|s| s.rounds.len())
        .max()
        .unwrap_or(0);
    let why = if rounds < 6 {
        let are = if rounds == 1 {
            "round is"
        } else {
            "rounds are"
        };
        format!("{rounds} {are} too few for verdicts (6 are the least)")
    } else {
        "no driver leads by more than the noise".to_owned()
    };
    format!(
        "This run recommends none of {} subjects: {why}.",
        subjects.len()
    )
}

/// A second sentence: who must not be used, whatever its speed.
pub fn caution(analysis: &Analysis<'_>) -> Option<String> {
    let broken: Vec<String> = analysis
        .subjects()
        .iter()
        .map(|s| (&s.name, failed_musts(analysis, &s.name).len()))
        .filter(|(_, failed)| *failed > 0)
        .map(|(name, failed)| match failed {
            1 => format!("{name} fails a required promise"),
            many => format!("{name} fails {many} required promises"),
        })
        .collect();
    (!broken.is_empty()).then(|| format!("Not safe to use: {}.", broken.join(", ")))
}

fn conformance_sentence(analysis: &Analysis<'_>) -> String {
    let failed = analysis
        .results
        .cases
        .iter()
        .filter(|c| c.outcome == Outcome::Fail)
        .count();
    match (analysis.results.cases.len(), failed) {
        (0, _) => "Nothing was measured and nothing was asked.".to_owned(),
        (all, 0) => {
            format!("All {all} answers of the conformance suite are as promised or as declared.")
        }
        (all, failed) => {
            format!("{failed} of {all} answers of the conformance suite are failures.")
        }
    }
}

fn lower_first(text: &str) -> String {
    // "CI builders" keeps its capitals.
    if text.chars().nth(1).is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
