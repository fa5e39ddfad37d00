//! The machine, the image and the settings.

use maud::{Markup, html};

use super::subjects::plain;
use crate::record::Results;

/// The section's body.
pub(super) fn section(results: &Results) -> Markup {
    let run = &results.run;
    let flagged = results
        .records
        .iter()
        .filter(|r| !r.flags.is_empty())
        .count();
    let mut flags: Vec<&str> = results
        .records
        .iter()
        .flat_map(|r| r.flags.iter().map(String::as_str))
        .collect();
    flags.sort_unstable();
    flags.dedup();
    html! {
        h3 { "Host" }
        dl.facts { @for (name, value) in &results.host { dt { (name.replace('_', " ")) } dd { (value) } } }
        h3 { "Image" }
        dl.facts { @for (name, value) in &run.image { dt { (name.replace('_', " ")) } dd { (value) } } }
        h3 { "Run" }
        dl.facts {
            dt { "layerbench" } dd { (run.version) @if !run.commit.is_empty() { " (" (run.commit) ")" } }
            dt { "started" } dd { (run.started) }
            @if let Some(end) = &results.end { dt { "took" } dd { (crate::number::alone("s", end.seconds)) } }
            dt { "command" } dd { code { (run.command_line.join(" ")) } }
            dt { "seed" } dd { (run.seed) }
            @for (name, value) in &run.config { dt { (name.replace('_', " ")) } dd { (plain(value)) } }
        }
        h3 { "Noise seen" }
        @if flagged == 0 {
            p { "No value was flagged: no steal, pressure or foreign I/O above the limits while it was measured." }
        } @else {
            p { (flagged) " of " (results.records.len()) " values were made while the machine was busy with something else. They are used like all others: dropping values by hand would be a bias of its own." }
            details { summary { "Flags" } ul { @for flag in flags.iter().take(100) { li { (flag) } } @if flags.len() > 100 { li { "and " (flags.len() - 100) " more" } } } }
        }
    }
}
