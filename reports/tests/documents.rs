//! What is printed and what CI systems read, as people and machines see it.

mod common;

use reports::{junit, markdown, summary};

#[test]
fn the_summary_on_the_terminal() {
    insta::assert_snapshot!(summary::text(&common::results(6), usize::MAX));
}

#[test]
fn the_summary_in_markdown() {
    insta::assert_snapshot!(markdown::summary(&common::results(6)));
}

#[test]
fn the_answers_as_junit() {
    insta::assert_snapshot!(junit(&common::results(1)).unwrap());
}

#[test]
fn hostile_names_stay_text_in_junit_and_markdown() {
    let mut results = common::results(1);
    for case in &mut results.cases {
        case.subject = "<x a='\"'>\u{1}|*b*".to_owned();
        case.reason = "]]></failure> | `x`\n# y".to_owned();
    }
    let xml = junit(&results).unwrap();
    assert!(
        !xml.contains("<x a") && !xml.contains("</failure> |") && !xml.contains('\u{1}'),
        "{xml}"
    );
    let text = markdown::summary(&results);
    assert!(
        text.contains("\\<x a='\"'\\>") && !text.contains("\n# y"),
        "{text}"
    );
}

#[test]
fn an_empty_run_has_documents_too() {
    let results = reports::Results::default();
    assert!(summary::text(&results, usize::MAX).contains("No driver could run"));
    assert!(markdown::summary(&results).starts_with("# layerbench"));
    assert!(junit(&results).unwrap().contains("tests=\"0\""));
}
