//! The conformance part of a run: every case on every subject, on a ground of its own that is gone before anything is
//! measured.

use anyhow::Context as _;
use conformance::{Case, Level, Outcome};
use drivers::Host;
use reports::Line;
use reports::record::{CaseResult, Level as RecordLevel, Outcome as RecordOutcome};

use crate::progress::Progress;
use crate::records::Records;
use crate::subjects::Planned;
use crate::workplace::Workplace;
use crate::{describe, exit, interrupt};

/// The cases whose name contains one of `texts`; all, if there is none.
pub(crate) fn select(texts: &[String]) -> anyhow::Result<Vec<&'static Case>> {
    for text in texts {
        if !conformance::ALL
            .iter()
            .any(|case| case.name.contains(text.as_str()))
        {
            return Err(exit::coded(
                exit::USAGE,
                format!(
                    "no case's name contains {text:?}; layerbench list names all {}",
                    conformance::ALL.len()
                ),
            ));
        }
    }
    let wanted = |case: &&&'static Case| {
        texts.is_empty() || texts.iter().any(|text| case.name.contains(text.as_str()))
    };
    Ok(conformance::ALL.iter().filter(wanted).copied().collect())
}

/// Asks every case of every subject.
pub(crate) fn run(
    cases: &[&'static Case],
    subjects: &[Planned],
    place: &Workplace,
    host: &Host,
    records: &mut Records,
) -> anyhow::Result<()> {
    let bar = Progress::new("conformance", (cases.len() * subjects.len()) as u64);
    for (number, planned) in subjects.iter().enumerate() {
        let ground = place.ground(planned, host)?;
        let scratch = place.directory(&format!("cases-{number}"))?;
        let mut subject = conformance::Subject::open(
            planned.backend,
            ground.root().clone(),
            planned.spec.options.clone(),
            &scratch,
        )
        .with_context(|| format!("opening {}@{}", planned.backend.name(), planned.backing))?;
        let name = planned.name(&subject.driver()?.ground_label());
        records.push(Line::Subject(describe::subject(
            planned,
            &name,
            None,
            &ground,
            subject.driver()?,
        )))?;
        for case in cases {
            if interrupt::requested() {
                break;
            }
            bar.next(&format!("{name}: {}", case.name));
            let report = conformance::run(case, &mut subject);
            records.push(Line::Case(result(case, &report, planned, &name)))?;
            bar.done();
        }
        let closed = subject.close();
        let released = ground.close();
        closed.with_context(|| format!("closing {name}"))?;
        released.with_context(|| format!("closing the ground of {name}"))?;
        if interrupt::requested() {
            break;
        }
    }
    bar.finish();
    Ok(())
}

fn result(
    case: &Case,
    report: &conformance::Report,
    planned: &Planned,
    subject: &str,
) -> CaseResult {
    let (expected, actual) = match &report.outcome {
        Outcome::Fail { expected, actual } => (Some(expected.clone()), Some(actual.clone())),
        _ => (None, None),
    };
    CaseResult {
        subject: subject.to_owned(),
        driver: planned.backend.name().to_owned(),
        case: case.name.to_owned(),
        outcome: match &report.outcome {
            Outcome::Pass => RecordOutcome::Pass,
            Outcome::Fail { .. } => RecordOutcome::Fail,
            Outcome::Deviates(_) => RecordOutcome::Deviates,
            Outcome::NotApplicable(_) => RecordOutcome::NotApplicable,
            Outcome::Broken(_) => RecordOutcome::Broken,
        },
        reason: report.outcome.reason(),
        promise: case.promise.to_owned(),
        origin: case.origin.to_owned(),
        level: match case.level {
            Level::Must => RecordLevel::Must,
            Level::Should => RecordLevel::Should,
            Level::Informs => RecordLevel::Informs,
        },
        theme: case.theme.name().to_owned(),
        capability: case.capability.map(str::to_owned),
        expected,
        actual,
        seconds: report.seconds,
    }
}
