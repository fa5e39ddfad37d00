//! GitHub's workflow commands: lines that the runner turns into annotations. GitHub shows ten errors and ten warnings of a
//! step; the report has all.

use crate::record::{CaseResult, Level, Outcome, Results};

/// An error for each promise that a driver breaks or could not be asked, a warning for lesser ones and for what did not
/// finish. `file` is what they are attached to, if anything.
pub fn text(results: &Results, file: Option<&str>) -> String {
    let mut text = String::new();
    for case in &results.cases {
        if matches!(case.outcome, Outcome::Fail | Outcome::Broken) {
            text.push_str(&of_case(case, file));
        }
    }
    for dnf in &results.dnf {
        let phase = dnf.phase.as_deref().unwrap_or("everything after");
        let title = format!("{}: {} did not finish", dnf.subject, dnf.workload);
        text.push_str(&command(
            "warning",
            file,
            &title,
            &format!("{phase}: {}", dnf.reason),
        ));
    }
    text
}

fn of_case(case: &CaseResult, file: Option<&str>) -> String {
    let level = match (case.outcome, case.level) {
        (Outcome::Broken, _) | (_, Level::Must) => "error",
        _ => "warning",
    };
    let what = match case.outcome {
        Outcome::Broken => "could not be asked",
        _ => "fails",
    };
    let mut said = format!("{}\n{}", case.promise, case.reason);
    for (word, seen) in [("expected", &case.expected), ("seen", &case.actual)] {
        if let Some(seen) = seen {
            said.extend(["\n", word, ": ", seen]);
        }
    }
    let title = format!("{}: {} {what}", case.subject, case.case);
    command(level, file, &title, &said)
}

/// One command, escaped as the runner's toolkit does it: `%`, CR and LF in the message; `:` and `,` too in properties.
pub fn command(level: &str, file: Option<&str>, title: &str, message: &str) -> String {
    let file = file.map(|file| format!("file={},", property(file)));
    format!(
        "::{level} {}title={}::{}\n",
        file.unwrap_or_default(),
        property(title),
        data(message)
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_become_a_command() {
        let line = command(
            "error",
            Some("a,b.yml"),
            "x: y%",
            "one\n::set-output name=x::\r100 %",
        );
        assert_eq!(
            line,
            "::error file=a%2Cb.yml,title=x%3A y%25::one%0A::set-output name=x::%0D100 %25\n"
        );
        assert_eq!(line.lines().count(), 1);
    }
}
