//! What a quantity does as the number it was measured with grows: layers, containers, files, threads. Both axes logarithmic.
//!
//! It draws phases that were measured with three values or more of one parameter, the others being the same; headline
//! numbers come first. First and second writes by size have a chart of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::Axis;
use super::chart::{Chart, Figure, Scene, Worth};
use super::curves::{self, Curve, MOST, Plot};
use super::panel;
use crate::error::Result;
use crate::metric::words;
use crate::number::{Scale, alone, size};
use crate::series::Key;
use crate::table::Table;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "growth",
    question: "How does the cost grow?",
    first: true,
    worth: Worth::Further,
    in_matrix: false,
    draw,
};

/// Fewer values make no curve.
const VALUES: usize = 3;

/// A quantity by one of its parameters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Family {
    /// The key without the parameter.
    key: Key,
    /// Its name.
    parameter: String,
}

impl Family {
    /// Every way to see a key as one of a family, with the value of the parameter.
    fn all(key: &Key) -> impl Iterator<Item = (Self, u64)> {
        key.params.iter().filter_map(|(parameter, value)| {
            let value: u64 = value.parse().ok().filter(|value| *value > 0)?;
            let by_size = parameter == "size"
                && (key.phase.ends_with("-first") || key.phase.ends_with("-second"));
            if by_size {
                return None;
            }
            let mut key = key.clone();
            key.params.remove(parameter);
            let parameter = parameter.clone();
            Some((Self { key, parameter }, value))
        })
    }

    fn with(&self, value: u64) -> Key {
        let mut key = self.key.clone();
        key.params.insert(self.parameter.clone(), value.to_string());
        key
    }

    fn value_text(&self, value: u64) -> String {
        if self.parameter == "size" {
            size(&value.to_string())
        } else {
            value.to_string()
        }
    }

    /// `total, wall time by parallel (cache warm)`.
    fn title(&self) -> String {
        let params = self.key.params_text();
        let given = if params.is_empty() {
            String::new()
        } else {
            format!(" ({params})")
        };
        format!(
            "{}: {} by {}{given}",
            self.key.phase,
            words(&self.key.metric),
            self.parameter
        )
    }
}

/// One plot's numbers.
struct Found {
    family: Family,
    unit: String,
    values: BTreeSet<u64>,
    lines: Vec<(String, Option<usize>, BTreeMap<u64, f64>)>,
}

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let found: Vec<Found> = families(scene, workload)
        .into_iter()
        .filter_map(|(family, values)| find(scene, family, values))
        .take(MOST)
        .collect();
    if found.is_empty() {
        return Ok(None);
    }
    let plots: Vec<Plot> = found.iter().map(plot).collect();
    let table = table(&found);
    let description: Vec<String> = found.iter().map(describe).collect();
    let svg = curves::draw(
        &format!("{workload}-growth"),
        &format!("{workload}: growth"),
        &description.join(" "),
        &plots,
    )?;
    Ok(Some(Figure {
        svg,
        caption: "Medians; both axes are logarithmic, so that a straight line is a power and a flat one does not grow. Less is better unless the title names a rate. \
                  The grey line is the control."
            .to_owned(),
        table,
    }))
}

/// The families of a workload that have enough values, those of headline numbers first.
fn families(scene: &Scene<'_>, workload: &str) -> Vec<(Family, BTreeSet<u64>)> {
    let shown: Vec<&Key> = scene.of(workload).map(|row| &row.key).collect();
    let subjects: Vec<&str> = scene
        .analysis
        .subjects()
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let metrics: BTreeSet<&str> = shown
        .iter()
        .map(|key| key.metric.as_str())
        .chain(["time"])
        .collect();
    let mut values: BTreeMap<Family, BTreeSet<u64>> = BTreeMap::new();
    for series in &scene.analysis.series {
        let key = &series.key;
        if key.workload == workload
            && metrics.contains(key.metric.as_str())
            && subjects.contains(&series.subject.as_str())
        {
            for (family, value) in Family::all(key) {
                values.entry(family).or_default().insert(value);
            }
        }
    }
    let mut found: Vec<(Family, BTreeSet<u64>)> = values
        .into_iter()
        .filter(|(_, values)| values.len() >= VALUES)
        .collect();
    let place = |family: &Family, values: &BTreeSet<u64>| {
        let own = |key: &&Key| values.iter().any(|value| family.with(*value) == **key);
        shown.iter().position(own).unwrap_or(shown.len())
    };
    found.sort_by_key(|(family, values)| place(family, values));
    found
}

fn find(scene: &Scene<'_>, family: Family, values: BTreeSet<u64>) -> Option<Found> {
    let analysis = scene.analysis;
    let colours = (0..).map(Some);
    let controls = analysis.controls().into_iter().zip(std::iter::repeat(None));
    let mut unit = String::new();
    let mut lines = Vec::new();
    for (subject, colour) in analysis.subjects().into_iter().zip(colours).chain(controls) {
        let mut points = BTreeMap::new();
        for value in &values {
            if let Some(series) = analysis.get(&subject.name, &family.with(*value))
                && series.median() > 0.0
            {
                unit.clone_from(&series.unit);
                points.insert(*value, series.median());
            }
        }
        if points.len() > 1 {
            lines.push((subject.name.clone(), colour, points));
        }
    }
    let any = lines.iter().any(|(_, colour, _)| colour.is_some());
    any.then_some(Found {
        family,
        unit,
        values,
        lines,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes below 2^53")]
fn plot(found: &Found) -> Plot {
    let all = found
        .lines
        .iter()
        .flat_map(|(_, _, points)| points.values().copied());
    Plot {
        title: found.family.title(),
        curves: found
            .lines
            .iter()
            .map(|(name, colour, points)| Curve {
                name: name.clone(),
                colour: *colour,
                points: points
                    .iter()
                    .map(|(at, value)| (*at as f64, *value))
                    .collect(),
                marked: true,
            })
            .collect(),
        x: Axis::logarithmic(found.values.iter().map(|value| *value as f64)),
        y: Axis::of(&found.unit, all),
        ticks: found
            .values
            .iter()
            .map(|value| (*value as f64, found.family.value_text(*value)))
            .collect(),
        below: found.family.parameter.clone(),
        unit: found.unit.clone(),
    }
}

/// What each has at its largest step.
fn describe(found: &Found) -> String {
    let last = found.lines.iter().filter_map(|(name, colour, points)| {
        colour
            .and(points.last_key_value())
            .map(|(_, value)| (name.as_str(), *value))
    });
    panel::ends(&found.family.title(), last, |value| {
        alone(&found.unit, value)
    })
}

/// Each cell names its step: the plots do not share them.
fn table(found: &[Found]) -> Table {
    let most = found.iter().map(|found| found.values.len()).max();
    let steps: Vec<String> = (1..=most.unwrap_or(0))
        .map(|step| format!("step {step}"))
        .collect();
    let head: Vec<&str> = std::iter::once("who")
        .chain(steps.iter().map(String::as_str))
        .collect();
    let rows = found.iter().flat_map(|found| {
        let lines = found.lines.iter();
        let medians = lines
            .clone()
            .flat_map(|(_, _, points)| points.values().copied());
        let scale = Scale::of(&found.unit, medians);
        lines.map(move |(name, _, points)| {
            let cell = |value: &u64| {
                let of = found.family.value_text(*value);
                let median = points.get(value);
                median.map_or_else(String::new, |median| {
                    format!("{of}: {}", scale.number(*median))
                })
            };
            let who = std::iter::once(name.clone());
            let cells = who.chain(found.values.iter().map(cell)).collect();
            let unit = if scale.unit.is_empty() { "" } else { ", " };
            (
                format!("{}{unit}{}", found.family.title(), scale.unit),
                cells,
            )
        })
    });
    panel::grouped(&head, rows)
}
