//! The answers for a terminal and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::judge::{Answer, Counts, Finding};
use super::number::{Number, Quantity};
use super::page::{asked, told};
use super::verdict::Verdict;
use crate::error::{Error, ErrorKind, Result};
use crate::record::Results;
use crate::table::plain;

/// `12.5x [11.9, 13.0], n = 12`.
pub fn number(number: &Number) -> String {
    let show = |value| Quantity::show(&number.unit, value);
    if number.steady {
        return format!("{}, n = {}, counted", show(number.estimate), number.n);
    }
    format!(
        "{} [{}, {}], n = {}",
        show(number.estimate),
        show(number.low),
        show(number.high),
        number.n
    )
}

/// The answers, one after the other; `whole` with source, rule and evidence.
pub fn text(results: &Results, answers: &[Answer], whole: bool) -> String {
    let mut text = String::new();
    for answer in answers {
        let claim = answer.claim;
        let _ = writeln!(
            text,
            "{} {:>2} {}: {}",
            answer.verdict.glyph(),
            claim.number,
            answer.verdict.word(),
            claim.statement
        );
        if whole {
            let _ = writeln!(text, "     {}", claim.name);
            let _ = writeln!(text, "     from: {}", claim.source);
            for part in claim.parts {
                let _ = writeln!(text, "     asked: {}", asked(part));
            }
            if !claim.note.is_empty() {
                let _ = writeln!(text, "     note: {}", claim.note);
            }
        }
        if !answer.reason.is_empty() {
            let _ = writeln!(text, "     {}", plain(&answer.reason));
        }
        if !answer.command.is_empty() {
            let _ = writeln!(text, "     would answer it: {}", answer.command);
        }
        for finding in &answer.findings {
            if whole || finding.verdict.decides() {
                let _ = writeln!(text, "     {}", plain(&told(finding)));
            }
            if whole {
                for told in finding.evidence.iter().chain(&finding.cautions) {
                    let _ = writeln!(text, "       {}", plain(told));
                }
            }
        }
    }
    let _ = writeln!(
        text,
        "\n{} statements: {} ({}, profile {}, {} rounds)",
        answers.len(),
        Counts::of(answers).words(),
        if results.run.id.is_empty() {
            &results.run.started
        } else {
            &results.run.id
        },
        results.run.profile,
        results.run.rounds,
    );
    text
}

/// Everything, for programs.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// Rises with any change of this format.
    format: u32,
    run: &'a str,
    version: &'a str,
    started: &'a str,
    kernel: &'a str,
    counts: Counts,
    claims: Vec<Told<'a>>,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    number: u32,
    name: &'a str,
    statement: &'a str,
    source: &'a str,
    asked: Vec<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    verdict: Verdict,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    command: &'a str,
    findings: Vec<Shown<'a>>,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<&'a str>,
    verdict: Verdict,
    measured: String,
    confirmed_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a Number>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    evidence: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    cautions: &'a [String],
}

impl<'a> Shown<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            subject: &finding.subject,
            other: finding.other.as_deref(),
            verdict: finding.verdict,
            measured: finding.check.measured(),
            confirmed_by: finding.check.rule(),
            number: finding.number.as_ref(),
            reason: &finding.reason,
            evidence: &finding.evidence,
            cautions: &finding.cautions,
        }
    }
}

/// The answers as JSON; docs/results.md describes it.
///
/// # Errors
/// `BadInput`, should a number be one that JSON cannot hold.
pub fn json(results: &Results, answers: &[Answer]) -> Result<String> {
    let document = Document {
        format: 2,
        run: &results.run.id,
        version: &results.run.version,
        started: &results.run.started,
        kernel: results.host.get("kernel").map_or("", String::as_str),
        counts: Counts::of(answers),
        claims: answers
            .iter()
            .map(|answer| Told {
                number: answer.claim.number,
                name: answer.claim.name,
                statement: answer.claim.statement,
                source: answer.claim.source,
                asked: answer.claim.parts.iter().map(asked).collect(),
                note: answer.claim.note,
                verdict: answer.verdict,
                reason: &answer.reason,
                command: &answer.command,
                findings: answer.findings.iter().map(Shown::of).collect(),
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&document);
    text.map(|text| text + "\n")
        .map_err(|e| Error::new(ErrorKind::BadInput, format!("write the answers: {e}")))
}
