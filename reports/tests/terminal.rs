//! The summary on a terminal of 80 columns: 25 lines at most, whatever was run, with the conclusions of the page.

mod common;

use reports::decide::{caution, decide, sentence};
use reports::headline::rows;
use reports::{Analysis, Dnf, Outcome, Results, Support, summary};

/// Checks what holds for every run; gives the text.
fn check(results: &Results) -> String {
    let text = summary::text(results, 80);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines.len() <= summary::LINES,
        "{} lines:\n{text}",
        lines.len()
    );
    for line in &lines {
        assert!(line.chars().count() <= 80, "{line:?}\n{text}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    text
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_conclusions_are_those_of_the_page() {
    let results = common::results(12);
    let text = check(&results);
    let analysis = Analysis::new(&results);
    let decisions = decide(&analysis, &rows(&analysis));
    let said = words(&text);
    assert!(
        said.contains(&words(&sentence(&analysis, &decisions))),
        "{text}"
    );
    assert!(
        said.contains(&words(&caution(&analysis).unwrap())),
        "{text}"
    );
    let places = text.split("times the first").nth(1).unwrap();
    for decision in &decisions {
        assert!(said.contains(decision.of.short), "{text}");
        for place in &decision.standings {
            let line = places.lines().find(|line| line.starts_with(&place.name));
            assert!(
                line.unwrap()
                    .contains(&reports::number::three(place.times.unwrap())),
                "{text}"
            );
        }
    }
    assert!(
        said.contains("zfs@openzfs: not run: /dev/zfs is not there"),
        "{text}"
    );
    // The numbers are on the terminal, too, as far as there is room.
    let few = common::results(4);
    assert!(words(&check(&few)).contains("4 rounds are too few to be sure of anything"));
}

#[test]
fn nothing_makes_it_longer() {
    for rounds in [1, 2, 6] {
        check(&common::results(rounds));
    }
    check(&Results::default());
    // Many subjects with long names, all of which fail something and do not finish something else.
    let mut crowd = common::results(7);
    let first: Vec<_> = crowd
        .subjects
        .iter()
        .filter(|s| s.control.is_some())
        .cloned()
        .collect();
    let records = crowd.records.clone();
    let cases = crowd.cases.clone();
    for copy in 0..4 {
        for subject in &first {
            let long = |name: &str| format!("{name},an-option-with-a-long-name=value-{copy}");
            let mut more = subject.clone();
            more.name = long(&subject.name);
            if copy == 3 {
                more.support = Support::Missing {
                    reason: "tool".to_owned(),
                    what: "a program of a very long name that nobody has installed\nanywhere"
                        .to_owned(),
                    fix: "install it ".repeat(30),
                };
            }
            for record in records.iter().filter(|r| r.subject == subject.name) {
                crowd.records.push(record.clone());
                crowd.records.last_mut().unwrap().subject = more.name.clone();
            }
            for case in cases.iter().filter(|c| c.subject == subject.name) {
                crowd.cases.push(case.clone());
                let own = crowd.cases.last_mut().unwrap();
                own.subject = more.name.clone();
                if copy == 1 {
                    own.outcome = Outcome::Fail;
                }
            }
            crowd.dnf.push(Dnf {
                subject: more.name.clone(),
                workload: "pull".to_owned(),
                phase: None,
                params: Default::default(),
                round: Some(copy),
                after_seconds: None,
                reason: format!("it stood still {copy}\u{1b}[2J"),
            });
            crowd.subjects.push(more);
        }
    }
    let text = check(&crowd);
    assert!(
        text.contains("more in summary.md") && text.contains("more notes in summary.md"),
        "{text}"
    );

    let mut none = common::results(6);
    none.records.clear();
    check(&none);
}
