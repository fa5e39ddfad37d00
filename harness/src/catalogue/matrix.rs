//! Every answer as a sign: a row per case, a column per subject.

use std::collections::BTreeMap;

use conformance::Theme;
use reports::Results;
use reports::matrix::sign;
use reports::merge::changes::differs;
use reports::record::Outcome;

use super::{answers, head, link, numbers, plain, row};

/// The signs and what they mean.
pub(super) const SIGNS: &str =
    "Signs: ✓ pass, ~ differs as declared, - not applicable, ✗ fail, ! could not be asked";

pub(super) fn write(text: &mut String, results: &Results) {
    text.push_str("## Case by case\n\n");
    text.push_str(SIGNS);
    if !results.parts.is_empty() {
        text.push_str("; in bold where the answer is another than under the first kernel that the subject was asked on");
    }
    text.push_str(".\n\n");
    let subjects = numbers::subjects(results);
    let said: BTreeMap<(&str, &str), Outcome> = results
        .cases
        .iter()
        .map(|c| ((c.subject.as_str(), c.case.as_str()), c.outcome))
        .collect();
    let kin = answers::kin(results);
    let is_changed = |(subject, case): (&str, &str), now| {
        let before = kin.get(subject).and_then(|kin| said.get(&(*kin, case)));
        before.is_some_and(|before| differs(*before, now))
    };
    for theme in Theme::ALL {
        let mut rows = Vec::new();
        for case in conformance::ALL.iter().filter(|case| case.theme == theme) {
            let mut cells = vec![link(case.name)];
            cells.extend(subjects.iter().map(|subject| {
                let at = (*subject, case.name);
                match said.get(&at) {
                    None => String::new(),
                    Some(outcome) if is_changed(at, *outcome) => format!("**{}**", sign(*outcome)),
                    Some(outcome) => sign(*outcome).to_string(),
                }
            }));
            if cells[1..].iter().any(|cell| !cell.is_empty()) {
                rows.push(cells);
            }
        }
        if rows.is_empty() {
            continue;
        }
        let names: Vec<String> = subjects.iter().map(|subject| plain(subject)).collect();
        let mut columns = vec![theme.name()];
        columns.extend(names.iter().map(String::as_str));
        head(text, &columns);
        for cells in &rows {
            row(text, cells);
        }
        text.push('\n');
    }
}
