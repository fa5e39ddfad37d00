//! github-action-benchmark's custom JSON: a list of name, unit, value, range and extra. The action compares each value with
//! the last one of the same name, so that metric and parameters are part of the name.

use serde_json::{Value, json};

use super::bencher::pretty;
use super::number::numbers;
use crate::error::Result;
use crate::metric;
use crate::number::three;
use crate::record::Results;
use crate::trend::Filter;

/// The numbers that are better in one direction, as JSON.
///
/// # Errors
/// `BadInput` when a number cannot be written as JSON.
pub fn json(results: &Results, filter: &Filter, better: metric::Direction) -> Result<String> {
    let list: Vec<Value> = numbers(results, filter)
        .into_iter()
        .filter(|one| metric::direction(&one.key.metric) == better)
        .map(|one| {
            let mut value = json!({
                "name": format!("{}: {}", one.name(), one.key.metric),
                "unit": unit(&one.unit),
                "value": one.value,
                "extra": format!("median of {} rounds", one.rounds),
            });
            if let Some((low, high)) = one.interval {
                value["range"] = format!("{} to {}", three(low), three(high)).into();
            }
            if let Some(pair) = &one.ratio {
                value["extra"] = format!(
                    "median of {} rounds, {}x the plain directory",
                    one.rounds,
                    three(pair.ratio)
                )
                .into();
            }
            value
        })
        .collect();
    pretty(&Value::Array(list))
}

/// A count has no unit, but the action wants one.
fn unit(unit: &str) -> &str {
    if unit == "1" { "count" } else { unit }
}
