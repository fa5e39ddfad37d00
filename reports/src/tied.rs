//! For each headline number: do the subjects differ at all (Friedman), and who cannot be told apart (letters).

use std::collections::BTreeMap;

use crate::analysis::Analysis;
use crate::finish::timed_out;
use crate::headline::Row;
use crate::metric::{Direction, direction};
use crate::standing::cost;
use crate::stats::letters::letters;
use crate::stats::quantile::median;
use crate::stats::verdict::FALSE_DISCOVERY;
use crate::stats::{Friedman, Paired, Verdict, family};

/// The fewest rounds of which anything is said.
const LEAST: usize = 6;

/// What can be said of all subjects together in one headline number.
#[derive(Debug, Clone)]
pub struct Tied {
    /// Friedman's test over the rounds that all of them have; `None` when there are too few.
    pub test: Option<Friedman>,
    /// Its p, corrected for the rows asked together.
    pub adjusted: f64,
    /// Letters by subject, the least costly first; empty when nothing can be said.
    pub letters: Vec<(String, String)>,
    /// Subjects with fewer than six rounds, which are left out.
    pub left_out: Vec<String>,
}

impl Tied {
    /// The letters of one subject.
    pub fn of(&self, subject: &str) -> Option<&str> {
        let found = self.letters.iter().find(|(name, _)| name == subject)?;
        Some(&found.1)
    }

    /// In a few words.
    pub fn words(&self) -> String {
        match &self.test {
            None => "too few rounds in common to rank".to_owned(),
            Some(test) if self.adjusted <= FALSE_DISCOVERY => {
                let p = if self.adjusted < 0.001 {
                    "p < 0.001".to_owned()
                } else {
                    format!("p = {:.3}", self.adjusted)
                };
                format!("drivers differ, {p}, n = {}", test.rounds)
            }
            Some(test) => format!("no driver surely differs, n = {}", test.rounds),
        }
    }
}

/// Ranks the subjects in each row. A round in which somebody timed out counts: that subject is last in it. A row of fewer
/// than two subjects has nothing to rank and gives `None`.
pub fn tied(analysis: &Analysis<'_>, rows: &[Row]) -> Vec<Option<Tied>> {
    let fields: Vec<Field> = rows.iter().map(|row| Field::new(analysis, row)).collect();
    let tests: Vec<Option<Friedman>> = fields.iter().map(Field::test).collect();
    let p_values: Vec<f64> = tests.iter().flatten().map(|test| test.p).collect();
    let mut adjusted = family::adjust(&p_values).into_iter();
    fields
        .into_iter()
        .zip(tests)
        .zip(rows)
        .map(|((field, test), row)| {
            let adjusted = test.as_ref().and_then(|_| adjusted.next()).unwrap_or(1.0);
            let letters = match &test {
                Some(_) => field.letters(analysis.margin(&row.key), adjusted <= FALSE_DISCOVERY),
                None => Vec::new(),
            };
            (field.asked >= 2).then_some(Tied {
                test,
                adjusted,
                letters,
                left_out: field.left_out,
            })
        })
        .collect()
}

/// Values by round of those that are ranked; infinite where one timed out.
struct Field {
    asked: usize,
    ranked: Vec<(String, BTreeMap<u32, f64>)>,
    left_out: Vec<String>,
}

impl Field {
    fn new(analysis: &Analysis<'_>, row: &Row) -> Self {
        let (mut ranked, mut left_out) = (Vec::new(), Vec::new());
        for subject in analysis.subjects() {
            let series = analysis.get(&subject.name, &row.key);
            let mut rounds: BTreeMap<u32, f64> = series
                .map(|s| s.rounds.iter().map(|(r, v)| (*r, cost(s, *v))).collect())
                .unwrap_or_default();
            for round in timed_out(analysis, &subject.name, &row.key) {
                rounds.insert(round, f64::INFINITY);
            }
            if rounds.len() >= LEAST {
                ranked.push((subject.name.clone(), rounds));
            } else if !rounds.is_empty() {
                left_out.push(subject.name.clone());
            }
        }
        let middle = |rounds: &BTreeMap<u32, f64>| {
            let values: Vec<f64> = rounds.values().copied().collect();
            let middle = median(&values).unwrap_or(f64::INFINITY);
            match direction(&row.key.metric) {
                Direction::More => -middle,
                _ => middle,
            }
        };
        ranked.sort_by(|a, b| middle(&a.1).total_cmp(&middle(&b.1)));
        Self {
            asked: ranked.len() + left_out.len(),
            ranked,
            left_out,
        }
    }

    fn test(&self) -> Option<Friedman> {
        let (_, first) = self.ranked.first()?;
        let blocks: Vec<Vec<f64>> = first
            .keys()
            .filter_map(|round| {
                let values = self.ranked.iter().map(|(_, rounds)| rounds.get(round));
                values.map(Option::<&f64>::copied).collect()
            })
            .collect();
        if blocks.len() < LEAST || self.ranked.len() < 2 {
            return None;
        }
        // All values alike in all rounds: nobody differs.
        Friedman::new(&blocks).or(Some(Friedman {
            rounds: blocks.len(),
            subjects: self.ranked.len(),
            chi_square: 0.0,
            f: 0.0,
            p: 1.0,
        }))
    }

    /// Pairs are looked at only where Friedman's test found that anybody differs.
    fn letters(&self, margin: f64, anybody: bool) -> Vec<(String, String)> {
        let count = self.ranked.len();
        let mut pairs = BTreeMap::new();
        if anybody {
            for i in 0..count {
                for j in i + 1..count {
                    pairs.insert((i, j), compare(&self.ranked[j].1, &self.ranked[i].1));
                }
            }
        }
        let p_values: Vec<f64> = pairs
            .values()
            .map(|pair| pair.as_ref().map_or(1.0, |pair| pair.p))
            .collect();
        let apart: BTreeMap<(usize, usize), bool> = pairs
            .into_iter()
            .zip(family::adjust(&p_values))
            .map(|((at, pair), adjusted)| {
                let verdict = pair.map(|pair| Verdict::of(&pair, adjusted, margin, false));
                let apart = matches!(verdict, Some(Verdict::Better | Verdict::Worse));
                (at, apart)
            })
            .collect();
        let given = letters(count, |i, j| apart.get(&(i, j)) == Some(&true));
        let names = self.ranked.iter().map(|(name, _)| name.clone());
        names.zip(given).collect()
    }
}

/// Two subjects; rounds in which both timed out say nothing of which is slower.
fn compare(subject: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>) -> Option<Paired> {
    let both = |round: &u32| {
        let out = |rounds: &BTreeMap<u32, f64>| rounds.get(round).is_some_and(|x| x.is_infinite());
        out(subject) && out(other)
    };
    let mut subject = subject.clone();
    subject.retain(|round, _| !both(round));
    Paired::new(&subject, other)
}
