//! How times grow with the work: all that an emulated run says of time, with the real runs beside it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::matrix::name;
use crate::merge::growth::{Growth, Line, growths};
use crate::record::{Results, Subject};

/// The section's body; `None` where nothing is emulated, or nothing was done in three sizes.
pub(super) fn section(results: &Results) -> Option<Markup> {
    let lines = growths(results);
    let has = |s: &&Subject| lines.values().any(|l| l.contains_key(&s.name));
    let subjects: Vec<&Subject> = results
        .subjects
        .iter()
        .filter(|s| s.twin_of.is_none())
        .filter(has)
        .collect();
    (!subjects.is_empty()).then(|| table(&lines, &subjects))
}

fn table(lines: &BTreeMap<Line, BTreeMap<String, Growth>>, subjects: &[&Subject]) -> Markup {
    html! {
        p.lead {
            "An emulated processor takes many times as long, but for small and large work alike: how a time grows is left. "
            "Each number is the exponent of a power law through the medians: 0 means that the size does not matter, 1 that twice the work takes twice the time."
        }
        div.scroll tabindex="0" role="region" aria-label="How times grow" {
            table.stick.growth {
                caption { "Exponents; in brackets over how many sizes." }
                thead { tr { th scope="col" { "Work" } th scope="col" { "With" } @for s in subjects { th.n scope="col" { b { (name(&s.name)) } } } } }
                tbody { @for (line, by_subject) in lines { (row(line, by_subject, subjects)) } }
            }
        }
    }
}

fn row(line: &Line, by_subject: &BTreeMap<String, Growth>, subjects: &[&Subject]) -> Markup {
    let rest: Vec<String> = line.rest.iter().map(|(n, v)| format!("{n} {v}")).collect();
    html! {
        tr {
            th scope="row" {
                (line.workload) ": " (line.phase)
                @if !rest.is_empty() { br; span.muted.small { (rest.join(", ")) } }
            }
            td { (line.param) }
            @for subject in subjects {
                td.n {
                    @match by_subject.get(&subject.name) {
                        Some(growth) => { (format!("{:.2}", growth.exponent)) span.muted.small { " (" (growth.points) ")" } }
                        None => { span.muted { "–" } }
                    }
                }
            }
        }
    }
}
