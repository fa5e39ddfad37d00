//! The values inside the page: every series round by round, as compact JSON that cannot end its element.
//!
//! `{"run", "started", "names", "series"}`; a series is `[subject, workload, phase, metric, unit, params, power, values]`.
//! The first six are places in `names`. A value is an integer times ten to the power; place in the list is the round,
//! and `null` a round without a value.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;

use crate::analysis::Analysis;
use crate::headline::Row;
use crate::series::{Key, Series};

/// How many times as many rounds as have a value a series may span.
const SPARSE: usize = 64;

/// What is put into the page.
pub(super) struct Embedded {
    /// Safe inside `<script>`.
    pub(super) json: String,
    /// How many series it holds.
    pub(super) series: usize,
}

/// What a quantity is worth to a reader: 0 is what the work takes, 1 what it costs beside, 2 the rest, 3 the finest.
pub(super) fn rank(key: &Key) -> u8 {
    match key.metric.as_str() {
        "time" | "durable" | "rate" | "throughput" | "latency-p50" | "latency-p99" => 0,
        "cpu" | "allocated" | "device-written" | "inodes" | "memory" | "page-cache"
        | "amplification" | "daemon-memory" => 1,
        "syscalls" | "syscalls-unsteady" => 3,
        _ => 2,
    }
}

/// Texts, each once.
#[derive(Default)]
struct Names {
    places: BTreeMap<String, usize>,
    all: Vec<String>,
    /// What they take, about.
    bytes: usize,
}

impl Names {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.all.len();
        self.places.insert(text.to_owned(), place);
        self.all.push(text.to_owned());
        self.bytes += text.len() + 3;
        place
    }
}

impl Embedded {
    /// Headline numbers first, then by rank, until no more fit into so many bytes.
    pub(super) fn new(analysis: &Analysis<'_>, rows: &[Row], most: usize) -> Self {
        let first: HashSet<&Key> = rows.iter().map(|row| &row.key).collect();
        let mut order: Vec<&Series> = analysis.series.iter().collect();
        order.sort_by_key(|s| (!first.contains(&s.key), rank(&s.key)));
        let mut names = Names::default();
        let mut kept: Vec<String> = Vec::new();
        let mut bytes = 0;
        for series in order {
            let before = names.bytes;
            let Some(one) = one(series, &mut names) else {
                continue;
            };
            bytes += one.len() + 1 + names.bytes - before;
            if bytes > most {
                break;
            }
            kept.push(one);
        }
        let run = &analysis.results.run;
        let json = format!(
            "{{\"run\":{},\"started\":{},\"names\":{},\"series\":[{}]}}",
            json!(run.id),
            json!(run.started),
            json!(names.all),
            kept.join(",")
        );
        Self {
            // `<` ends a script element early; `&` and `>` are escaped for good measure.
            json: json
                .replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026"),
            series: kept.len(),
        }
    }
}

fn one(series: &Series, names: &mut Names) -> Option<String> {
    let key = &series.key;
    let params: Vec<String> = key
        .params
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let texts = [
        &series.subject,
        &key.workload,
        &key.phase,
        &key.metric,
        &series.unit,
        &params.join(" "),
    ];
    let [subject, workload, phase, metric, unit, params] = texts.map(|text| names.place(text));
    let power = power(series);
    let last = *series.rounds.keys().next_back()?;
    // A file may number its rounds as it likes; what is nearly all gaps stays in the file.
    if usize::try_from(last).is_ok_and(|last| last > SPARSE * series.rounds.len()) {
        return None;
    }
    let values: Vec<Option<f64>> = (0..=last)
        .map(|round| series.rounds.get(&round).map(|value| scaled(*value, power)))
        .collect();
    let values: Vec<String> = values
        .into_iter()
        .map(|value| value.map_or_else(|| "null".to_owned(), |value| format!("{value:.0}")))
        .collect();
    Some(format!(
        "[{subject},{workload},{phase},{metric},{unit},{params},{power},[{}]]",
        values.join(",")
    ))
}

/// The power of ten that leaves five significant digits to the smallest value above nothing.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the magnitude of a float is small"
)]
fn power(series: &Series) -> i32 {
    let smallest = series
        .rounds
        .values()
        .map(|value| value.abs())
        .filter(|value| *value > 0.0)
        .fold(f64::INFINITY, f64::min);
    if !smallest.is_finite() {
        return 0;
    }
    let exact = series
        .rounds
        .values()
        .all(|v| v.fract() == 0.0 && v.abs() < 1e15);
    let power = smallest.log10().floor() as i32 - 4;
    // A count or a number of bytes is kept as it is; more than 300 digits would be no number to JavaScript.
    if exact { 0 } else { power.clamp(-300, 300) }
}

fn scaled(value: f64, power: i32) -> f64 {
    let scaled = if power < 0 {
        value * 10_f64.powi(-power)
    } else {
        value / 10_f64.powi(power)
    };
    if scaled.is_finite() {
        scaled.round()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Facts;

    fn series(values: &[(u32, f64)]) -> Series {
        Series {
            subject: "d@x".to_owned(),
            key: Key {
                workload: "w".to_owned(),
                phase: "p".to_owned(),
                metric: "time".to_owned(),
                params: Facts::from([("size".to_owned(), "4096".to_owned())]),
            },
            unit: "s".to_owned(),
            rounds: values.iter().copied().collect(),
            latencies: None,
            flagged: 0,
            cache: None,
        }
    }

    #[test]
    fn a_series_is_integers_and_a_power_of_ten() {
        let mut names = Names::default();
        let text = |values: &[(u32, f64)], names: &mut Names| one(&series(values), names).unwrap();
        assert_eq!(
            text(&[(0, 0.001_234_567), (2, 0.123)], &mut names),
            "[0,1,2,3,4,5,-7,[12346,null,1230000]]"
        );
        assert_eq!(
            text(&[(0, 4096.0), (1, 0.0)], &mut names),
            "[0,1,2,3,4,5,0,[4096,0]]"
        );
        assert_eq!(names.all, ["d@x", "w", "p", "time", "s", "size=4096"]);
        assert_eq!(text(&[(0, 5e-320)], &mut names), "[0,1,2,3,4,5,-300,[0]]");
    }
}
