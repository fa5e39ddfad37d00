//! The numbers of the page: how much is asked, by which runs, and what each subject answered.

use std::fmt::Write as _;

use conformance::{Level, Theme};
use reports::Results;
use reports::record::Outcome;

use super::answers::{Answers, Told};
use super::{head, plain, row};

pub(super) fn write(text: &mut String, answers: Option<&Answers>) {
    let all = conformance::ALL;
    let faults = conformance::faults::named();
    let pairs: usize = all.iter().map(|case| case.broken_by.len()).sum();
    let of = |level| all.iter().filter(|case| case.level == level).count();
    let _ = writeln!(
        text,
        "{} cases: {} must, {} should, {} informs. They cover {} behaviours and {} lessons of bug reports. Under {} faults, {pairs} pairs of fault\nand case, a case was seen to fail: every case under at least one fault, every fault in at least one case.\n",
        all.len(),
        of(Level::Must),
        of(Level::Should),
        of(Level::Informs),
        conformance::catalogue::BEHAVIOURS.len(),
        conformance::catalogue::LESSONS.len(),
        faults.len(),
    );
    if let Some(answers) = answers {
        counts(text, answers);
    }
    text.push_str("## Cases by theme\n\n");
    head(text, &["theme", "must", "should", "informs"]);
    for theme in Theme::ALL {
        let count = |level| {
            all.iter()
                .filter(|case| case.theme == theme && case.level == level)
                .count()
                .to_string()
        };
        row(
            text,
            &[
                format!("[{0}](#theme-{0})", theme.name()),
                count(Level::Must),
                count(Level::Should),
                count(Level::Informs),
            ],
        );
    }
    text.push('\n');
}

fn counts(text: &mut String, answers: &Answers) {
    text.push_str(if answers.results.parts.is_empty() {
        "## What the drivers of one host answered\n\n"
    } else {
        "## What the drivers answered, kernel by kernel\n\n"
    });
    match answers.told.as_slice() {
        [one] => {
            let _ = writeln!(text, "{}.\n", said(one));
        }
        several => {
            for told in several {
                let _ = writeln!(text, "- {}", said(told));
            }
            text.push('\n');
        }
    }
    head(
        text,
        &[
            "subject",
            "pass",
            "differs as declared",
            "not applicable",
            "fail",
            "not asked",
        ],
    );
    let results = &answers.results;
    for subject in subjects(results) {
        let count = |outcome| {
            results
                .cases
                .iter()
                .filter(|case| case.subject == subject && case.outcome == outcome)
                .count()
                .to_string()
        };
        row(
            text,
            &[
                plain(subject),
                count(Outcome::Pass),
                count(Outcome::Deviates),
                count(Outcome::NotApplicable),
                count(Outcome::Fail),
                count(Outcome::Broken),
            ],
        );
    }
    text.push('\n');
}

/// One run in one line.
fn said(told: &Told) -> String {
    let emulated = told
        .emulated
        .as_ref()
        .map(|what| format!(", processor emulated ({})", plain(what)))
        .unwrap_or_default();
    let checks = told
        .checks
        .as_ref()
        .map(|checks| format!(", {checks} checks"))
        .unwrap_or_default();
    format!(
        "Kernel {}{emulated}, {}; `{}`; {} answers{checks} in {:.0} s",
        plain(&told.kernel),
        told.day,
        told.command,
        told.answers,
        told.seconds,
    )
}

/// The subjects that were asked, in the order of the run.
pub(super) fn subjects(results: &Results) -> Vec<&str> {
    results
        .subjects
        .iter()
        .map(|subject| subject.name.as_str())
        .filter(|name| results.cases.iter().any(|case| case.subject == *name))
        .collect()
}
