//! `layerbench conform`: asks the suite, shows the matrix, tells each failure and how to ask again.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::Context as _;
use reports::Line;
use reports::matrix::{self, Shown};
use reports::record::{CaseResult, End, Level, Outcome, Results, Subject};

use crate::cli::{ConformArgs, FailOn, Format, rows};
use crate::conform::{self, Suite};
use crate::known::{Known, Verdict};
use crate::records::Records;
use crate::select::{Filter, select};
use crate::subjects::Selection;
use crate::workplace::{self, Workplace};
use crate::{describe, exit, inside, interrupt, layout, progress, runs, subjects};

pub(super) fn run(args: &ConformArgs) -> anyhow::Result<u8> {
    let began = Instant::now();
    // Everything the user may have mistyped is found before anything is made.
    let backing = subjects::backing(args.backing.as_deref())?;
    let cases = select(&Filter {
        cases: &args.cases,
        themes: &args.themes,
        levels: &args.levels,
    })?;
    if args.list {
        progress::document(&super::list::cases(&cases, args.print.wanted())?)?;
        return Ok(exit::OK);
    }
    let known = args
        .known
        .as_deref()
        .map(Known::read)
        .transpose()?
        .unwrap_or_default();
    if inside::is() {
        drivers::sandbox::userns::take()?;
    }
    let host = workplace::enter()?;
    let (place, selection) = if inside::wanted(args) {
        (Workplace::create(&args.work)?, Selection::default())
    } else {
        Workplace::with_subjects(&args.work, &args.drivers, backing, &host)?
    };
    let mut records = Records::create(&args.out, &runs::stem(&host, place.dir()))?;
    let config = [("store_bytes".to_owned(), args.work.size.as_u64().into())];
    let asked = describe::Asked {
        seed: 0,
        profile: "conformance",
        rounds: 0,
        workloads: &[],
        image: Default::default(),
        config: config.into(),
    };
    describe::begin(asked, &host, &place, &selection, &mut records)?;
    let suite = Suite {
        cases: &cases,
        case_limit: args.case_timeout.unwrap_or_else(conform::case_limit),
        time: None,
    };
    let outcome = if inside::wanted(args) {
        inside::ask(args, &place, &mut records)
    } else {
        let outcome = conform::run(suite, &selection.ready, &place, &host, &mut records);
        outcome.and(records.configured("checks", conformance::check::made().into()))
    };
    let closed = place.close();
    let interrupted = interrupt::requested();
    records.push(Line::End(End {
        seconds: began.elapsed().as_secs_f64(),
        interrupted,
    }))?;
    let documents = super::report::write(records.results(), records.dir())?;
    outcome?;
    closed?;
    if inside::is() {
        return Ok(if interrupted {
            exit::INTERRUPTED
        } else {
            exit::OK
        });
    }
    let results = records.results();
    if let Some(path) = &args.junit {
        std::fs::write(path, reports::junit(results)?)
            .with_context(|| format!("could not write {}", path.display()))?;
    }
    let verdict = Judged::new(results, &known, args.fail_on);
    let format = args.print.wanted();
    progress::document(&if format == Format::Json {
        documents.json
    } else if format != Format::Table {
        rows(&reports::sheet::cases(results, args.only_differs), format)
    } else {
        let shown = Shown {
            only_differs: args.only_differs,
        };
        let text = format!(
            "{}{}\n{}{}",
            matrix::matrix(results, shown),
            matrix::failures(results),
            documents.summary,
            verdict.told
        );
        layout::broken(&text, layout::width())
    })?;
    progress::say(&format!(
        "layerbench: wrote {} (run {})",
        args.out.join("report.html").display(),
        records.id()
    ));
    super::export::hint();
    Ok(if interrupted {
        exit::INTERRUPTED
    } else if verdict.failed {
        exit::FAILED
    } else {
        exit::OK
    })
}

/// What the answers come to.
struct Judged {
    failed: bool,
    told: String,
}

impl Judged {
    fn new(results: &Results, known: &Known, fail_on: FailOn) -> Self {
        let mut judged = Self {
            failed: false,
            told: String::new(),
        };
        for case in &results.cases {
            let spec = results
                .subjects
                .iter()
                .find(|subject| subject.name == case.subject)
                .map_or_else(|| case.driver.clone(), Subject::spec);
            match known.judge(case, &spec) {
                Verdict::Unknown => judged.failed |= counts(case, fail_on),
                Verdict::Fails(link) => judged.tell(case, "fails as known", link),
                Verdict::Mended(link) => {
                    judged.failed = true;
                    judged.tell(case, "is listed as a known failure and does not fail", link);
                }
            }
        }
        judged
    }

    fn tell(&mut self, case: &CaseResult, what: &str, link: &str) {
        let _ = writeln!(
            self.told,
            "{} on {} {what}: {link}",
            case.case, case.subject
        );
    }
}

/// Whether an answer fails the run. What could not be asked is never in order.
fn counts(case: &CaseResult, fail_on: FailOn) -> bool {
    let owed = match fail_on {
        FailOn::Must => case.level == Level::Must,
        FailOn::Should => case.level != Level::Informs,
        FailOn::Informs => true,
    };
    case.outcome == Outcome::Broken || case.outcome == Outcome::Fail && owed
}
