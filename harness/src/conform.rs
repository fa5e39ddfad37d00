//! The conformance part of a run: every case on every subject, on a ground of its own that is gone before anything is
//! measured.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use conformance::{Case, Level, Outcome};
use drivers::Host;
use reports::Line;
use reports::record::{CaseResult, Dnf, Level as RecordLevel, Outcome as RecordOutcome};

use crate::examined::Examined;
use crate::progress::Progress;
use crate::records::Records;
use crate::subjects::Planned;
use crate::workplace::Workplace;
use crate::{describe, interrupt};

/// Far above what any case takes on the slowest driver; `conform` has a flag for it.
const CASE_LIMIT: Duration = Duration::from_secs(120);
/// The same where each step takes many times as long.
const EMULATED_CASE_LIMIT: Duration = Duration::from_secs(600);

/// The time one case may take where nobody says.
pub(crate) fn case_limit() -> Duration {
    if crate::hostfacts::emulated() {
        EMULATED_CASE_LIMIT
    } else {
        CASE_LIMIT
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suite<'a> {
    /// The cases, in order.
    pub(crate) cases: &'a [&'static Case],
    /// The time one of them may take.
    pub(crate) case_limit: Duration,
    /// The time all of them may take on a subject; what is not asked by then is told.
    pub(crate) time: Option<Duration>,
}

/// Asks every case of every subject. Nothing is timed here, so the subjects take turns on the processors, each in a thread
/// of its own: the slowest driver waits more than it works.
pub(crate) fn run(
    suite: Suite<'_>,
    subjects: &[Planned],
    place: &Workplace,
    host: &Host,
    records: &mut Records,
) -> anyhow::Result<()> {
    let bar = Progress::new("conformance", (suite.cases.len() * subjects.len()) as u64);
    let (sender, lines) = std::sync::mpsc::channel::<(usize, Line)>();
    let outcome = std::thread::scope(|scope| {
        let threads: Vec<_> = subjects
            .iter()
            .enumerate()
            .map(|(number, planned)| {
                let sender = sender.clone();
                let tell = move |line| {
                    // The receiver lives until every thread has ended.
                    sender.send((number, line)).context("handing over a record")
                };
                scope.spawn(move || one_subject(suite, planned, place, host, &tell))
            })
            .collect();
        drop(sender);
        let mut outcome = Ok(());
        // Reports show subjects in the order they are first named: what comes before all are open waits for that.
        let mut waiting: Vec<(usize, Line)> = Vec::new();
        let mut unnamed = subjects.len();
        for (number, line) in lines {
            if let Line::Case(case) = &line {
                bar.next(&format!("{}: {}", case.subject, case.case));
                bar.done();
            }
            unnamed -= usize::from(matches!(line, Line::Subject(_)));
            waiting.push((number, line));
            if unnamed == 0 {
                // Lines are still taken in after a failure to write: the threads must be able to end.
                outcome = outcome.and_then(|()| push_all(&mut waiting, records));
            }
        }
        outcome = outcome.and_then(|()| push_all(&mut waiting, records));
        for thread in threads {
            let ended = thread
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread of the suite panicked")));
            outcome = outcome.and(ended);
        }
        outcome
    });
    bar.finish();
    outcome
}

/// Writes what has waited: the subjects first, in their order.
fn push_all(waiting: &mut Vec<(usize, Line)>, records: &mut Records) -> anyhow::Result<()> {
    waiting.sort_by_key(|(number, line)| match line {
        Line::Subject(_) => (0, *number),
        // The sort is stable: everything else stays in the order it came.
        _ => (1, 0),
    });
    waiting
        .drain(..)
        .try_for_each(|(_, line)| records.push(line))
}

fn one_subject(
    suite: Suite<'_>,
    planned: &Planned,
    place: &Workplace,
    host: &Host,
    tell: &dyn Fn(Line) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut examined = Examined::open(planned, place, host)?;
    let name = examined.name.clone();
    if let Some(subject) = &examined.subject {
        let (ground, driver) = (&examined.ground, subject.driver()?);
        tell(Line::Subject(describe::subject(
            planned, &name, None, ground, driver,
        )))?;
    }
    let mut lost = "";
    let began = Instant::now();
    for (number, case) in suite.cases.iter().enumerate() {
        if interrupt::requested() {
            break;
        }
        if let Some(time) = suite.time.filter(|time| began.elapsed() > *time) {
            let left = suite.cases.len() - number;
            tell(Line::Dnf(not_asked(
                &name,
                planned,
                left,
                suite.cases.len(),
                time,
            )))?;
            break;
        }
        let report = match examined.subject.take() {
            Some(alive) => {
                let (report, back) = conformance::run_bounded(case, alive, suite.case_limit);
                examined.subject = back;
                if examined.subject.is_none() {
                    lost = case.name;
                }
                report
            }
            None => conformance::Report {
                outcome: Outcome::Broken(format!("the driver hangs since {lost}")),
                seconds: 0.0,
                asked_again: None,
                reduced: Vec::new(),
            },
        };
        tell(Line::Case(result(case, &report, planned, &name)))?;
    }
    examined.close()
}

fn not_asked(subject: &str, planned: &Planned, left: usize, all: usize, time: Duration) -> Dnf {
    Dnf {
        subject: subject.to_owned(),
        workload: "conformance".to_owned(),
        phase: None,
        params: Default::default(),
        round: None,
        after_seconds: None,
        reason: format!(
            "{left} of {all} cases were not asked within the {} s a run has for them; layerbench conform --driver {} asks all",
            time.as_secs(),
            planned.backend.name()
        ),
    }
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
        reason: report.reason(),
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
