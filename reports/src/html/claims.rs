//! Published statements and what this host says of them.

use maud::{Markup, html};

use super::matrix::name;
use crate::claims::judge::Counts;
use crate::claims::page::asked;
use crate::claims::show::number;
use crate::claims::{Answer, Finding, Verdict};
use crate::record::Results;

/// Whether there is anything to show: a run that decides no statement needs no list of forty.
pub(super) fn any(answers: &[Answer]) -> bool {
    answers.iter().any(|answer| answer.verdict.decides())
}

/// The section's body.
pub(super) fn section(results: &Results, answers: &[Answer]) -> Markup {
    html! {
        p.lead {
            "What is published about storage drivers, in our words, and whether it holds here: " (Counts::of(answers).words()) ". "
            "A statement holds if all its parts do on every subject it is about. Open one for its source, how it was asked, and the evidence."
        }
        label.only for="only-decided" { input #only-decided type="checkbox"; "Show only what was confirmed or refuted" }
        div.scroll tabindex="0" role="region" aria-label="Statements" {
            table.claims {
                thead { tr { th.n scope="col" { "No." } th scope="col" { "Statement" } th scope="col" { "Here" } th scope="col" { "By subject" } } }
                tbody { @for answer in answers { (row(answer)) } }
            }
        }
        p.small.muted {
            "Asked of this run alone, " (results.run.rounds) " rounds. A number decides when its whole 95 % interval lies inside, or outside, of what is stated; "
            "what noise cannot move counts once. " code { "layerbench claims --details" } " prints the same."
        }
    }
}

fn row(answer: &Answer) -> Markup {
    let claim = answer.claim;
    html! {
        tr.undecided[!answer.verdict.decides()] id={ "claim-" (claim.number) } {
            td.n { (claim.number) }
            th.case scope="row" {
                details {
                    summary { (claim.statement) }
                    dl {
                        dt { "From" } dd { (claim.source) }
                        @if !claim.parts.is_empty() {
                            dt { "Asked" }
                            @for part in claim.parts { dd { (asked(part)) } }
                        }
                        @if !claim.note.is_empty() { dt { "Note" } dd { (claim.note) } }
                        @if !answer.command.is_empty() { dt { "Would answer it" } dd { code { (answer.command) } } }
                        @for finding in &answer.findings { (evidence(finding)) }
                    }
                }
            }
            td { (badge(answer.verdict)) @if !answer.reason.is_empty() { br; span.small { (answer.reason) } } }
            td { @for finding in answer.findings.iter().filter(|f| f.verdict.decides()) { (line(finding)) } }
        }
    }
}

fn who(finding: &Finding) -> Markup {
    html! {
        (name(&finding.subject))
        @if let Some(other) = &finding.other { " against " (name(other)) }
    }
}

fn line(finding: &Finding) -> Markup {
    html! {
        div.small {
            (finding.verdict.glyph()) " " (who(finding))
            @if let Some(found) = &finding.number { ": " (number(found)) }
        }
    }
}

fn evidence(finding: &Finding) -> Markup {
    html! {
        dt { (who(finding)) ": " (finding.verdict.word()) }
        @if let Some(found) = &finding.number { dd { (number(found)) "; confirmed by " (finding.check.rule()) } }
        @if !finding.reason.is_empty() { dd { (finding.reason) } }
        @for told in finding.evidence.iter().chain(&finding.cautions) { dd.muted { (told) } }
    }
}

fn badge(verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Confirmed => "pass",
        Verdict::Refuted => "fail",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotApplicable => "not-applicable",
    };
    html! { span class={ "v " (class) } { (verdict.glyph()) " " (verdict.word()) } }
}
