//! The machine, the image and the settings.

use maud::{Markup, html};
use serde_json::Value;

use super::subjects::plain;
use crate::record::{Facts, Results};

/// Facts of the host by what they are about; the rest goes under the last heading.
const HOST: [(&str, &[&str]); 4] = [
    (
        "Machine",
        &[
            "cpu",
            "cores",
            "architecture",
            "smt",
            "memory",
            "swap",
            "virtual_machine",
            "mitigations",
            "clock",
        ],
    ),
    (
        "System",
        &[
            "kernel",
            "distribution",
            "user_namespace",
            "load_at_start",
            "boot",
            "fingerprint",
        ],
    ),
    (
        "Disk",
        &[
            "disk_device",
            "disk_kind",
            "disk_filesystem",
            "disk_options",
            "disk_free",
            "disk_rotational",
            "disk_scheduler",
            "disk_write_cache",
        ],
    ),
    ("More of the host", &[]),
];

/// The section's body.
pub(super) fn section(results: &Results) -> Markup {
    let run = &results.run;
    html! {
        div.columns {
            @for (title, names) in HOST { (host(&results.host, title, names)) }
            @if !run.image.is_empty() {
                div {
                    h3 { "Image" }
                    dl.facts { @for (name, value) in &run.image { dt { (words(name)) } dd { (value) } } }
                }
            }
            div {
                h3 { "Run" }
                dl.facts {
                    @if !run.id.is_empty() { dt { "run" } dd { (run.id) } }
                    dt { "layerbench" } dd { (run.version) @if !run.commit.is_empty() { " (" (run.commit) ")" } }
                    dt { "started" } dd { (run.started) }
                    @if let Some(end) = &results.end { dt { "took" } dd { (crate::number::alone("s", end.seconds)) } }
                    @for (name, value) in run.config.iter().filter(|(_, value)| !nested(value) && !value.is_null()) { dt { (words(name)) } dd { (plain(value)) } }
                }
            }
        }
        h3 { "To run it again" }
        p { code { (run.command_line.join(" ")) } }
        p.small {
            "The seed is " (run.seed) ". Everything random comes from it: the image, the order of cells, the bootstrap."
            @if let Some(digest) = run.image.get("config_digest") { " The image is the same one if its configuration's digest is " code { (digest) } "." }
        }
        @for (name, value) in run.config.iter().filter(|(_, value)| nested(value)) {
            details { summary { "Settings: " (words(name)) } (settings(value)) }
        }
        (noise(results))
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Whether a value is an object with something in it.
fn nested(value: &Value) -> bool {
    value.is_object()
}

fn settings(value: &Value) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in value.as_object().into_iter().flatten() { dt { (words(name)) } dd { (plain(value)) } }
        }
    }
}

fn host(facts: &Facts, title: &str, names: &[&str]) -> Markup {
    let named = |name: &str| HOST.iter().any(|(_, names)| names.contains(&name));
    let shown: Vec<(&str, &str)> = if names.is_empty() {
        facts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !named(name))
            .collect()
    } else {
        names
            .iter()
            .filter_map(|name| Some((*name, facts.get(*name)?.as_str())))
            .collect()
    };
    html! {
        @if !shown.is_empty() {
            div {
                h3 { (title) }
                dl.facts { @for (name, value) in shown { dt { (words(name.strip_prefix("disk_").unwrap_or(name))) } dd { (value) } } }
            }
        }
    }
}

fn noise(results: &Results) -> Markup {
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
        h3 { "Noise seen" }
        @if results.records.is_empty() {
            p { "Nothing was measured in this run." }
        } @else if flagged == 0 {
            p { "No value was flagged: no steal, pressure or foreign I/O above the limits while it was measured." }
        } @else {
            p { (flagged) " of " (results.records.len()) " values were made while the machine was busy with something else. They are used like all others: dropping values by hand would be a bias of its own." }
            details { summary { "Flags" } ul { @for flag in flags.iter().take(100) { li { (flag) } } @if flags.len() > 100 { li { "and " (flags.len() - 100) " more" } } } }
        }
    }
}
