//! The statements as a Markdown page: what is said, by whom, how it is checked, and what a run answered.

use std::fmt::Write as _;

use super::check::Check;
use super::claim::{Claim, Part};
use super::judge::{Answer, Counts, Finding, answers};
use super::list::ALL;
use super::show::number;
use crate::analysis::Analysis;
use crate::record::Results;
use crate::table::escape;

/// The page; with the answers of a run where there is one.
pub fn page(results: Option<&Results>) -> String {
    let mut text = String::from(
        "# Published statements, and how they are checked\n\n\
        Made by `layerbench claims --list --markdown` from the statements themselves; not edited by hand. `layerbench claims` answers them for\n\
        a run on this host. Wording is ours, the source is named; what a source says of its own machines is not asked, only what it says of drivers.\n\n\
        All parts of a statement must hold, on every subject that it is about: one that refutes it is enough, and it is confirmed only where\n\
        nothing that applies is left open. A number confirms when its whole 95 % interval (exact signed-rank; from six rounds on) lies in the\n\
        band, and refutes when it lies wholly outside; what noise cannot move counts from one value on, with 1 % to either side. Where a part\n\
        names several checks, one that decides is enough and none may contradict it. At an end of a band one interval in forty decides wrongly.\n",
    );
    let analysis = results.map(Analysis::new);
    let answered = analysis.as_ref().map(answers);
    if let (Some(results), Some(answered)) = (results, &answered) {
        head(&mut text, results, answered);
    }
    for (index, claim) in ALL.iter().enumerate() {
        one(&mut text, claim);
        if let Some(answer) = answered.as_ref().and_then(|all| all.get(index)) {
            here(&mut text, answer);
        }
    }
    text
}

fn head(text: &mut String, results: &Results, answered: &[Answer]) {
    let run = &results.run;
    let kernel = results.host.get("kernel").map_or("", String::as_str);
    let _ = writeln!(
        text,
        "\nAnswered on Linux {}, {}, by `{}` ({} rounds): {}.",
        escape(kernel),
        escape(run.started.split('T').next().unwrap_or_default()),
        run.command_line.join(" ").replace('`', "'"),
        run.rounds,
        Counts::of(answered).words(),
    );
}

fn one(text: &mut String, claim: &Claim) {
    let _ = writeln!(
        text,
        "\n## {}. {}\n\n<a id=\"{2}\"></a>`{2}`, from: {3}\n",
        claim.number,
        escape(claim.statement),
        claim.name,
        escape(claim.source)
    );
    if claim.parts.is_empty() {
        text.push_str("- No workload of this version measures it.\n");
    }
    for part in claim.parts {
        let _ = writeln!(text, "- {}", escape(&asked(part)));
    }
    if !claim.note.is_empty() {
        let _ = writeln!(text, "\n{}", escape(claim.note));
    }
}

/// Whom a part is about, what is looked at, and what confirms.
pub fn asked(part: &Part) -> String {
    let mut who = part.about.words();
    if let Some(other) = part.other {
        who.extend([", against ", &other.words()]);
    }
    let checks: Vec<String> = part.checks.iter().map(ways).collect();
    format!("{who}: {}", checks.join("; or "))
}

fn ways(check: &Check) -> String {
    match check {
        Check::Number(..) | Check::Limit { .. } => {
            format!("{}, {}", check.measured(), check.rule())
        }
        Check::Case { .. } | Check::Fact { .. } => {
            format!("{}: {}", check.measured(), check.rule())
        }
    }
}

fn here(text: &mut String, answer: &Answer) {
    let reason = match answer.reason.as_str() {
        "" => String::new(),
        reason => format!(": {}", escape(reason)),
    };
    let _ = writeln!(text, "\n**{}**{reason}\n", answer.verdict.word());
    for finding in &answer.findings {
        let _ = writeln!(text, "- {}", escape(&told(finding)));
    }
    if !answer.command.is_empty() {
        let _ = writeln!(text, "- would answer it: `{}`", answer.command);
    }
}

/// A finding in a line: who, verdict, what was looked at, its number, or why there is none.
pub fn told(finding: &Finding) -> String {
    let mut line = finding.subject.clone();
    if let Some(other) = &finding.other {
        line.extend([" against ", other]);
    }
    line.extend([" ", finding.verdict.word(), ": "]);
    match (&finding.number, finding.evidence.first()) {
        (Some(found), _) => {
            let (measured, rule) = (finding.check.measured(), finding.check.rule());
            line.extend([&measured, " is ", &number(found), " (", &rule, ")"]);
        }
        (None, Some(told)) if finding.reason.is_empty() => line.push_str(told),
        (None, _) => line.push_str(&finding.reason),
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_documents_is_this_one() {
        let there = include_str!("../../../docs/claims.md");
        assert!(
            page(None) == there,
            "layerbench claims --list --markdown > docs/claims.md makes it anew"
        );
    }

    #[test]
    fn every_statement_is_whole() {
        for (index, claim) in ALL.iter().enumerate() {
            assert_eq!(claim.number as usize, index + 1, "{}", claim.name);
            assert!(claim.statement.ends_with('.'), "{}", claim.name);
            assert!(!claim.source.is_empty(), "{}", claim.name);
            let twice = ALL.iter().filter(|other| other.name == claim.name);
            assert_eq!(twice.count(), 1, "{}", claim.name);
            for part in claim.parts {
                assert!(!part.checks.is_empty(), "{}", claim.name);
            }
        }
    }
}
