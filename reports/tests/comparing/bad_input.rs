//! Runs that cannot be compared, or only in part: told as such, never judged wrongly.

use reports::Results;
use reports::compare::Comparison;

use crate::made_up::Made;
use crate::{compare, options, session};

#[test]
fn runs_without_a_common_subject_are_no_comparison() {
    let mut other = Made::new(2, 12);
    other.name = "other@ext4".to_owned();
    let error = Comparison::new(&Made::new(1, 12).results(), &other.results(), &options());
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("driver@ext4") && error.contains("other@ext4"),
        "{error}"
    );
}

#[test]
fn zeros_have_no_ratio_and_no_wrong_verdict() {
    let (mut a, mut b) = session(1, 12, |_| {});
    for run in [&mut a, &mut b] {
        run.records
            .iter_mut()
            .filter(|r| r.metric == "time")
            .for_each(|r| r.value = 0.0);
    }
    let comparison = compare(&a, &b);
    assert!(comparison.rows.iter().all(|row| !row.call.differs()));
    assert!(
        comparison
            .rows
            .iter()
            .all(|row| row.ratio.is_none_or(f64::is_finite))
    );
    serde_json::to_string(&comparison).unwrap();
}

#[test]
fn a_file_that_holds_two_runs_is_refused() {
    let lines = |made: &Made| made.lines();
    let (one, mut other) = (Made::new(1, 2), Made::new(2, 2));
    other.started = "2026-02-02T02:02:02Z".to_owned();
    let error = Results::from_lines(&(lines(&one) + &lines(&other)))
        .unwrap_err()
        .to_string();
    assert!(error.contains("another run begins here"), "{error}");
    // Only the host's line strayed in.
    let mut elsewhere = Made::new(1, 2);
    elsewhere.host("cpu", "another");
    let stray = elsewhere.lines();
    let stray = stray
        .lines()
        .find(|line| line.contains(r#""kind":"host""#))
        .unwrap();
    let error = Results::from_lines(&(lines(&one) + stray + "\n"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("another host"), "{error}");
    // The same run going on (its plan changed) is no other.
    let text = lines(&one);
    let again = text.lines().next().unwrap();
    assert!(Results::from_lines(&(text.clone() + again + "\n")).is_ok());
}

#[test]
fn a_torn_file_loses_its_last_line_and_no_more() {
    let text = Made::new(1, 6).lines();
    let torn = Results::from_lines(&text[..text.len() - 9]).unwrap();
    assert!(torn.end.is_none());
    let whole = Results::from_lines(&text).unwrap();
    assert_eq!(torn.records, whole.records);
    let comparison = compare(&whole, &torn);
    assert!(comparison.incomplete && comparison.rows.iter().all(|row| !row.call.differs()));
}

#[test]
fn old_and_new_schemas_compare() {
    let text = Made::new(1, 6).lines();
    let old = Results::from_lines(&text.replace(r#""schema":2"#, r#""schema":1"#)).unwrap();
    let comparison = compare(&old, &Results::from_lines(&text).unwrap());
    assert!(!comparison.rows.is_empty() && comparison.differing().count() == 0);
}
