//! One change set, every driver of this host, one trial for each set and ordered pair: what one exports, the other exports
//! too, and takes as the same tree.
#![expect(
    clippy::print_stdout,
    reason = "a test runner's document is its standard output"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use conformance::Outcome;
use conformance::cross::{self, ChangeSet, Exported, Imported};
use drivers::sandbox::{Run, enter};
use drivers::{Host, Support};
use libtest_mimic::{Arguments, Failed, Trial};

// What the runner of cases needs of them is not needed here.
#[expect(dead_code, reason = "shared with the runner of cases")]
mod lab;
mod leaks;
mod watch;

use lab::Lab;
use watch::Watch;

/// Subjects beside each driver's default: options that change what stays linked.
const MORE: &[&str] = &["overlay2@ext4,metacopy=on,redirect_dir=on"];

/// What several trials need: an export by set and subject, an import by set, subject and archive.
#[derive(Debug, Default)]
struct Known {
    exports: BTreeMap<(&'static str, String), Result<Exported, Outcome>>,
    imports: BTreeMap<(&'static str, String, Vec<u8>), Result<Imported, Outcome>>,
    /// What deviates as declared, and from where to where.
    notes: BTreeMap<String, Vec<String>>,
}

type Shared = Arc<Mutex<Known>>;

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
    enter()?;
    let host = Host::detect();
    let run = Arc::new(Run::create(&lab::work_dir())?);
    let (shared, watch) = (Shared::default(), Watch::start());
    let mut labs: Vec<Arc<Lab>> = Vec::new();
    let defaults = drivers::ALL.iter().map(|backend| backend.name());
    for text in defaults.chain(MORE.iter().copied()) {
        let spec: drivers::SubjectSpec = text.parse()?;
        if let Support::Ready(_) = drivers::backend(&spec.driver)?.probe(&host) {
            let lab = Lab::new(labs.len(), spec, Arc::clone(&run), host.clone());
            labs.push(Arc::new(lab));
        }
    }
    let mut trials = Vec::new();
    for set in cross::SETS {
        for from in &labs {
            for to in labs.iter().filter(|to| to.name() != from.name()) {
                trials.push(trial(set, from, to, &shared, &watch));
            }
        }
    }
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(arguments, trials);
    if listing {
        return Ok(ExitCode::SUCCESS);
    }
    let known = shared.lock().unwrap_or_else(PoisonError::into_inner);
    for (what, pairs) in &known.notes {
        println!("as declared, {}: {what}", pairs.join(", "));
    }
    lab::end(labs, run, conclusion.exit_code())
}

fn trial(
    set: &'static ChangeSet,
    from: &Arc<Lab>,
    to: &Arc<Lab>,
    shared: &Shared,
    watch: &Watch,
) -> Trial {
    let (from, to) = (Arc::clone(from), Arc::clone(to));
    let (shared, watch) = (Arc::clone(shared), watch.clone());
    let name = format!("{}::{}::{}", set.name, from.name(), to.name());
    Trial::test(name, move || {
        let pair = format!("{} to {}", from.name(), to.name());
        let outcome = outcome(set, &from, &to, &shared, &watch).map_err(|e| e.to_string())?;
        match outcome {
            Outcome::Pass | Outcome::NotApplicable(_) => Ok(()),
            Outcome::Deviates(why) => {
                let mut known = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let what = format!("{}: {why}", set.name);
                known.notes.entry(what).or_default().push(pair);
                Ok(())
            }
            other => Err(Failed::from(format!(
                "{}: {}",
                other.name(),
                other.reason()
            ))),
        }
    })
}

fn outcome(
    set: &'static ChangeSet,
    from: &Lab,
    to: &Lab,
    shared: &Shared,
    watch: &Watch,
) -> drivers::Result<Outcome> {
    let (theirs, own) = (
        export(set, from, shared, watch)?,
        export(set, to, shared, watch)?,
    );
    let (theirs, own) = match (theirs, own) {
        (Ok(theirs), Ok(own)) => (theirs, own),
        (Err(outcome), _) | (_, Err(outcome)) => return Ok(outcome),
    };
    let key = (set.name, to.name().to_owned(), theirs.tar.clone());
    let name = format!("{} on {}", set.name, to.name());
    let imported = to.with(watch, |subject| {
        if let Some(known) = lock(shared).imports.get(&key) {
            return known.clone();
        }
        let imported = watch.over(&name, || cross::import(subject, set, &theirs.tar));
        lock(shared).imports.insert(key.clone(), imported.clone());
        imported
    })?;
    Ok(imported.map_or_else(
        |outcome| outcome,
        |imported| cross::judge(&theirs, &own, &imported),
    ))
}

fn export(
    set: &'static ChangeSet,
    of: &Lab,
    shared: &Shared,
    watch: &Watch,
) -> drivers::Result<Result<Exported, Outcome>> {
    let key = (set.name, of.name().to_owned());
    let name = format!("{} of {}", set.name, of.name());
    of.with(watch, |subject| {
        // Another trial may have done it meanwhile.
        if let Some(known) = lock(shared).exports.get(&key) {
            return known.clone();
        }
        let exported = watch.over(&name, || cross::export(subject, set));
        lock(shared).exports.insert(key.clone(), exported.clone());
        exported
    })
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Known> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
