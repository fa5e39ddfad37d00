//! The comparison itself.

use std::collections::BTreeSet;

use serde::Serialize;

use super::cases::{self, CaseChange};
use super::environment::{self, Difference, Matters};
use super::finish::{self, Finish};
use super::judge::{self, Measured, Place, Ways};
use super::noise_free::{self, Found, NEARLY};
use super::row::{Call, Method, Row};
use super::sides::{self, Match, Side};
use crate::analysis::Analysis;
use crate::error::Result;
use crate::gate::{Limit, Limits};
use crate::headline;
use crate::metric::{Direction, Repeats, direction, repeats};
use crate::record::Results;
use crate::series::{Key, Series};
use crate::stats::verdict::PRACTICAL;
use crate::stats::{Paired, family};

/// How to compare.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What A and B are called.
    pub labels: [String; 2],
    /// Two subjects by name, B's and A's; without, every subject that both have.
    pub subjects: Option<(String, String)>,
    /// Ratios to the control are compared even across machines.
    pub ratios: bool,
    /// How much worse each thing may get; what they name joins the first family.
    pub limits: Limits,
}

/// B against A.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The runs.
    pub a: Side,
    /// The one that is judged.
    pub b: Side,
    /// Whether rounds are paired: the runs are two sides of one session, or one run.
    pub paired: bool,
    /// Whether both were made on one machine, as far as their facts tell.
    pub same_machine: bool,
    /// What else differs.
    pub differences: Vec<Difference>,
    /// What must be known before a number is believed, one sentence each.
    pub notes: Vec<String>,
    /// Whether a run has no end, or was interrupted.
    pub incomplete: bool,
    /// Every subject and thing measured, in the order of importance.
    pub rows: Vec<Row>,
    /// What was not finished.
    pub finishes: Vec<Finish>,
    /// Changes of conformance.
    pub cases: Vec<CaseChange>,
}

/// What the rows of one comparison have in common.
struct Work<'a> {
    a: &'a Analysis<'a>,
    b: &'a Analysis<'a>,
    ways: Ways,
    /// Why nothing can be compared.
    refused: Option<String>,
    /// Other random choices.
    choices: bool,
    limits: &'a Limits,
    first: BTreeSet<Key>,
}

impl Comparison {
    /// Compares.
    ///
    /// # Errors
    /// `BadInput` when there is no subject to compare.
    pub fn new(a: &Results, b: &Results, options: &Options) -> Result<Self> {
        let named = options.subjects.as_ref();
        let named = named.map(|(subject, against)| (subject.as_str(), against.as_str()));
        let same_run = std::ptr::eq(a, b) || a == b;
        let (matches, mut alone) = sides::matches(a, b, named)?;
        let differences = environment::differences(a, b);
        let of = |matters| {
            let mut fit = differences.iter().filter(move |d| d.matters == matters);
            fit.next()
        };
        let anonymous = environment::is_anonymous(a) || environment::is_anonymous(b);
        let same_machine = same_run || (of(Matters::Machine).is_none() && !anonymous);
        let session = sides::session(a).is_some() && sides::session(a) == sides::session(b);
        let mut notes = sides::health(&options.labels[0], a);
        if !same_run {
            notes.extend(sides::health(&options.labels[1], b));
        } else if named.is_none() {
            notes.push("A and B are the same run".to_owned());
        }
        notes.append(&mut alone);
        let refused = of(Matters::Work).map(|d| {
            format!(
                "other work: {} is {} in A and {} in B",
                d.what,
                quoted(&d.a),
                quoted(&d.b)
            )
        });
        notes.extend(
            refused
                .iter()
                .map(|why| format!("no number can be compared: {why}")),
        );
        if of(Matters::Choices).is_some() {
            notes.push("the seeds differ: what is exact otherwise is not".to_owned());
        }
        if !same_machine {
            notes.push(machines(of(Matters::Machine), options.ratios));
        }
        let (x, y) = (Analysis::new(a), Analysis::new(b));
        let headlines = headline::rows(&x).into_iter().chain(headline::rows(&y));
        let work = Work {
            a: &x,
            b: &y,
            ways: Ways {
                paired: same_run || session,
                same_machine,
                ratios: options.ratios,
            },
            refused,
            choices: of(Matters::Choices).is_some(),
            limits: &options.limits,
            first: headlines.map(|row| row.key).collect(),
        };
        let finishes = finish::unfinished(a, b, &matches);
        let mut rows = work.rows(&matches, &finishes);
        rows.sort_by_cached_key(Row::rank);
        if rows.is_empty() {
            notes.push("there are no numbers to compare".to_owned());
        }
        notes.extend(machine_moved(&work));
        Ok(Self {
            a: Side::new(&options.labels[0], a),
            b: Side::new(&options.labels[1], b),
            paired: work.ways.paired,
            same_machine,
            incomplete: [a, b]
                .iter()
                .any(|run| run.end.as_ref().is_none_or(|end| end.interrupted)),
            cases: cases::changes(a, b, &matches),
            differences,
            notes,
            rows,
            finishes,
        })
    }

    /// Lines that differ, in the order of importance.
    pub fn differing(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.call.differs())
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "unknown".to_owned()
    } else {
        text.to_owned()
    }
}

fn machines(difference: Option<&Difference>, ratios: bool) -> String {
    let why = match difference {
        Some(d) => format!(
            "the runs are of two machines ({} is {} in A and {} in B)",
            d.what,
            quoted(&d.a),
            quoted(&d.b)
        ),
        None => "nothing tells whether the runs are of one machine".to_owned(),
    };
    if ratios {
        format!("{why}: only ratios to the control are compared")
    } else {
        format!("{why}: absolute times are not compared; --ratios compares ratios to the control")
    }
}

/// What the control took in B against A: the machine's own change, which ratios to it cancel.
fn machine_moved(work: &Work<'_>) -> Option<String> {
    if work.ways.paired || !work.ways.same_machine || work.refused.is_some() {
        return None;
    }
    let mut ratios = Vec::new();
    for control in work.b.controls() {
        let times =
            work.b.series.iter().filter(|s| {
                s.subject == control.name && s.key.metric == "time" && s.median() > 0.0
            });
        for series in times {
            let before = work.a.get(&control.name, &series.key).map(Series::median);
            ratios.extend(before.filter(|x| *x > 0.0).map(|x| series.median() / x));
        }
    }
    let middle = crate::stats::quantile::median(&ratios)?;
    ((middle.ln()).abs() > PRACTICAL).then(|| {
        format!(
            "the machine itself changed: plain directories took {}x as long in B as in A (median of {} times); ratios to them cancel that",
            crate::number::three(middle),
            ratios.len()
        )
    })
}

impl Work<'_> {
    fn rows(&self, matches: &[Match], finishes: &[Finish]) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut noisy: Vec<(usize, Paired)> = Vec::new();
        for pair in matches {
            let of = |analysis: &Analysis<'_>, name: &str| -> Vec<Key> {
                let own = analysis.series.iter().filter(|s| s.subject == name);
                own.map(|s| s.key.clone()).collect()
            };
            let ours = of(self.b, &pair.b);
            let only_theirs: Vec<Key> = of(self.a, &pair.a)
                .into_iter()
                .filter(|key| !ours.contains(key))
                .collect();
            for key in ours.into_iter().chain(only_theirs) {
                let series = (self.a.get(&pair.a, &key), self.b.get(&pair.b, &key));
                let (Some(x), Some(y)) = series else {
                    if !finishes.iter().any(|f| f.explains(&pair.b, &key)) {
                        rows.push(self.one_sided(pair, key, series));
                    }
                    continue;
                };
                let (row, pair) = self.row(pair, key, x, y);
                noisy.extend(pair.map(|pair| (rows.len(), pair)));
                rows.push(row);
            }
        }
        // Two families: few headline numbers must not drown among hundreds of details.
        for first in [true, false] {
            let own: Vec<&(usize, Paired)> = noisy
                .iter()
                .filter(|(at, _)| rows[*at].first == first)
                .collect();
            let adjusted = family::adjust(&own.iter().map(|(_, pair)| pair.p).collect::<Vec<_>>());
            for ((at, pair), adjusted) in own.into_iter().zip(adjusted) {
                let row = &mut rows[*at];
                row.p = Some(adjusted);
                row.call = judge::call(&row.key, pair, adjusted, row.margin);
            }
        }
        rows
    }

    /// A row with nothing compared yet.
    fn blank(&self, pair: &Match, key: Key, unit: &str) -> Row {
        let limit = self.limits.of(&key);
        Row {
            subject: pair.b.clone(),
            against: (pair.a != pair.b).then(|| pair.a.clone()),
            unit: unit.to_owned(),
            method: Method::None,
            a: None,
            b: None,
            ratio: None,
            interval: None,
            level: None,
            p: None,
            raw_p: None,
            n: [0, 0],
            detectable: None,
            margin: self.margin(&key, limit),
            first: self.first.contains(&key) || limit.is_some_and(|l| l.allowed.is_some()),
            call: Call::Inconclusive(String::new()),
            key,
        }
    }

    /// What a difference must clear: the limit, or what is usual for the metric; never less than equal subjects were
    /// seen to differ by.
    fn margin(&self, key: &Key, limit: Option<&Limit>) -> f64 {
        let usual = match repeats(&key.metric) {
            Repeats::Exactly => 0.0,
            Repeats::Nearly => NEARLY,
            Repeats::Noisily => PRACTICAL,
        };
        let wanted = limit.and_then(|limit| limit.allowed).unwrap_or(usual);
        if repeats(&key.metric) == Repeats::Noisily {
            wanted.max(self.band(key))
        } else {
            wanted
        }
    }

    /// How far equal subjects were seen to differ in this, in either run.
    fn band(&self, key: &Key) -> f64 {
        let group = (key.workload.clone(), key.metric.clone());
        [self.a, self.b]
            .iter()
            .filter_map(|analysis| analysis.bands.get(&group))
            .fold(0.0, |most, band| band.max(most))
    }

    fn one_sided(&self, pair: &Match, key: Key, (a, b): (Option<&Series>, Option<&Series>)) -> Row {
        let unit = a.or(b).map_or("", |series| series.unit.as_str());
        let missing = if a.is_none() { "A" } else { "B" };
        let mut row = self.blank(pair, key, unit);
        row.a = a.map(Series::median);
        row.b = b.map(Series::median);
        row.n = [
            a.map_or(0, |s| s.rounds.len()),
            b.map_or(0, |s| s.rounds.len()),
        ];
        row.call = Call::Inconclusive(format!("not measured in {missing}"));
        row
    }

    fn row(&self, pair: &Match, key: Key, x: &Series, y: &Series) -> (Row, Option<Paired>) {
        let mut row = self.blank(pair, key, &y.unit);
        row.a = Some(x.median());
        row.b = Some(y.median());
        row.n = [x.rounds.len(), y.rounds.len()];
        if let Some(why) = &self.refused {
            row.call = Call::Inconclusive(why.clone());
            return (row, None);
        }
        if x.unit != y.unit {
            row.call = Call::Inconclusive(format!(
                "A counts in {}, B in {}",
                quoted(&x.unit),
                quoted(&y.unit)
            ));
            return (row, None);
        }
        let repeats = repeats(&row.key.metric);
        // Other choices, or another machine's kernel and cache, move what is exact otherwise.
        let free = match repeats {
            Repeats::Exactly => !self.choices,
            Repeats::Nearly => !self.choices && self.ways.same_machine,
            Repeats::Noisily => false,
        };
        if free {
            self.compare_values(&mut row, x, y, repeats);
            return (row, None);
        }
        if direction(&row.key.metric) == Direction::Neither {
            row.call = Call::Inconclusive("it only says how much was done".to_owned());
            return (row, None);
        }
        let place = |analysis, series| Place { analysis, series };
        match judge::measure(place(self.a, x), place(self.b, y), self.ways) {
            Ok(measured) => (filled(row, &measured), Some(measured.pair)),
            Err(why) => {
                row.call = Call::Inconclusive(why);
                (row, None)
            }
        }
    }

    fn compare_values(&self, row: &mut Row, x: &Series, y: &Series, repeats: Repeats) {
        let (found, method) = noise_free::judge(
            &x.rounds,
            &y.rounds,
            repeats,
            &row.unit,
            row.margin,
            self.band(&row.key),
        );
        row.method = method;
        if let (Some(a), Some(b)) = (row.a, row.b)
            && a > 0.0
            && b > 0.0
        {
            row.ratio = Some(b / a);
        }
        row.call = match found {
            Found::Same => Call::Equivalent,
            Found::Moved { up } => Call::moved(&row.key.metric, up),
            Found::Unclear(why) => Call::Inconclusive(why),
        };
    }
}

fn filled(mut row: Row, measured: &Measured) -> Row {
    row.method = measured.method;
    row.unit.clone_from(&measured.unit);
    row.a = Some(measured.a);
    row.b = Some(measured.b);
    row.n = measured.n;
    row.ratio = Some(measured.pair.ratio);
    (row.interval, row.level) = judge::shown(measured.pair.interval);
    row.raw_p = Some(measured.pair.p);
    row.detectable = measured.pair.detectable;
    row
}
