//! The numbers of the page: how much is asked, and what each subject answered.

use std::fmt::Write as _;

use conformance::{Level, Theme};
use reports::Results;
use reports::record::{CaseResult, Outcome};

use super::{head, link, plain, row};

pub(super) fn write(text: &mut String, results: Option<&Results>) {
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
    if let Some(results) = results {
        answers(text, results);
        deviations(text, results);
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

fn answers(text: &mut String, results: &Results) {
    text.push_str("## What the drivers of one host answered\n\n");
    let fact = |name: &str| results.host.get(name).cloned().unwrap_or_default();
    let checks = results
        .run
        .config
        .get("checks")
        .map(|checks| format!(", {checks} checks"))
        .unwrap_or_default();
    let _ = writeln!(
        text,
        "Kernel {}, {}; `{}`; {} answers{checks} in {:.0} s.\n",
        plain(&fact("kernel")),
        results.run.started.split('T').next().unwrap_or_default(),
        results.run.command_line.join(" "),
        results.cases.len(),
        results.end.as_ref().map_or(0.0, |end| end.seconds),
    );
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

fn deviations(text: &mut String, results: &Results) {
    text.push_str("## What differs, by driver\n\nEach is declared by the driver, and fails the suite where it does not show.\n\n");
    for subject in subjects(results) {
        let _ = writeln!(text, "### {}\n", plain(subject));
        let mut any = false;
        for case in of(results, subject) {
            any = true;
            let word = if case.outcome == Outcome::NotApplicable {
                "not applicable: "
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "- {}: {word}{}",
                link(&case.case),
                plain(&case.reason)
            );
        }
        text.push_str(if any { "\n" } else { "Nothing.\n\n" });
    }
}

/// What is told of a subject: all that is no pass.
fn of<'a>(results: &'a Results, subject: &str) -> impl Iterator<Item = &'a CaseResult> {
    results
        .cases
        .iter()
        .filter(move |case| case.subject == subject && case.outcome != Outcome::Pass)
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
