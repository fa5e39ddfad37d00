//! `layerbench conform --random TIME` and `--replay TEXT`: sequences of operations, driver against model after every
//! step, until the time is up or one fails; that one is shown at its smallest, with the command that plays it again.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use conformance::random::{self, Budget, Plan, Sequence};
use drivers::Host;
use reports::table::Table;
use serde_json::json;

use crate::cli::{ConformArgs, Format, rows, table};
use crate::examined::Examined;
use crate::progress::Progress;
use crate::subjects::{self, Planned};
use crate::workplace::{self, Workplace};
use crate::{exit, interrupt, progress};

/// What is played.
enum Task {
    For(Duration, u64),
    Again(Sequence),
}

/// What came of one subject.
struct Played {
    subject: String,
    spec: String,
    outcome: random::Outcome,
}

pub(super) fn run(args: &ConformArgs) -> anyhow::Result<u8> {
    let backing = subjects::backing(args.subjects.backing.as_deref())?;
    let task = match (&args.replay, args.random) {
        (Some(text), _) => Task::Again(
            text.parse()
                .map_err(|e: random::parse::Unreadable| exit::coded(exit::USAGE, e.to_string()))?,
        ),
        (None, time) => Task::For(time.unwrap_or_default(), args.seed),
    };
    let host = workplace::enter()?;
    let (place, selection) =
        Workplace::with_subjects(&args.work, &args.subjects.drivers, backing, &host)?;
    let seconds = match &task {
        Task::For(time, _) => time.as_secs(),
        Task::Again(_) => 0,
    };
    let bar = Progress::new("random", seconds);
    let (began, shown) = (Instant::now(), AtomicU64::new(0));
    let observe = |subject: &str, progress: random::Progress| {
        let now = began.elapsed().as_secs().min(seconds);
        for _ in shown.fetch_max(now, Ordering::Relaxed)..now {
            bar.done();
        }
        bar.next(&match progress.shrinking {
            Some(steps) => format!("{subject}: a failure, now {steps} steps"),
            None => format!(
                "{subject}: {} sequences, {} steps",
                progress.sequences, progress.steps
            ),
        });
        if interrupt::requested() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let played: Vec<anyhow::Result<Played>> = std::thread::scope(|scope| {
        let threads: Vec<_> = selection
            .ready
            .iter()
            .map(|planned| scope.spawn(|| play(&task, planned, &place, &host, &observe)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread of the suite panicked")))
            })
            .collect()
    });
    bar.finish();
    place.close()?;
    let played = played.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let format = args.print.wanted();
    let text = if matches!(format, Format::Csv | Format::Markdown) {
        rows(&sheet(&played), format)
    } else if format == Format::Json {
        let all: Vec<_> = played.iter().map(as_json).collect();
        format!(
            "{}\n",
            serde_json::to_string_pretty(&json!({ "schema": 1, "random": all }))?
        )
    } else {
        as_text(&played, args.seed)
    };
    progress::document(&text)?;
    Ok(if interrupt::requested() {
        exit::INTERRUPTED
    } else if played.iter().any(|one| one.outcome.failure.is_some()) {
        exit::FAILED
    } else {
        exit::OK
    })
}

fn play(
    task: &Task,
    planned: &Planned,
    place: &Workplace,
    host: &Host,
    observe: &(dyn Fn(&str, random::Progress) -> ControlFlow<()> + Sync),
) -> anyhow::Result<Played> {
    let mut examined = Examined::open(planned, place, host)?;
    let name = examined.name.clone();
    let outcome = examined.subject.as_mut().map(|subject| match task {
        Task::For(time, seed) => {
            let plan = Plan::new(*seed, Budget::Time(*time));
            random::run(subject, &plan, &mut |progress| observe(&name, progress))
        }
        Task::Again(sequence) => random::replay(subject, sequence),
    });
    let (subject, closed) = (name, examined.close());
    let mut spec = format!("{}@{}", planned.backend.name(), planned.backing);
    for (option, value) in &planned.spec.options.0 {
        spec.extend([",", option, "=", value]);
    }
    closed?;
    outcome
        .map(|outcome| Played {
            subject,
            spec,
            outcome,
        })
        .ok_or_else(|| anyhow::anyhow!("the driver was not open"))
}

fn as_text(played: &[Played], seed: u64) -> String {
    let mut coverage = random::Coverage::default();
    let mut lines = Vec::new();
    for one in played {
        let o = &one.outcome;
        coverage.merge(&o.coverage);
        lines.push(format!(
            "{}: {} sequences, {} steps, {} of them refused as they had to be; {} left out as unspecified{}",
            one.subject,
            o.sequences,
            o.steps,
            o.refused,
            o.unasked,
            match o.lost.len() {
                0 => String::new(),
                lost => format!("; {lost} played again, as the daemon was lost"),
            }
        ));
    }
    lines.push(String::new());
    lines.push(coverage.to_string());
    for one in played {
        if let Some(failure) = &one.outcome.failure {
            lines.push(format!(
                "\nFAIL on {}: sequence {} of seed {}, {} steps, at its smallest:\n{failure}\nagain:    layerbench conform --driver {} --replay '{}'",
                one.subject,
                failure.case_no,
                failure.seed.unwrap_or(seed),
                failure.steps_before,
                one.spec,
                failure.smallest,
            ));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A row for each subject.
fn sheet(played: &[Played]) -> Table {
    let head = [
        "subject",
        "sequences",
        "steps",
        "refused",
        "unasked",
        "failure",
        "again",
    ];
    let all = played.iter().map(|one| {
        let o = &one.outcome;
        let failure = o.failure.as_ref();
        [
            one.subject.clone(),
            o.sequences.to_string(),
            o.steps.to_string(),
            o.refused.to_string(),
            o.unasked.to_string(),
            failure
                .map(|failure| failure.outcome.reason())
                .unwrap_or_default(),
            failure
                .map(|failure| failure.smallest.to_string())
                .unwrap_or_default(),
        ]
    });
    table(head, all)
}

fn as_json(one: &Played) -> serde_json::Value {
    let o = &one.outcome;
    let (met, possible) = o.coverage.pairs();
    json!({
        "subject": one.subject, "sequences": o.sequences, "steps": o.steps, "refused": o.refused, "unasked": o.unasked,
        "lost": o.lost, "pairs_met": met, "pairs_possible": possible,
        "failure": o.failure.as_ref().map(|failure| json!({
            "seed": failure.seed, "sequence": failure.case_no, "smallest": failure.smallest.to_string(), "at": failure.at,
            "outcome": failure.outcome.name(), "reason": failure.outcome.reason(),
        })),
    })
}
