//! A gate's outcome as JUnit XML: one case for each finding, and one for all the rest.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::finding::{Finding, Gate, State};
use crate::error::{Error, ErrorKind, Result};

/// Confirmed findings fail; what fresh rounds did not settle is skipped with its reason, what they refuted passes.
///
/// # Errors
/// `BadInput` when the XML cannot be written.
pub fn junit(gate: &Gate) -> Result<String> {
    let mut suite = TestSuite::new(gate.title.as_str());
    for finding in &gate.findings {
        suite.add_test_case(test_case(finding));
    }
    let mut rest = TestCase::new("everything-else", TestCaseStatus::success());
    rest.set_classname("gate");
    rest.set_system_out(super::show::text(gate));
    suite.add_test_case(rest);
    let mut report = Report::new("layerbench gate");
    report.add_test_suite(suite);
    report
        .to_string()
        .map_err(|e| Error::new(ErrorKind::BadInput, format!("write the gate's JUnit: {e}")))
}

fn test_case(finding: &Finding) -> TestCase {
    let status = match finding.state {
        State::Confirmed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        State::Flagged | State::Unsettled => TestCaseStatus::skipped(),
        State::Refuted => TestCaseStatus::success(),
    };
    let mut test = TestCase::new(finding.what.as_str(), status);
    if finding.state != State::Refuted {
        test.status.set_message(finding.sentence());
    }
    if finding.state == State::Confirmed {
        test.status.set_type("regression");
        if let Some(repeat) = &finding.repeat {
            test.status.set_description(format!("repeat: {repeat}"));
        }
    }
    test.set_classname(format!("gate.{}", finding.subject));
    test
}
