//! `cargo test`: every driver x case, as `driver@backing::theme::case`, on real filesystems of this host.
//!
//! Each subject gets a backing store of its own, opened when its first case runs and shared by all its cases. A driver
//! that cannot run here is listed as ignored, with the reason and the command that mends it. What deviates as declared
//! is in order, and is listed at the end with its reason.
#![expect(
    clippy::print_stdout,
    reason = "a test runner's document is its standard output"
)]

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use conformance::case::Theme;
use conformance::{Case, Outcome};
use drivers::sandbox::{Run, enter};
use drivers::{Host, Missing, SubjectSpec, Support};
use libtest_mimic::{Arguments, Failed, Trial};

mod lab;
mod leaks;
mod watch;

use lab::Lab;
use watch::Watch;

/// Subjects beside each driver's default: another backing, and options that change what a driver declares.
const MORE: &[&str] = &[
    "overlay2@xfs",
    "overlay2@ext4,metacopy=on,redirect_dir=on",
    "vfs@xfs",
];

/// Subjects whose options matter to one theme: the others would ask the same again, in a minute each.
const LIMITED: &[&str] = &[
    "btrfs@btrfs,quota=on",
    "overlay2@ext4,quota=on",
    "overlay2@xfs,quota=on",
    "fuse-overlayfs@ext4,quota=on",
    "vfs@ext4,quota=on",
];

/// What is worth saying at the end: subject, case, outcome, seconds.
type Notes = Arc<Mutex<Vec<(String, &'static str, Outcome, f64)>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> drivers::Result<ExitCode> {
    // First of all: threads that are started later live in the same namespace.
    enter()?;
    let host = Host::detect();
    let run = Arc::new(Run::create(&lab::work_dir())?);
    let mut labs = Vec::new();
    let mut missing = Vec::new();
    for spec in specs()? {
        let support = drivers::backend(&spec.driver)?.probe(&host);
        let refused = lab::refused(&spec, &run, &host)?;
        match refused.map_or(support, Support::Missing) {
            Support::Ready(_) => {
                let lab = Lab::new(labs.len(), spec, Arc::clone(&run), host.clone());
                labs.push(Arc::new(lab));
            }
            Support::Missing(why) => missing.push((spec, why)),
        }
    }

    let (notes, watch) = (Notes::default(), Watch::start());
    let mut trials = Vec::new();
    // Case by case, not driver by driver: two threads then work on two drivers.
    for case in conformance::ALL {
        let asked = |name: &str| case.theme == Theme::Quota || !LIMITED.contains(&name);
        for lab in labs.iter().filter(|lab| asked(lab.name())) {
            trials.push(trial(lab, case, &notes, &watch));
        }
        for (spec, _) in missing.iter().filter(|(spec, _)| asked(&lab::spell(spec))) {
            trials.push(
                Trial::test(name(&lab::spell(spec), case), || Ok(())).with_ignored_flag(true),
            );
        }
    }
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(arguments, trials);
    if listing {
        return Ok(ExitCode::SUCCESS);
    }
    summary(&notes, &missing);
    lab::end(labs, run, conclusion.exit_code())
}

fn specs() -> drivers::Result<Vec<SubjectSpec>> {
    let defaults = drivers::ALL.iter().map(|backend| backend.name());
    defaults
        .chain(MORE.iter().copied())
        .chain(LIMITED.iter().copied())
        .map(str::parse)
        .collect()
}

fn trial(lab: &Arc<Lab>, case: &'static Case, notes: &Notes, watch: &Watch) -> Trial {
    let (lab, notes, watch) = (Arc::clone(lab), Arc::clone(notes), watch.clone());
    Trial::test(name(lab.name(), case), move || {
        let report = lab.run(case, &watch).map_err(|error| error.to_string())?;
        let failed = (!report.outcome.is_ok())
            .then(|| Failed::from(format!("{}: {}", report.outcome.name(), report.reason())));
        if let Some(first) = &report.asked_again {
            println!(
                "{} {}: asked twice, as the daemon was lost the first time: {first}",
                lab.name(),
                case.name
            );
        }
        let note = (
            lab.name().to_owned(),
            case.name,
            report.outcome,
            report.seconds,
        );
        notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(note);
        failed.map_or(Ok(()), Err)
    })
}

fn name(subject: &str, case: &Case) -> String {
    format!("{subject}::{}::{}", case.theme.name(), case.name)
}

fn summary(notes: &Notes, missing: &[(SubjectSpec, Missing)]) {
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut subject = "";
    for (name, case, outcome, _) in notes.iter() {
        if matches!(outcome, Outcome::Deviates(_) | Outcome::NotApplicable(_)) {
            if subject != name {
                println!("\n{name}");
                subject = name;
            }
            println!("  {} {case}: {}", outcome.name(), outcome.reason());
        }
    }
    println!();
    let mut subjects: Vec<&str> = notes.iter().map(|note| note.0.as_str()).collect();
    subjects.dedup();
    for subject in subjects {
        let mine: Vec<_> = notes.iter().filter(|note| note.0 == subject).collect();
        let seconds: f64 = mine.iter().map(|note| note.3).sum();
        let slowest = mine.iter().max_by(|a, b| a.3.total_cmp(&b.3));
        let slowest = slowest.map_or(String::new(), |note| format!("{} {:.1} s", note.1, note.3));
        println!(
            "{subject}: {} cases in {seconds:.1} s, slowest {slowest}",
            mine.len()
        );
    }
    for (spec, why) in missing {
        println!("{}: ignored, {} ({})", lab::spell(spec), why.what, why.fix);
    }
}
