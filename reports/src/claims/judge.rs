//! From results to answers.

use serde::Serialize;

use super::asking;
use super::check::{Check, Found};
use super::claim::{Claim, Part};
use super::find::Sought;
use super::list::ALL;
use super::number::Number;
use super::verdict::Verdict;
use crate::analysis::Analysis;
use crate::record::Subject;

/// What one subject shows of one part of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The subject.
    pub subject: String,
    /// Whom it is compared with.
    pub other: Option<String>,
    /// The check that decided; the first where none did.
    pub check: Check,
    /// What it says.
    pub verdict: Verdict,
    /// Why, where it says nothing.
    pub reason: String,
    /// The number.
    pub number: Option<Number>,
    /// What was read.
    pub evidence: Vec<String>,
    /// What the driver itself says of its numbers: that it is an old or a slow form of what it is named after.
    pub cautions: Vec<String>,
}

/// What the results say of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The statement.
    pub claim: &'static Claim,
    /// What all findings together say.
    pub verdict: Verdict,
    /// Why, in a sentence; empty where the findings say it.
    pub reason: String,
    /// The command that would answer it, where this run does not.
    pub command: String,
    /// Of each part, in order, each subject.
    pub findings: Vec<Finding>,
}

/// How often each verdict was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Statements that hold here.
    pub confirmed: usize,
    /// Statements that do not.
    pub refuted: usize,
    /// Statements of which nothing can be said.
    pub inconclusive: usize,
    /// Statements about nothing that is here.
    pub not_applicable: usize,
}

impl Counts {
    /// Of answers.
    pub fn of(answers: &[Answer]) -> Self {
        let count = |verdict| answers.iter().filter(|a| a.verdict == verdict).count();
        Self {
            confirmed: count(Verdict::Confirmed),
            refuted: count(Verdict::Refuted),
            inconclusive: count(Verdict::Inconclusive),
            not_applicable: count(Verdict::NotApplicable),
        }
    }

    /// `9 confirmed, 4 refuted, 20 inconclusive, 9 not applicable`.
    pub fn words(self) -> String {
        format!(
            "{} confirmed, {} refuted, {} inconclusive, {} not applicable",
            self.confirmed, self.refuted, self.inconclusive, self.not_applicable
        )
    }
}

/// The result in a sentence, where there is one.
pub fn sentence(analysis: &Analysis<'_>) -> Option<String> {
    let counts = Counts::of(&answers(analysis));
    (counts.confirmed + counts.refuted > 0).then(|| {
        format!(
            "Of {} published statements about drivers {} hold here, {} do not: layerbench claims.",
            ALL.len(),
            counts.confirmed,
            counts.refuted
        )
    })
}

/// The answer to every statement; none of several runs at once, of which each may answer otherwise.
pub fn answers(analysis: &Analysis<'_>) -> Vec<Answer> {
    if !analysis.results.parts.is_empty() {
        return Vec::new();
    }
    ALL.iter().map(|claim| answer(analysis, claim)).collect()
}

/// The answer to one statement.
pub fn answer(analysis: &Analysis<'_>, claim: &'static Claim) -> Answer {
    let mut findings = Vec::new();
    // Parts that are about nobody: what that says, and why.
    let mut nobody = Vec::new();
    for part in claim.parts {
        let subjects = part.about.subjects(analysis.results);
        if subjects.is_empty() {
            nobody.push(part.about.nobody(analysis.results));
        }
        for subject in subjects {
            match part.other {
                None => findings.extend(finding(analysis, part, subject, None)),
                Some(other) => {
                    let mut others = other.subjects(analysis.results);
                    others.retain(|other| other.name != subject.name);
                    if others.is_empty() {
                        nobody.push(other.nobody(analysis.results));
                    }
                    findings.extend(
                        others.into_iter().filter_map(|other| {
                            finding(analysis, part, subject, Some(&other.name))
                        }),
                    );
                }
            }
        }
    }
    let verdict = if claim.parts.is_empty() {
        Verdict::Inconclusive
    } else {
        let found = findings.iter().map(|finding| finding.verdict);
        Verdict::all(found.chain(nobody.iter().map(|(verdict, _)| *verdict)))
    };
    let command = if verdict.decides() || claim.parts.is_empty() {
        String::new()
    } else {
        asking::command(claim, &findings, analysis.results.run.rounds)
    };
    Answer {
        claim,
        verdict,
        reason: reason(claim, verdict, &findings, &nobody),
        command,
        findings,
    }
}

fn reason(
    claim: &Claim,
    verdict: Verdict,
    findings: &[Finding],
    nobody: &[(Verdict, String)],
) -> String {
    if claim.parts.is_empty() {
        return "no workload of this version measures it".to_owned();
    }
    let who = |wanted: Verdict, but: &[&str]| {
        let mut names: Vec<&str> = Vec::new();
        for finding in findings.iter().filter(|f| f.verdict == wanted) {
            let name = finding.subject.as_str();
            if !names.contains(&name) && !but.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let first = |wanted: Verdict| {
        let mut with = findings.iter().filter(|f| f.verdict == wanted);
        let told = with.find(|f| !f.reason.is_empty());
        let nobody = || nobody.iter().find(|(verdict, _)| *verdict == wanted);
        told.map(|f| format!("{}: {}", f.subject, f.reason))
            .or_else(|| nobody().map(|(_, reason)| reason.clone()))
            .unwrap_or_default()
    };
    match verdict {
        Verdict::Confirmed => String::new(),
        Verdict::Refuted => {
            let against = who(Verdict::Refuted, &[]);
            let for_it = who(Verdict::Confirmed, &against);
            match (for_it.is_empty(), findings.len() == against.len()) {
                (true, true) => String::new(),
                (true, false) => format!("not on {}, not in every part", against.join(", ")),
                (false, _) => format!(
                    "not on {}; on {} what is said of it holds",
                    against.join(", "),
                    for_it.join(", ")
                ),
            }
        }
        Verdict::Inconclusive => first(Verdict::Inconclusive),
        Verdict::NotApplicable => first(Verdict::NotApplicable),
    }
}

/// The first check that decides, if no other contradicts it; nothing for a part without checks.
fn finding(
    analysis: &Analysis<'_>,
    part: &Part,
    subject: &Subject,
    other: Option<&str>,
) -> Option<Finding> {
    let sought = Sought {
        analysis,
        subject: &subject.name,
        other,
    };
    let all: Vec<(Check, Found)> = part
        .checks
        .iter()
        .map(|check| (*check, check.ask(&sought, subject)))
        .collect();
    let decided = all.iter().find(|(_, found)| found.verdict.decides());
    let open = || {
        let mut all = all.iter();
        all.find(|(_, found)| found.verdict == Verdict::Inconclusive)
    };
    let (check, found) = decided.or_else(open).or(all.first()).cloned()?;
    let mut finding = Finding {
        subject: subject.name.clone(),
        other: other.map(str::to_owned),
        check,
        verdict: found.verdict,
        reason: found.reason,
        number: found.number,
        evidence: found.evidence,
        cautions: facts(subject, "note")
            .map(|(_, note)| note.clone())
            .collect(),
    };
    for (check, found) in all
        .iter()
        .filter(|(c, f)| *c != finding.check && f.verdict.decides())
    {
        finding.evidence.extend(found.evidence.iter().cloned());
        if found.verdict != finding.verdict {
            finding.reason = format!("{} says otherwise", check.measured());
            finding.verdict = Verdict::Inconclusive;
        }
    }
    for name in part.facts {
        let told = facts(subject, name);
        let told = told.map(|(fact, value)| format!("{} {fact}: {value}", subject.name));
        finding.evidence.extend(told);
    }
    Some(finding)
}

fn facts<'a>(subject: &'a Subject, name: &str) -> impl Iterator<Item = &'a (String, String)> {
    subject.facts.iter().filter(move |(fact, _)| fact == name)
}
