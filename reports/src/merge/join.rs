//! The merging: subjects renamed where they would be mistaken for one another, rounds and cells numbered on, so that nothing
//! of one run is ever paired with anything of another.

use std::collections::{BTreeMap, BTreeSet};

use super::label::labels;
use super::part::Part;
use crate::error::{Error, ErrorKind, Result};
use crate::record::{End, Facts, Line, Results, SCHEMA, Subject, WorkloadInfo};

/// Several runs as one; one run is itself.
///
/// Each subject keeps its own control, and rounds are numbered on from run to run: pairs exist only within a run. What the
/// runs have in common (host, image, settings) is that of the whole, the rest is told in the parts.
///
/// # Errors
/// `BadInput` for no run, and for the same run twice.
pub fn merge(mut runs: Vec<Results>) -> Result<Results> {
    // What was merged before is merged anew, part by part.
    let mut flat = Vec::new();
    for mut run in runs.drain(..) {
        if run.parts.is_empty() {
            flat.push(run);
        } else {
            flat.extend(run.parts.drain(..).map(|part| part.results));
        }
    }
    if flat.len() <= 1 {
        return flat
            .pop()
            .ok_or_else(|| Error::new(ErrorKind::BadInput, "merge runs: there is none"));
    }
    for (at, run) in flat.iter().enumerate() {
        if flat[..at].contains(run) {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!(
                    "merge runs: the run of {} is named twice; name each once",
                    run.run.started
                ),
            ));
        }
    }
    let labels = labels(&flat);
    let places: BTreeSet<(Option<&String>, Option<&String>)> = flat.iter().map(place).collect();
    let elsewhere = places.len() > 1;
    let often: BTreeSet<String> = repeated(&flat);
    let parts: Vec<Part> = flat
        .into_iter()
        .zip(labels)
        .map(|(results, label)| {
            let named = |name: &String| {
                if elsewhere || often.contains(name) {
                    format!("{name} ({label})")
                } else {
                    name.clone()
                }
            };
            let names = results
                .subjects
                .iter()
                .map(|s| (s.name.clone(), named(&s.name)))
                .collect();
            Part {
                label,
                results,
                names,
            }
        })
        .collect();
    let mut merged = head(&parts);
    let mut shift = Shift::default();
    for part in &parts {
        shift = add(&mut merged, part, shift);
    }
    merged.subjects = subjects(&parts);
    merged.parts = parts;
    Ok(merged)
}

fn place(run: &Results) -> (Option<&String>, Option<&String>) {
    (run.host.get("kernel"), run.host.get("fingerprint"))
}

/// Names of subjects that more than one run has.
fn repeated(runs: &[Results]) -> BTreeSet<String> {
    let mut count: BTreeMap<&String, usize> = BTreeMap::new();
    for subject in runs.iter().flat_map(|run| &run.subjects) {
        *count.entry(&subject.name).or_default() += 1;
    }
    count
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|(name, _)| name.clone())
        .collect()
}

/// What is said once of all.
fn head(parts: &[Part]) -> Results {
    let all = |of: fn(&Results) -> &Facts| {
        let mut facts = parts.iter().map(|part| of(&part.results));
        let first = facts.next().cloned().unwrap_or_default();
        facts.fold(first, |mut common, own| {
            common.retain(|name, value| own.get(name) == Some(value));
            common
        })
    };
    let same = |of: fn(&Results) -> &str| {
        let first = parts.first().map(|part| of(&part.results));
        let agreed = parts.iter().all(|part| Some(of(&part.results)) == first);
        agreed.then_some(first).flatten().map(str::to_owned)
    };
    let mut merged = Results {
        schema: SCHEMA,
        host: all(|run| &run.host),
        ..Results::default()
    };
    let first = parts.first().map(|part| &part.results.run);
    merged.run.schema = SCHEMA;
    merged.run.version =
        same(|run| &run.run.version).unwrap_or_else(|| "of several versions".to_owned());
    merged.run.commit = same(|run| &run.run.commit).unwrap_or_default();
    merged.run.seed = first.map_or(0, |run| run.seed);
    merged.run.profile = same(|run| &run.run.profile).unwrap_or_else(|| "several".to_owned());
    merged.run.rounds = parts.iter().map(|part| part.results.run.rounds).sum();
    merged.run.started = parts
        .iter()
        .map(|part| part.results.run.started.clone())
        .max()
        .unwrap_or_default();
    merged.run.image = all(|run| &run.run.image);
    if let Some(first) = first {
        merged.run.config = first.config.clone();
        merged.run.config.retain(|name, value| {
            parts
                .iter()
                .all(|part| part.results.run.config.get(name) == Some(value))
        });
    }
    merged.run.workloads = workloads(parts);
    let ends: Option<Vec<&End>> = parts.iter().map(|part| part.results.end.as_ref()).collect();
    merged.end = ends.map(|ends| End {
        seconds: ends.iter().map(|end| end.seconds).sum(),
        interrupted: ends.iter().any(|end| end.interrupted),
    });
    merged
}

fn workloads(parts: &[Part]) -> Vec<WorkloadInfo> {
    let mut all: Vec<WorkloadInfo> = Vec::new();
    for own in parts.iter().flat_map(|part| &part.results.run.workloads) {
        if !all.iter().any(|known| known.name == own.name) {
            all.push(own.clone());
        }
    }
    all
}

/// Kin side by side, in the order in which each was first named.
fn subjects(parts: &[Part]) -> Vec<Subject> {
    let mut specs: Vec<(String, Option<String>)> = Vec::new();
    let key = |s: &Subject| (s.spec(), s.twin_of.clone());
    for subject in parts.iter().flat_map(|part| &part.results.subjects) {
        if !specs.contains(&key(subject)) {
            specs.push(key(subject));
        }
    }
    let mut all = Vec::new();
    for spec in specs {
        for part in parts {
            let own = part.results.subjects.iter().filter(|s| key(s) == spec);
            all.extend(own.map(|subject| {
                let mut subject = subject.clone();
                subject.name = part.name(&subject.name);
                subject.control = subject.control.map(|name| part.name(&name));
                subject.twin_of = subject.twin_of.map(|name| part.name(&name));
                subject
            }));
        }
    }
    all
}

/// Where the numbers of the next run begin.
#[derive(Debug, Clone, Copy, Default)]
struct Shift {
    round: u32,
    cell: u32,
}

/// Puts a run's lines in; gives where the next one's numbers begin.
fn add(merged: &mut Results, part: &Part, shift: Shift) -> Shift {
    let run = &part.results;
    let mut next = Shift {
        round: shift.round.saturating_add(run.run.rounds),
        cell: shift.cell,
    };
    let mut round = |own: u32| {
        let moved = shift.round.saturating_add(own);
        next.round = next.round.max(moved.saturating_add(1));
        moved
    };
    for cell in &run.cells {
        let mut cell = cell.clone();
        cell.id = shift.cell.saturating_add(cell.id);
        cell.round = round(cell.round);
        cell.subject = part.name(&cell.subject);
        cell.predecessor = cell.predecessor.map(|name| part.name(&name));
        next.cell = next.cell.max(cell.id.saturating_add(1));
        merged.push(Line::Cell(cell));
    }
    for block in &run.blocks {
        let mut block = block.clone();
        block.round = round(block.round);
        block.repeats = round(block.repeats);
        merged.push(Line::Block(block));
    }
    for record in &run.records {
        let mut record = record.clone();
        record.round = round(record.round);
        record.cell = record.cell.map(|cell| shift.cell.saturating_add(cell));
        record.subject = part.name(&record.subject);
        merged.push(Line::Record(record));
    }
    for case in &run.cases {
        let mut case = case.clone();
        case.subject = part.name(&case.subject);
        merged.push(Line::Case(case));
    }
    for dnf in &run.dnf {
        let mut dnf = dnf.clone();
        dnf.round = dnf.round.map(&mut round);
        dnf.subject = part.name(&dnf.subject);
        merged.push(Line::Dnf(dnf));
    }
    next
}
