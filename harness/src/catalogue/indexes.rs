//! Where each behaviour, lesson and fault is looked after.

use conformance::catalogue::{BEHAVIOURS, LESSONS, PEERS};
use conformance::elsewhere;

use super::{head, link, plain, row};

pub(super) fn write(text: &mut String) {
    text.push_str("## Behaviours\n\nWhat suites of others check, or nobody, and where it is asked here. Codes: ");
    let codes: Vec<String> = PEERS
        .iter()
        .map(|(code, name)| format!("{code} {name}"))
        .collect();
    text.push_str(&codes.join(", "));
    text.push_str(".\n\n");
    head(text, &["id", "behaviour", "others", "cases"]);
    for behaviour in BEHAVIOURS.iter() {
        row(
            text,
            &[
                behaviour.id.to_owned(),
                plain(behaviour.about),
                plain(behaviour.peers),
                covering(behaviour.id),
            ],
        );
    }
    text.push_str("\n## Lessons of bug reports\n\n");
    head(
        text,
        &["id", "what happened", "what a case has to do", "cases"],
    );
    for lesson in LESSONS.iter() {
        row(
            text,
            &[
                lesson.id.to_owned(),
                plain(lesson.origin),
                plain(lesson.ask),
                covering(lesson.id),
            ],
        );
    }
    text.push_str("\n## Faults\n\nBroken on purpose, one at a time; each makes the cases beside it fail. `cargo test --test mutants` shows it.\n\n");
    head(text, &["fault", "cases that fail"]);
    for fault in conformance::faults::named() {
        let cases: Vec<String> = conformance::ALL
            .iter()
            .filter(|case| case.broken_by.contains(&fault))
            .map(|case| link(case.name))
            .collect();
        row(text, &[plain(&fault.words()), cases.join(", ")]);
    }
}

fn covering(id: &str) -> String {
    let cases = conformance::ALL.iter().map(|case| (case.name, case.covers));
    let proofs = elsewhere::all();
    let proofs = proofs.iter().map(|proof| (proof.name, proof.covers));
    let names: Vec<String> = cases
        .chain(proofs)
        .filter(|(_, covers)| covers.contains(&id))
        .map(|(name, _)| link(name))
        .collect();
    names.join(", ")
}
