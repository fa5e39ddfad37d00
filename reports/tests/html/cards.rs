//! The decision cards against results.json: who leads, by how much, who is not told apart, and the two or three numbers,
//! all worked out anew from the records and from the weights that the page shows.

use std::collections::BTreeMap;

use reports::{Analysis, Results, headline, render, series::Key};
use scraper::ElementRef;
use serde_json::Value;

use crate::common;
use crate::dom::{all, first, head, numbers, parse, text};
use crate::truth::{Name, Rounds, Truth, adjust, median, p_value, ratio, same, size_of};

/// What the file says, and what a card must say of it.
struct File {
    json: Value,
    truth: Truth,
    rows: BTreeMap<String, Key>,
    margins: BTreeMap<(String, String), f64>,
}

/// A use, worked out.
struct Judged {
    /// Candidates with their scores by round, the least first.
    scores: Vec<(String, Rounds)>,
    together: usize,
}

impl File {
    fn new(results: &Results) -> Self {
        let text = results.to_json().unwrap();
        let analysis = Analysis::new(results);
        let rows = headline::rows(&analysis)
            .into_iter()
            .map(|row| (row.id.to_owned(), row.key));
        let mut file = Self {
            json: serde_json::from_str(&text).unwrap(),
            truth: Truth::new(&text),
            rows: rows.collect(),
            margins: BTreeMap::new(),
        };
        file.margins = file.bands();
        file
    }

    fn name(&self, subject: &str, id: &str) -> Name {
        let key = &self.rows[id];
        (
            subject.to_owned(),
            key.workload.clone(),
            key.phase.clone(),
            key.metric.clone(),
            key.params.clone(),
        )
    }

    /// 5 %, or the 95 % quantile of what twins differ by in a metric of a workload.
    fn bands(&self) -> BTreeMap<(String, String), f64> {
        let mut far: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
        for twin in self.subjects("twin") {
            let original = twin["twin_of"].as_str().unwrap();
            for (of, rounds) in &self.truth.series {
                if of.0 != twin["name"].as_str().unwrap() {
                    continue;
                }
                let mut other = of.clone();
                original.clone_into(&mut other.0);
                if let Some([times, ..]) =
                    ratio(rounds, &self.truth.series[&other]).filter(|ratio| ratio[0].is_finite())
                {
                    let band = far.entry((of.1.clone(), of.3.clone())).or_default();
                    band.push(times.ln().abs());
                }
            }
        }
        let quantile = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            let at = 0.95 * (values.len() - 1) as f64;
            let (low, high) = (
                values[at as usize],
                values[(at as usize + 1).min(values.len() - 1)],
            );
            low + (at - at.floor()) * (high - low)
        };
        far.into_iter()
            .map(|(of, values)| (of, quantile(values).exp_m1().max(0.05)))
            .collect()
    }

    fn subjects(&self, role: &str) -> Vec<&Value> {
        let all = self.json["subjects"].as_array().unwrap().iter();
        all.filter(|s| s["role"] == role && s["support"]["status"] == "ready")
            .collect()
    }

    /// A promise that containers break without, not kept, or not asked in vain.
    fn breaks_a_must(&self, subject: &str) -> bool {
        let mut cases = self.json["cases"].as_array().unwrap().iter();
        cases.any(|case| {
            case["subject"] == subject
                && case["level"] == "must"
                && ["fail", "broken"].contains(&case["outcome"].as_str().unwrap())
        })
    }

    /// What a number costs by round, never less than anybody would notice.
    fn costs(&self, subject: &str, id: &str) -> Option<Rounds> {
        let name = self.name(subject, id);
        let rounds = self.truth.series.get(&name)?;
        let least = match self.truth.units[&name].as_str() {
            "B" => 1_048_576.0,
            "1" => 1.0,
            "s" => 0.001,
            unit => panic!("{id} in {unit}"),
        };
        Some(
            rounds
                .iter()
                .map(|(round, v)| (*round, v.max(least)))
                .collect(),
        )
    }

    /// The weighted geometric mean over numbers, in the rounds that have them all.
    fn score(&self, subject: &str, weights: &[(String, f64)]) -> Rounds {
        let costs: Vec<(Rounds, f64)> = weights
            .iter()
            .map(|(id, weight)| (self.costs(subject, id).unwrap(), *weight))
            .collect();
        let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
        costs[0]
            .0
            .keys()
            .filter_map(|round| {
                let logs: Option<Vec<f64>> = costs
                    .iter()
                    .map(|(rounds, weight)| Some(weight * rounds.get(round)?.ln()))
                    .collect();
                Some((*round, (logs?.iter().sum::<f64>() / whole).exp()))
            })
            .collect()
    }

    fn margin(&self, weights: &[(String, f64)]) -> f64 {
        let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = weights
            .iter()
            .map(|(id, weight)| {
                let key = &self.rows[id];
                let of = (key.workload.clone(), key.metric.clone());
                weight * (1.0 + self.margins.get(&of).copied().unwrap_or(0.05)).ln()
            })
            .sum();
        (sum / whole).exp() - 1.0
    }

    fn judge(&self, weights: &[(String, f64)]) -> Judged {
        let mut scores: Vec<(String, Rounds)> = self
            .subjects("subject")
            .into_iter()
            .map(|s| s["name"].as_str().unwrap())
            .filter(|name| !self.breaks_a_must(name))
            .filter(|name| weights.iter().all(|(id, _)| self.costs(name, id).is_some()))
            .map(|name| (name.to_owned(), self.score(name, weights)))
            .collect();
        let middle = |rounds: &Rounds| median(rounds.values().copied().collect());
        scores.sort_by(|a, b| middle(&a.1).total_cmp(&middle(&b.1)));
        let leader = &scores[0].1;
        let p: Vec<f64> = scores[1..].iter().map(|s| p_value(&s.1, leader)).collect();
        let limit = 1.0 + self.margin(weights);
        let surely: Vec<bool> = scores[1..]
            .iter()
            .zip(adjust(&p))
            .map(|((_, score), p)| {
                p <= 0.05 && ratio(score, leader).is_some_and(|[_, low, _]| low > limit)
            })
            .collect();
        let together = surely.iter().position(|sure| *sure);
        let together = together.map_or(scores.len(), |at| at + 1);
        Judged { scores, together }
    }
}

/// The numbers of a card with what they weigh, those that count.
fn weights(card: ElementRef<'_>) -> Vec<(String, f64)> {
    all(card, "[data-weight]")
        .into_iter()
        .map(|cell| {
            let id = cell.value().attr("data-weight").unwrap().to_owned();
            (id, text(cell).parse().unwrap())
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect()
}

/// `1.18x [1.10, 1.26], n = 12` behind a word.
fn behind(said: &str, word: &str) -> Vec<f64> {
    let (_, rest) = said.rsplit_once(word).unwrap_or_else(|| panic!("{said}"));
    let end = rest.find(", n = ").unwrap_or(rest.len());
    numbers(&rest[..end])
}

fn close(shown: &[f64], wanted: [f64; 3], at: &str) {
    assert!(shown.len() >= 3, "{at}: {shown:?}");
    for (shown, wanted) in shown.iter().zip(wanted) {
        assert!(same(*shown, wanted), "{at}: {shown} for {wanted}");
    }
}

#[test]
fn winner_runner_up_ratios_and_scores_are_those_of_the_records() {
    let mut results = common::results(12);
    // A use with a need has candidates, too.
    for subject in &mut results.subjects {
        if !subject.name.starts_with("zfs") {
            subject
                .facts
                .push(("rootless".to_owned(), "yes".to_owned()));
        }
    }
    let file = File::new(&results);
    let page = parse(&render(&results));
    let mut named = false;
    let cards = all(page.root_element(), "#summary .card");
    for card in &cards {
        let title = text(first(*card, "h3").unwrap());
        let weights = weights(*card);
        let judged = file.judge(&weights);
        let (leader, own) = &judged.scores[0];
        let sure = judged.together < judged.scores.len();
        let pick = text(first(*card, ".pick").unwrap());
        let why = text(first(*card, ".why").unwrap());
        named |= sure;
        if sure {
            let winners: Vec<&str> = judged.scores[..judged.together]
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(pick, format!("✓ {}", winners.join(" or ")), "{title}");
        } else {
            assert_eq!(pick, "No clear winner", "{title}");
        }
        let (next, theirs) = &judged.scores[if sure { judged.together } else { 1 }];
        assert!(why.contains(next.as_str()), "{title}: {why}");
        let word = if sure { " costs " } else { " by " };
        close(&behind(&why, word), ratio(theirs, own).unwrap(), &title);
        assert!(why.contains("n = 12"), "{title}: {why}");
        standings(&file, *card, leader, own, &weights);
        reasons(&file, *card, (leader, next), &weights);
    }
    assert!(cards.len() > 1, "{}", cards.len());
    assert!(named, "nobody is named in any card");
}

/// Each place of a card's table: how many times the first's score, candidates in order.
fn standings(
    file: &File,
    card: ElementRef<'_>,
    leader: &str,
    own: &Rounds,
    weights: &[(String, f64)],
) {
    let rows = all(card, ".standings tbody tr");
    assert!(rows.len() > 1);
    for (at, row) in rows.into_iter().enumerate() {
        let who = text(first(row, "th").unwrap());
        let times = numbers(&text(first(row, "td").unwrap()));
        if at == 0 {
            assert_eq!((who.as_str(), times[0]), (leader, 1.0));
            continue;
        }
        let has = |(id, _): &&(String, f64)| file.costs(&who, id).is_some();
        let both: Vec<(String, f64)> = weights.iter().filter(has).cloned().collect();
        let theirs = file.score(&who, &both);
        let wanted = if both.len() == weights.len() {
            ratio(&theirs, own)
        } else {
            ratio(&theirs, &file.score(leader, &both))
        };
        close(&times, wanted.unwrap(), &who);
    }
}

/// The numbers that say why: the medians of both, and by how much the rounds differ.
fn reasons(file: &File, card: ElementRef<'_>, who: (&str, &str), weights: &[(String, f64)]) {
    let of: BTreeMap<String, &String> = weights
        .iter()
        .map(|(id, _)| {
            let cell = first(card, &format!("[data-weight=\"{id}\"]")).unwrap();
            (cell.value().attr("data-label").unwrap().to_owned(), id)
        })
        .collect();
    let labels = all(card, ".reasons dt");
    for (dt, dd) in labels.into_iter().zip(all(card, ".reasons dd")) {
        let said = text(dt);
        let (label, speaks) = said.rsplit_once(", ").unwrap();
        let id = of[label];
        let medians = head(dd);
        let counts = text(first(dd, ".ci").unwrap());
        let (one, two) = medians.split_once(" : ").unwrap();
        for (shown, who) in [(one, who.0), (two, who.1)] {
            let (value, unit) = shown.split_once(' ').unwrap_or((shown, ""));
            let rounds = &file.truth.series[&file.name(who, id)];
            let wanted = median(rounds.values().copied().collect()) / size_of(unit);
            assert!(
                same(value.parse().unwrap(), wanted),
                "{label}: {shown} for {wanted}"
            );
        }
        let costs = |who: &str| file.costs(who, id).unwrap();
        let [times, ..] = ratio(&costs(who.1), &costs(who.0)).unwrap();
        assert_eq!(speaks, if times >= 1.0 { "for it" } else { "against it" });
        let wanted = times.max(1.0 / times);
        assert!(
            same(numbers(&counts)[0], wanted),
            "{label}: {counts} for {wanted}"
        );
    }
}
