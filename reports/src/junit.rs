//! `junit.xml`: the conformance answers, one suite per subject, for CI systems.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::error::{Error, ErrorKind, Result};
use crate::record::{CaseResult, Outcome, Results, Subject};

/// The answers as JUnit XML: fail is a failure, broken an error, not applicable skipped; a declared deviation passes and
/// says so in its output.
///
/// # Errors
/// `BadInput` when the XML cannot be written.
pub fn junit(results: &Results) -> Result<String> {
    let mut report = Report::new("layerbench");
    let mut subjects: Vec<&str> = Vec::new();
    for case in &results.cases {
        if !subjects.contains(&case.subject.as_str()) {
            subjects.push(&case.subject);
        }
    }
    for subject in subjects {
        let known = results.subjects.iter().find(|s| s.name == subject);
        let spec = known.map_or_else(|| subject.to_owned(), Subject::spec);
        let mut suite = TestSuite::new(subject);
        for case in results.cases.iter().filter(|case| case.subject == subject) {
            suite.add_test_case(test_case(case, &spec));
        }
        report.add_test_suite(suite);
    }
    report
        .to_string()
        .map_err(|e| Error::new(ErrorKind::BadInput, format!("write junit.xml: {e}")))
}

fn test_case(case: &CaseResult, spec: &str) -> TestCase {
    let status = match case.outcome {
        Outcome::Pass | Outcome::Deviates => TestCaseStatus::success(),
        Outcome::NotApplicable => TestCaseStatus::skipped(),
        Outcome::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Broken => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let mut test = TestCase::new(case.case.as_str(), status);
    if !matches!(case.outcome, Outcome::Pass | Outcome::Deviates) {
        test.status.set_message(case.reason.as_str());
    }
    if case.outcome == Outcome::Fail {
        test.status.set_type(case.theme.as_str());
        test.status.set_description(format!(
            "{}\nexpected: {}\nactual: {}\norigin: {}\nrerun: layerbench conform --driver {} --case {}",
            case.promise,
            case.expected.as_deref().unwrap_or("-"),
            case.actual.as_deref().unwrap_or("-"),
            case.origin,
            spec,
            case.case
        ));
    }
    if case.outcome == Outcome::Deviates {
        test.set_system_out(format!("deviates as declared: {}", case.reason));
    }
    test.set_classname(format!("{}.{}", case.driver, case.theme));
    test.set_time(Duration::try_from_secs_f64(case.seconds).unwrap_or_default());
    test
}
