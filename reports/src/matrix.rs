//! The conformance matrix for a terminal: a row per case, a sign per subject, and the whole story of each failure.

use std::fmt::Write as _;

use crate::record::{CaseResult, Level, Outcome, Results, Subject};

/// What is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown {
    /// Only cases that do not pass on every subject, each with its reasons.
    pub only_differs: bool,
}

/// The sign of an outcome in the matrix.
pub fn sign(outcome: Outcome) -> char {
    match outcome {
        Outcome::Pass => '✓',
        Outcome::Deviates => '~',
        Outcome::NotApplicable => '-',
        Outcome::Fail => '✗',
        Outcome::Broken => '!',
    }
}

/// The matrix as text: a legend of the subjects, then the cases by theme in the order they were asked.
pub fn matrix(results: &Results, shown: Shown) -> String {
    let subjects = asked(results);
    let mut text = String::new();
    for (number, subject) in subjects.iter().enumerate() {
        let _ = writeln!(text, "{} {}", column(number), subject.name);
    }
    let mut hidden = 0;
    for theme in themes(results) {
        let mut rows = String::new();
        for case in cases(results, theme) {
            let answers: Vec<_> = subjects
                .iter()
                .map(|subject| answer(results, &subject.name, &case.case))
                .collect();
            let agreed = answers
                .iter()
                .all(|answer| answer.is_some_and(|answer| answer.outcome == Outcome::Pass));
            if shown.only_differs && agreed {
                hidden += 1;
                continue;
            }
            for answer in &answers {
                rows.push(answer.map_or(' ', |answer| sign(answer.outcome)));
                rows.push(' ');
            }
            let _ = writeln!(rows, " {}", case.case);
            if shown.only_differs {
                reasons(&mut rows, &answers);
            }
        }
        if !rows.is_empty() {
            let columns: String = (0..subjects.len())
                .flat_map(|number| [column(number), ' '])
                .collect();
            let _ = write!(text, "\n{columns} {theme}\n{rows}");
        }
    }
    if hidden > 0 {
        let _ = write!(text, "\n{hidden} more cases pass everywhere\n");
    }
    text.push_str(
        "\n✓ pass  ~ differs as declared  - not applicable  ✗ FAIL  ! could not be asked\n",
    );
    text
}

/// Every failure, and every case that could not be asked: what was promised, expected and seen, and the command that asks
/// again just this.
pub fn failures(results: &Results) -> String {
    let mut text = String::new();
    let bad = |case: &&CaseResult| matches!(case.outcome, Outcome::Fail | Outcome::Broken);
    for case in results.cases.iter().filter(bad) {
        let word = if case.outcome == Outcome::Fail {
            "FAIL"
        } else {
            "BROKEN"
        };
        let level = match case.level {
            Level::Must => "must",
            Level::Should => "should",
            Level::Informs => "informs",
        };
        let _ = write!(
            text,
            "\n{word} {} on {} ({level})\n  promise:  {}\n",
            case.case, case.subject, case.promise
        );
        if let (Some(expected), Some(actual)) = (&case.expected, &case.actual) {
            let _ = write!(text, "  expected: {expected}\n  actual:   {actual}\n");
        }
        // A failure's reason repeats both, unless there is more to say.
        if case.expected.is_none() || !case.reason.starts_with("expected ") {
            let _ = writeln!(text, "  reason:   {}", case.reason);
        }
        let _ = write!(
            text,
            "  origin:   {}\n  again:    {}\n",
            case.origin,
            again(results, case)
        );
    }
    text
}

/// The command that asks one case of one subject again.
pub fn again(results: &Results, case: &CaseResult) -> String {
    let spec = results
        .subjects
        .iter()
        .find(|subject| subject.name == case.subject)
        .map_or_else(|| case.driver.clone(), Subject::spec);
    let quoted = if spec.contains(|c: char| !c.is_ascii_alphanumeric() && !"@,=._:/-".contains(c)) {
        format!("'{}'", spec.replace('\'', "'\\''"))
    } else {
        spec
    };
    let userns = if results.run.config.contains_key("user_namespace_ids") {
        " --userns"
    } else {
        ""
    };
    format!(
        "layerbench conform{userns} --driver {quoted} --case {}",
        case.case
    )
}

fn reasons(rows: &mut String, answers: &[Option<&CaseResult>]) {
    let mut told: Vec<(String, &str)> = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        let Some(answer) = answer.filter(|answer| answer.outcome != Outcome::Pass) else {
            continue;
        };
        // Subjects that give the same reason share a line.
        match told.iter_mut().find(|(_, known)| *known == answer.reason) {
            Some((columns, _)) => columns.push(column(number)),
            None => told.push((column(number).to_string(), &answer.reason)),
        }
    }
    let indent = " ".repeat(answers.len() * 2 + 3);
    for (columns, reason) in told {
        let line: String = reason
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let _ = writeln!(rows, "{indent}{columns}: {line}");
    }
}

/// `1`, ... `9`, `a`, ...: more subjects than that are told apart by their order.
fn column(number: usize) -> char {
    u32::try_from(number + 1)
        .ok()
        .and_then(|number| char::from_digit(number % 36, 36))
        .unwrap_or('?')
}

/// The subjects that were asked anything.
fn asked(results: &Results) -> Vec<&Subject> {
    let any = |subject: &&Subject| {
        results
            .cases
            .iter()
            .any(|case| case.subject == subject.name)
    };
    results.subjects.iter().filter(any).collect()
}

fn themes(results: &Results) -> Vec<&str> {
    let mut themes: Vec<&str> = Vec::new();
    for case in &results.cases {
        if !themes.contains(&case.theme.as_str()) {
            themes.push(&case.theme);
        }
    }
    themes
}

fn cases<'a>(results: &'a Results, theme: &str) -> Vec<&'a CaseResult> {
    let mut found: Vec<&CaseResult> = Vec::new();
    for case in results.cases.iter().filter(|case| case.theme == theme) {
        if !found.iter().any(|known| known.case == case.case) {
            found.push(case);
        }
    }
    // Subjects answer at the same time: the first to answer does not decide the order.
    found.sort_by(|a, b| a.case.cmp(&b.case));
    found
}

fn answer<'a>(results: &'a Results, subject: &str, case: &str) -> Option<&'a CaseResult> {
    results
        .cases
        .iter()
        .find(|answer| answer.subject == subject && answer.case == case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Role, Support};

    fn subject(name: &str, driver: &str) -> Subject {
        Subject {
            name: name.to_owned(),
            driver: driver.to_owned(),
            role: Role::Subject,
            control: None,
            twin_of: None,
            backing: None,
            options: Default::default(),
            support: Support::Ready,
            facts: Vec::new(),
            capabilities: Default::default(),
        }
    }

    fn case(subject: &str, name: &str, outcome: Outcome, reason: &str) -> CaseResult {
        CaseResult {
            subject: subject.to_owned(),
            driver: "d".to_owned(),
            case: name.to_owned(),
            outcome,
            reason: reason.to_owned(),
            promise: "It holds.".to_owned(),
            origin: "somewhere".to_owned(),
            level: Level::Must,
            theme: "stacking".to_owned(),
            capability: None,
            expected: (outcome == Outcome::Fail).then(|| "a".to_owned()),
            actual: (outcome == Outcome::Fail).then(|| "b".to_owned()),
            seconds: 0.1,
        }
    }

    fn results() -> Results {
        Results {
            subjects: vec![subject("one@ext4", "one"), subject("two", "two")],
            cases: vec![
                case("one@ext4", "z_all", Outcome::Pass, ""),
                case("one@ext4", "a_some", Outcome::Deviates, "EXDEV"),
                case("two", "a_some", Outcome::Fail, "expected a; got b"),
                case("two", "z_all", Outcome::Pass, ""),
            ],
            ..Results::default()
        }
    }

    #[test]
    fn rows_are_cases_and_columns_are_subjects() {
        insta::assert_snapshot!(matrix(&results(), Shown::default()), @r"
        1 one@ext4
        2 two

        1 2  stacking
        ~ ✗  a_some
        ✓ ✓  z_all

        ✓ pass  ~ differs as declared  - not applicable  ✗ FAIL  ! could not be asked
        ");
    }

    #[test]
    fn only_what_differs_comes_with_reasons() {
        insta::assert_snapshot!(matrix(&results(), Shown { only_differs: true }), @r"
        1 one@ext4
        2 two

        1 2  stacking
        ~ ✗  a_some
               1: EXDEV
               2: expected a; got b

        1 more cases pass everywhere

        ✓ pass  ~ differs as declared  - not applicable  ✗ FAIL  ! could not be asked
        ");
    }

    #[test]
    fn a_failure_says_how_to_ask_again() {
        insta::assert_snapshot!(failures(&results()), @r"
        FAIL a_some on two (must)
          promise:  It holds.
          expected: a
          actual:   b
          origin:   somewhere
          again:    layerbench conform --driver two --case a_some
        ");
    }
}
