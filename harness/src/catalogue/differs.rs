//! What differs, subject by subject: from what a plain filesystem does, and from the same subject under another kernel.

use std::fmt::Write as _;

use reports::Results;
use reports::record::{CaseResult, Outcome};

use super::{answers, link, numbers, plain};

pub(super) fn write(text: &mut String, results: &Results) {
    text.push_str("## What differs, by driver\n\nEach is declared by the driver, and fails the suite where it does not show.\n\n");
    let kin = answers::kin(results);
    for subject in numbers::subjects(results) {
        let _ = writeln!(text, "### {}\n", plain(subject));
        let lines: Vec<String> = match kin.get(subject) {
            None => of(results, subject)
                .filter(|answer| is_worth_a_line(answer))
                .map(line)
                .collect(),
            Some(kin) => of(results, subject)
                .filter(|answer| {
                    let there = of(results, kin).find(|there| there.case == answer.case);
                    match there {
                        Some(there) => !alike(there, answer),
                        None => is_worth_a_line(answer),
                    }
                })
                .map(line)
                .collect(),
        };
        let said = match (kin.get(subject), lines.is_empty()) {
            (None, true) => "Nothing.\n\n".to_owned(),
            (None, false) => String::new(),
            (Some(kin), true) => format!("As {}.\n\n", plain(kin)),
            (Some(kin), false) => format!("As {}, but:\n\n", plain(kin)),
        };
        text.push_str(&said);
        for line in &lines {
            text.extend([line, "\n"]);
        }
        if !lines.is_empty() {
            text.push('\n');
        }
    }
}

fn line(answer: &CaseResult) -> String {
    let word = match answer.outcome {
        Outcome::Pass => "passes",
        Outcome::Deviates => "",
        Outcome::NotApplicable => "not applicable",
        Outcome::Fail => "**fails**",
        Outcome::Broken => "**could not be asked**",
    };
    let parts: Vec<String> = [word.to_owned(), plain(&answer.reason)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    format!("- {}: {}", link(&answer.case), parts.join(": "))
}

fn is_worth_a_line(answer: &CaseResult) -> bool {
    answer.outcome != Outcome::Pass || !answer.reason.is_empty()
}

/// Whether two answers say the same: numbers in their words (times, names of containers) count for nothing.
fn alike(a: &CaseResult, b: &CaseResult) -> bool {
    let words = |text: &str| -> String { text.chars().filter(|c| !c.is_ascii_digit()).collect() };
    a.outcome == b.outcome && words(&a.reason) == words(&b.reason)
}

/// The answers of a subject.
fn of<'a>(results: &'a Results, subject: &str) -> impl Iterator<Item = &'a CaseResult> {
    results
        .cases
        .iter()
        .filter(move |case| case.subject == subject)
}
