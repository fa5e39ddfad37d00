//! What the page should say, worked out anew from the text of results.json with nothing of the library but the meaning of
//! words: medians, Hodges-Lehmann ratios, the exact interval of the signed-rank test.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values by round, of one subject and one thing.
pub(crate) type Rounds = BTreeMap<u64, f64>;

/// A subject, and the workload, phase, metric and parameters of what it did.
pub(crate) type Name = (String, String, String, String, BTreeMap<String, String>);

/// The records of results.json.
pub(crate) struct Truth {
    pub(crate) series: BTreeMap<Name, Rounds>,
    pub(crate) units: BTreeMap<Name, String>,
}

impl Truth {
    pub(crate) fn new(json: &str) -> Self {
        let file: Value = serde_json::from_str(json).unwrap();
        let mut truth = Self {
            series: BTreeMap::new(),
            units: BTreeMap::new(),
        };
        for record in file["records"].as_array().unwrap() {
            let word = |field: &str| record[field].as_str().unwrap().to_owned();
            let params = record["params"].as_object().into_iter().flatten();
            let name = (
                word("subject"),
                word("workload"),
                word("phase"),
                word("metric"),
                params
                    .map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()))
                    .collect(),
            );
            truth.units.insert(name.clone(), word("unit"));
            let round = record["round"].as_u64().unwrap();
            let before = truth
                .series
                .entry(name)
                .or_default()
                .insert(round, record["value"].as_f64().unwrap());
            assert!(before.is_none(), "the made-up runs have one value a round");
        }
        truth
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        (values[half - 1] + values[half]) / 2.0
    }
}

/// How many times as much as the other, with the ends of the 95 % interval.
pub(crate) fn ratio(of: &Rounds, other: &Rounds) -> Option<[f64; 3]> {
    let logs: Vec<f64> = of
        .iter()
        .filter_map(|(round, value)| Some((value / other.get(round)?).ln()))
        .collect();
    let n = logs.len();
    if n < 6 {
        return None;
    }
    let mut means = Vec::new();
    for (at, a) in logs.iter().enumerate() {
        means.extend(logs[at..].iter().map(|b| (a + b) / 2.0));
    }
    means.sort_by(f64::total_cmp);
    // How many of the 2^n choices of positive ranks have each sum.
    let most = n * (n + 1) / 2;
    let mut ways = vec![0.0_f64; most + 1];
    ways[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..=most).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let all: f64 = ways.iter().sum();
    // The true centre is below the k-th mean as often as a sum is below k: at most 2.5 % of the time.
    let mut below = 0.0;
    let mut k = 0;
    for way in &ways {
        below += way / all;
        if below > 0.025 {
            break;
        }
        k += 1;
    }
    let (low, high) = (means[k - 1], means[means.len() - k]);
    Some([median(means).exp(), low.exp(), high.exp()])
}

/// Two-sided p of "the ratio is 1": every choice of signs is as likely, counted for whole ranks (made-up values have no ties).
pub(crate) fn p_value(of: &Rounds, other: &Rounds) -> f64 {
    let mut logs: Vec<f64> = of
        .iter()
        .filter_map(|(round, value)| Some((value / other.get(round)?).ln()))
        .filter(|log| *log != 0.0)
        .collect();
    logs.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = logs.len();
    let most = n * (n + 1) / 2;
    let ranked = (1..).zip(&logs).filter(|(_, log)| **log > 0.0);
    let positive: usize = ranked.map(|(rank, _)| rank).sum();
    let mut ways = vec![0.0_f64; most + 1];
    ways[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..=most).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let tail: f64 = ways[..=positive.min(most - positive)].iter().sum();
    (2.0 * tail / ways.iter().sum::<f64>()).min(1.0)
}

/// After Benjamini and Hochberg: the least, over all p values at least as large, of p times their number over its place.
pub(crate) fn adjust(p: &[f64]) -> Vec<f64> {
    let place = |value: f64| p.iter().filter(|other| **other <= value).count() as f64;
    let one = |value: &f64| {
        let larger = p.iter().filter(|other| *other >= value);
        let scaled = larger.map(|other| other * p.len() as f64 / place(*other));
        scaled.fold(1.0, f64::min)
    };
    p.iter().map(one).collect()
}

/// Three significant digits of a value, as a number.
pub(crate) fn shown(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    format!("{value:.2e}").parse().unwrap()
}

/// How much a unit that stands in the page is in the records' unit.
pub(crate) fn size_of(unit: &str) -> f64 {
    let bytes = |unit: &str| match unit {
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        _ => 1.0,
    };
    match unit {
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        other => bytes(other.trim_end_matches("/s")),
    }
}

/// Whether two numbers are the same to three digits: a value on the edge may round either way.
pub(crate) fn same(seen: f64, value: f64) -> bool {
    let wanted = shown(value);
    (seen - wanted).abs() <= wanted.abs() * 1e-9
        || (seen - value).abs() <= value.abs() * 0.0051 && on_the_edge(value)
}

/// Whether a value lies so near the middle between two neighbours of three digits that the last bit decides.
fn on_the_edge(value: f64) -> bool {
    let step = 10_f64.powf(value.abs().log10().floor() - 2.0);
    ((value.abs() / step).fract() - 0.5).abs() < 1e-6
}
