//! The conformance matrix: promises by subject, grouped by theme.

use maud::{Markup, html};

use super::matrix::name;
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::record::{CaseResult, Level, Outcome, Results, Subject};
use crate::summary::counts;

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>) -> Markup {
    let results = analysis.results;
    let subjects: Vec<&Subject> = asked(results);
    let mut themes: Vec<&str> = Vec::new();
    for case in &results.cases {
        if !themes.contains(&case.theme.as_str()) {
            themes.push(&case.theme);
        }
    }
    html! {
        p.lead {
            "What every driver must do, asked of the real thing. Open a case for its promise, its origin, and how to ask again. "
            @for outcome in [Outcome::Pass, Outcome::Deviates, Outcome::NotApplicable, Outcome::Fail, Outcome::Broken] {
                (badge(outcome)) " " (meaning(outcome)) ". "
            }
        }
        label.only for="only-differing" { input #only-differing type="checkbox"; "Show only cases that not all pass" }
        div.scroll tabindex="0" role="region" aria-label="Cases by subjects" {
            table.stick {
                thead {
                    tr {
                        th scope="col" { "Case" }
                        @for s in &subjects { th scope="col" { b { (name(&s.name)) } (counts(analysis, &s.name)) } }
                    }
                }
                tbody {
                    @for theme in themes {
                        tr.group { th scope="colgroup" colspan=(subjects.len() + 1) { (theme) } }
                        @for case in cases(results, theme) { (row(results, &subjects, case)) }
                    }
                }
            }
        }
    }
}

fn asked(results: &Results) -> Vec<&Subject> {
    results
        .subjects
        .iter()
        .filter(|s| results.cases.iter().any(|c| c.subject == s.name))
        .collect()
}

/// One answer of each case of a theme, in order of appearance.
fn cases<'a>(results: &'a Results, theme: &str) -> Vec<&'a CaseResult> {
    let mut found: Vec<&CaseResult> = Vec::new();
    for case in results.cases.iter().filter(|c| c.theme == theme) {
        if !found.iter().any(|known| known.case == case.case) {
            found.push(case);
        }
    }
    found
}

fn row(results: &Results, subjects: &[&Subject], case: &CaseResult) -> Markup {
    let answers: Vec<Option<&CaseResult>> = subjects
        .iter()
        .map(|s| {
            results
                .cases
                .iter()
                .find(|c| c.subject == s.name && c.case == case.case)
        })
        .collect();
    let agreed = answers
        .iter()
        .all(|a| a.is_some_and(|a| a.outcome == Outcome::Pass));
    html! {
        tr.agreed[agreed] id={ "case-" (anchor(&case.case)) } {
            th.case scope="row" {
                details {
                    summary { (case.case.replace('_', " ")) @if case.level == Level::Must { span.muted.small { " (must)" } } }
                    (explain(case, subjects, &answers))
                }
            }
            @for answer in &answers {
                td { @match answer { Some(answer) => (cell(answer)), None => { span.muted { "–" } } } }
            }
        }
    }
}

fn explain(case: &CaseResult, subjects: &[&Subject], answers: &[Option<&CaseResult>]) -> Markup {
    let told = || {
        subjects
            .iter()
            .zip(answers)
            .filter_map(|(s, a)| Some((s, (*a)?)))
            .filter(|(_, a)| a.outcome != Outcome::Pass)
    };
    html! {
        dl {
            dt { "Promise" } dd { (case.promise) }
            dt { "Origin" } dd { (case.origin) }
            dt { "Owed" } dd { (level(case.level)) }
            @if let Some(capability) = &case.capability { dt { "Turns on" } dd { code { (capability) } } }
            @for (subject, answer) in told() {
                dt { (subject.name) ": " (word(answer.outcome)) }
                @if !answer.reason.is_empty() { dd { (answer.reason) } }
                @if let Some(expected) = &answer.expected { dd { "Expected: " (expected) } }
                @if let Some(actual) = &answer.actual { dd { "Actual: " (actual) } }
                dd { code { "layerbench conform --driver " (subject.spec()) " --case " (case.case) } }
            }
            @if told().next().is_none() {
                dt { "Ask again" } dd { code { "layerbench conform --case " (case.case) } }
            }
        }
    }
}

fn cell(answer: &CaseResult) -> Markup {
    let told = matches!(
        answer.outcome,
        Outcome::Fail | Outcome::Deviates | Outcome::Broken
    );
    html! {
        (badge(answer.outcome))
        @if told && !answer.reason.is_empty() { br; span.small { (crate::charts::canvas::short(&answer.reason, 60)) } }
    }
}

fn badge(outcome: Outcome) -> Markup {
    let (class, glyph) = match outcome {
        Outcome::Pass => ("pass", "✓"),
        Outcome::Fail => ("fail", "✗"),
        Outcome::Deviates => ("deviates", "≈"),
        Outcome::NotApplicable => ("not-applicable", "–"),
        Outcome::Broken => ("broken", "!"),
    };
    html! { span class={ "v " (class) } { (glyph) " " (word(outcome)) } }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "FAIL",
        Outcome::Deviates => "deviates",
        Outcome::NotApplicable => "n/a",
        Outcome::Broken => "broken",
    }
}

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "the promise holds",
        Outcome::Fail => "it does not",
        Outcome::Deviates => "it differs as the driver declares",
        Outcome::NotApplicable => "it cannot be asked here",
        Outcome::Broken => "asking went wrong",
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must: containers break without it",
        Level::Should => "should: expected, but drivers are known to differ",
        Level::Informs => "informs: worth knowing",
    }
}
