//! Bencher Metric Format (bencher.dev/docs/reference/bencher-metric-format): benchmarks by name, each with measures.

use serde_json::{Map, Value, json};

use super::number::numbers;
use crate::error::{Error, ErrorKind, Result};
use crate::record::Results;
use crate::trend::Filter;

/// The longest name of a benchmark, in characters.
const LONGEST: usize = 1024;

/// The numbers as JSON. A measure is named after metric and unit (`time-seconds`); its lower and upper value are the ends
/// of the 95 % interval.
///
/// # Errors
/// `BadInput` when a number cannot be written as JSON.
pub fn json(results: &Results, filter: &Filter) -> Result<String> {
    let mut benchmarks = Map::new();
    for one in numbers(results, filter) {
        let name: String = one.name().chars().take(LONGEST).collect();
        let mut measure = json!({ "value": one.value });
        if let Some((low, high)) = one.interval {
            measure["lower_value"] = low.into();
            measure["upper_value"] = high.into();
        }
        let measures = benchmarks
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
        measures[slug(&one.key.metric, &one.unit)] = measure;
    }
    pretty(&Value::Object(benchmarks))
}

fn slug(metric: &str, unit: &str) -> String {
    let unit = match unit {
        "s" => "-seconds",
        "B" => "-bytes",
        "B/s" => "-bytes-per-second",
        "1/s" => "-per-second",
        _ => "",
    };
    format!("{metric}{unit}")
}

/// Indented, with a newline at the end.
pub(super) fn pretty(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Error::new(ErrorKind::BadInput, format!("write the numbers: {e}")))?;
    Ok(text + "\n")
}
