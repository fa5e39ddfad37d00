//! `layerbench conform`: asks the suite, shows the matrix, tells each failure and how to ask again.

use std::fmt::Write as _;
use std::time::Instant;

use reports::matrix::{self, Shown};
use reports::record::{CaseResult, Level, Outcome, Results, Subject};

use super::ending;
use super::report::Documents;
use crate::cli::{ConformArgs, FailOn, Format, rows};
use crate::conform::{self, Suite};
use crate::known::{Known, Verdict};
use crate::outfile::Outfile;
use crate::records::Records;
use crate::select::{Filter, select};
use crate::subjects::Selection;
use crate::workplace::{self, Workplace};
use crate::{describe, exit, inside, layout, progress, runs, subjects};

pub(super) fn run(args: &ConformArgs) -> anyhow::Result<u8> {
    let began = Instant::now();
    // Everything the user may have mistyped is found before anything is made.
    let backing = subjects::backing(args.subjects.backing.as_deref())?;
    let cases = select(&Filter {
        cases: &args.cases,
        themes: &args.themes,
        levels: &args.levels,
    })?;
    if args.list {
        progress::document(&super::list::cases(&cases, args.print.wanted())?)?;
        return Ok(exit::OK);
    }
    subjects::understand(&args.subjects.drivers)?;
    let known = args.known.as_deref().map(Known::read).transpose()?;
    let known = known.unwrap_or_default();
    let junit = args.junit.as_deref().map(Outfile::checked).transpose()?;
    if inside::is() {
        drivers::sandbox::userns::take()?;
    }
    let host = workplace::enter()?;
    let (place, selection) = if inside::wanted(args) {
        (Workplace::create(&args.work)?, Selection::default())
    } else {
        Workplace::with_subjects(&args.work, &args.subjects.drivers, backing, &host)?
    };
    let mut records = Records::create(&args.output.out, &runs::stem(&host, place.dir()))?;
    describe::begin(asked(args), &host, &place, &selection, &mut records)?;
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
    let ended = ending::end(outcome, place, began, &mut records)?;
    let done = if ended.interrupted {
        exit::INTERRUPTED
    } else {
        exit::OK
    };
    // Who started the second process tells what came of it.
    if inside::is() {
        return Ok(done);
    }
    let results = records.results();
    if let Some(file) = &junit {
        file.write(&reports::junit(results)?)?;
    }
    let verdict = Judged::new(results, &known, args.fail_on);
    progress::document(&document(args, results, ended.documents, &verdict))?;
    ending::tell(&args.output.out, &records);
    Ok(if verdict.failed && done == exit::OK {
        exit::FAILED
    } else {
        done
    })
}

/// As the records tell it.
fn asked(args: &ConformArgs) -> describe::Asked<'static> {
    let config = [("store_bytes".to_owned(), args.work.size.as_u64().into())];
    describe::Asked {
        seed: 0,
        profile: "conformance",
        rounds: 0,
        workloads: &[],
        image: Default::default(),
        config: config.into(),
    }
}

/// The answers, in the format that is wanted.
fn document(
    args: &ConformArgs,
    results: &Results,
    documents: Documents,
    verdict: &Judged,
) -> String {
    match args.print.wanted() {
        Format::Json => documents.json,
        Format::Table => {
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
        }
        format => rows(&reports::sheet::cases(results, args.only_differs), format),
    }
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
