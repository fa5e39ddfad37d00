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
        (side_by_side(all))
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

/// What was asked for and what became of it, one subject a row.
fn side_by_side(all: &[Subject]) -> Markup {
    let ready = || {
        let under_test = |s: &&Subject| s.role == Role::Subject && s.support == Support::Ready;
        all.iter().filter(under_test)
    };
    let fact = |subject: &Subject, key: &str| {
        let found = subject.facts.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.clone())
    };
    html! {
        @if ready().next().is_some() {
            div.scroll tabindex="0" role="region" aria-label="Subjects side by side" {
                table.stick {
                    thead { tr { @for head in ["Subject", "Stands on", "Version", "Asked for", "Had to do without", "Changes found natively"] { th scope="col" { (head) } } } }
                    tbody {
                        @for subject in ready() {
                            tr {
                                th scope="row" { a href={ "#s-" (anchor(&subject.name)) } { (subject.name) } }
                                td { (subject.backing.as_deref().unwrap_or("–")) }
                                td { (fact(subject, "version").as_deref().unwrap_or("–")) }
                                td { @for (name, value) in &subject.options { (name) "=" (value) br; } @if subject.options.is_empty() { "defaults" } }
                                td.wide {
                                    @for (_, fallback) in subject.facts.iter().filter(|(key, _)| key == "fallback") { p { (fallback) } }
                                    @if fact(subject, "fallback").is_none() { "nothing" }
                                }
                                td.wide { (fact(subject, "native_diff").as_deref().unwrap_or("–")) }
                            }
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
        details {
            summary { "What was in effect" }
            dl.facts {
            @for (name, value) in &subject.options { dt { "option " (name) } dd { (value) } }
            @for (key, value) in subject.facts.iter().filter(|(k, _)| k != "note" && k != "fallback") {
                dt { (key) } dd { (value) }
            }
            @if let Some(control) = &subject.control { dt { "control" } dd { (control) } }
            }
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
