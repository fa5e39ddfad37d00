//! The subjects: what was in effect, what each had to do without, and who could not run.

use maud::{Markup, html};

use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::record::{Role, Subject, Support};

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>) -> Markup {
    let all = &analysis.results.subjects;
    let missing = || {
        all.iter().filter_map(|s| match &s.support {
            Support::Missing { what, fix, reason } => Some((s, reason, what, fix)),
            Support::Ready => None,
        })
    };
    html! {
        p.lead { "A subject is a driver, what it stands on, and its options. Listed is what was in effect, not only what was asked for." }
        @for subject in all.iter().filter(|s| s.support == Support::Ready) { (one(subject)) }
        @if missing().next().is_some() {
            h3 { "Could not run here" }
            div.scroll tabindex="0" role="region" aria-label="Could not run here" {
                table {
                    thead { tr { th scope="col" { "Subject" } th scope="col" { "Lacking" } th scope="col" { "What mends it" } } }
                    tbody {
                        @for (subject, reason, what, fix) in missing() {
                            tr { th scope="row" { (subject.name) } td { (what) " " span.muted { "(" (reason) ")" } } td { code { (fix) } } }
                        }
                    }
                }
            }
        }
    }
}

fn one(subject: &Subject) -> Markup {
    let kept = |key: &'static str| subject.facts.iter().filter(move |(k, _)| k == key);
    html! {
        h3 id={ "s-" (anchor(&subject.name)) } {
            (subject.name)
            @match subject.role {
                Role::Subject => {}
                Role::Control => { span.muted.small { " control: the same work in a plain directory" } }
                Role::Twin => { span.muted.small { " twin of " (subject.twin_of.as_deref().unwrap_or("?")) ": what differs is noise" } }
            }
        }
        @for (_, note) in kept("note") { p.note { (note) } }
        @for (_, fallback) in kept("fallback") { p.note { strong { "Fall-back: " } (fallback) } }
        dl.facts {
            @for (name, value) in &subject.options { dt { "option " (name) } dd { (value) } }
            @for (key, value) in subject.facts.iter().filter(|(k, _)| k != "note" && k != "fallback") {
                dt { (key) } dd { (value) }
            }
            @if let Some(control) = &subject.control { dt { "control" } dd { (control) } }
        }
        @if !subject.capabilities.is_empty() {
            details {
                summary { "Declared capabilities" }
                dl.facts { @for (name, value) in &subject.capabilities { dt { (name.replace('_', " ")) } dd { (plain(value)) } } }
            }
        }
    }
}

/// A JSON value as a reader says it.
pub(super) fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        serde_json::Value::Bool(true) => "yes".to_owned(),
        serde_json::Value::Bool(false) => "no".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
