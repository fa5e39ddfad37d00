//! The cases of the page, one paragraph each.

use std::fmt::Write as _;

use conformance::faults::Fault;
use conformance::{Case, Theme, catalogue};
use reports::Results;
use reports::matrix::sign;

use super::{matrix, numbers, plain};

pub(super) fn write(text: &mut String, results: Option<&Results>) {
    let _ = writeln!(text, "## The cases\n\n{}.\n", matrix::SIGNS);
    for theme in Theme::ALL {
        let _ = writeln!(text, "<a id=\"theme-{0}\"></a>\n\n### {0}\n", theme.name());
        for case in conformance::ALL.iter().filter(|case| case.theme == theme) {
            one(text, case, results);
        }
    }
}

/// What is proved by other means.
pub(super) fn elsewhere(text: &mut String) {
    text.push_str("<a id=\"theme-elsewhere\"></a>\n\n### asked elsewhere\n\nThese need disks of their own, several drivers at once, or another namespace.\n\n");
    for proof in conformance::elsewhere::all() {
        let _ = writeln!(
            text,
            "<a id=\"{0}\"></a>**{0}** ({1}): {2} {3}\n\n- from: {4}\n- covers: {5}\n- asked by: `{6}`\n",
            proof.name,
            proof.level.name(),
            plain(proof.promise),
            plain(proof.why),
            plain(proof.origin),
            proof.covers.join(", "),
            proof.command,
        );
    }
}

fn one(text: &mut String, case: &Case, results: Option<&Results>) {
    let _ = writeln!(
        text,
        "<a id=\"{0}\"></a>**{0}** ({1}): {2} {3}\n",
        case.name,
        case.level.name(),
        plain(case.promise),
        plain(case.why)
    );
    let _ = writeln!(text, "- from: {}", plain(case.origin));
    let _ = writeln!(
        text,
        "- covers: {}; {}",
        case.covers.join(", "),
        peers(case)
    );
    if let Some(capability) = case.capability {
        let _ = writeln!(text, "- turns on: `{capability}`");
    }
    let faults: Vec<String> = case.broken_by.iter().map(Fault::words).collect();
    if !faults.is_empty() {
        let _ = writeln!(text, "- fails when: {}", plain(&faults.join("; ")));
    }
    if let Some(results) = results {
        answers(text, case, results);
    }
    text.push('\n');
}

/// Which suites of others check what the case covers.
fn peers(case: &Case) -> String {
    let mut named: Vec<&str> = Vec::new();
    for behaviour in catalogue::BEHAVIOURS
        .iter()
        .filter(|behaviour| case.covers.contains(&behaviour.id))
    {
        for (code, name) in catalogue::PEERS {
            if codes(behaviour.peers).any(|found| found == *code) && !named.contains(name) {
                named.push(name);
            }
        }
    }
    if named.is_empty() {
        "tested by no suite that was read".to_owned()
    } else {
        format!("also tested, in part, by {}", named.join(", "))
    }
}

/// `X003 FO(9) GA` as X, FO, GA.
fn codes(peers: &str) -> impl Iterator<Item = &str> {
    peers
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(|code| code.trim_end_matches(|c: char| c.is_ascii_digit()))
        .filter(|code| !code.is_empty())
}

/// By sign, and why where there is something to say.
fn answers(text: &mut String, case: &Case, results: &Results) {
    let mut signs: Vec<(char, Vec<&str>)> = Vec::new();
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for subject in numbers::subjects(results) {
        let answer = results
            .cases
            .iter()
            .find(|answer| answer.subject == subject && answer.case == case.name);
        let Some(answer) = answer else { continue };
        put(&mut signs, sign(answer.outcome), subject);
        if !answer.reason.is_empty() {
            put(&mut reasons, answer.reason.as_str(), subject);
        }
    }
    match signs.as_slice() {
        [] => {}
        [(one, _)] => {
            let _ = writeln!(text, "- here: {one} everywhere");
        }
        several => {
            let words: Vec<String> = several
                .iter()
                .map(|(sign, subjects)| format!("{sign} {}", plain(&subjects.join(", "))))
                .collect();
            let _ = writeln!(text, "- here: {}", words.join("; "));
        }
    }
    for (why, subjects) in reasons {
        let _ = writeln!(text, "  - {}: {}", plain(&subjects.join(", ")), plain(why));
    }
}

/// Adds a subject to those of its kind.
fn put<'a, K: PartialEq>(kinds: &mut Vec<(K, Vec<&'a str>)>, kind: K, subject: &'a str) {
    match kinds.iter_mut().find(|(known, _)| *known == kind) {
        Some((_, subjects)) => subjects.push(subject),
        None => kinds.push((kind, vec![subject])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_named_from_their_codes() {
        let found: Vec<_> = codes("X003 UM CB SN FO(9), M20.10 dm/aufs").collect();
        assert_eq!(&found[..6], ["X", "UM", "CB", "SN", "FO", "M"]);
    }
}
