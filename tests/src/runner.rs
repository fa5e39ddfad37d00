//! Runs one case: catches what goes wrong in it, removes what it made, and makes sure that nothing else is left.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::mount::unmount_at;
use drivers::{Info, Item};

use crate::case::{Case, Outcome, Stop, Verdict};
use crate::context::Context;
use crate::subject::Subject;

/// Does what it is given, once, wherever it likes.
pub type Around<'a> = &'a dyn Fn(&mut (dyn FnMut() + Send));

/// What came of one case against one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The answer.
    pub outcome: Outcome,
    /// Wall-clock time, cleaning up included.
    pub seconds: f64,
    /// The case was asked a second time because the driver's daemon was gone after the first, which therefore said
    /// nothing of the promise; with the words of the first. To be shown beside the outcome: a daemon that dies is a
    /// finding of its own.
    pub asked_again: Option<String>,
    /// What the case asked less of, because the processor is emulated: `40 layers instead of 130`.
    pub reduced: Vec<String>,
}

impl Report {
    /// The outcome's reason, with why it was asked again, if it was, and with what it was asked less of.
    pub fn reason(&self) -> String {
        let mut said = match &self.asked_again {
            None => self.outcome.reason(),
            Some(first) => format!(
                "asked twice, as the daemon was lost the first time ({first}). {}",
                self.outcome.reason()
            ),
        };
        if !self.reduced.is_empty() {
            let comma = if said.is_empty() { "" } else { "; " };
            let less = self.reduced.join(" and ");
            said.extend([
                comma,
                "asked with ",
                &less,
                ", as the processor is emulated",
            ]);
        }
        said
    }
}

/// Runs a case against a subject. Whatever the case does, the subject is afterwards as it was before; a case that
/// leaves a mount, or that the driver does not let clean up, has failed. After a failure the driver is opened anew, and
/// if its daemon was lost the case is asked once more.
pub fn run(case: &Case, subject: &mut Subject) -> Report {
    run_within(&|work| work(), case, subject)
}

/// As [`run`], with the case itself, and nothing else, run by `around`: in a thread to which system calls lie.
pub fn run_within(around: Around<'_>, case: &Case, subject: &mut Subject) -> Report {
    let start = Instant::now();
    let mut asked_again = None;
    let mut outcome = guarded(around, subject, case.run).unwrap_or_else(|Stop(outcome)| outcome);
    if !outcome.is_ok() {
        let lost = subject.lost_its_daemon();
        subject.recover();
        if lost {
            asked_again = Some(outcome.reason());
            outcome = guarded(around, subject, case.run).unwrap_or_else(|Stop(outcome)| outcome);
            if !outcome.is_ok() {
                subject.recover();
            }
        }
    }
    Report {
        outcome,
        seconds: start.elapsed().as_secs_f64(),
        asked_again,
        reduced: subject.pace.take_reduced(),
    }
}

/// Does some work in a directory of its own, and makes sure that nothing of it is left.
pub(crate) fn guarded(
    around: Around<'_>,
    subject: &mut Subject,
    mut work: impl FnMut(&mut Context<'_>) -> Verdict + Send,
) -> Verdict {
    let broken = |error: drivers::Error| Stop::broken(error.to_string());
    let before = list(subject).map_err(broken)?;
    let number = subject.next_run();
    let scratch = subject.scratch().join(format!("case-{number}"));
    fs::create_dir(&scratch)
        .attempt("make the case's directory", &scratch)
        .map_err(broken)?;

    let mut context = Context::new(subject, scratch.clone(), format!("case{number}"));
    let mut outcome = Ok(Err(Stop::broken("the case was not run")));
    around(&mut || {
        outcome = catch_unwind(AssertUnwindSafe(|| work(&mut context)));
    });
    drop(context);

    let mounts = end_mounts(&scratch).map_err(broken)?;
    let cleaned = clean(subject, &before).and_then(|()| drivers::remove::tree(&scratch));
    let outcome = match outcome {
        Ok(Ok(outcome)) => outcome,
        // What the case has to say comes before what follows from it.
        Ok(Err(stop)) => return Err(stop),
        Err(panic) => return Err(Stop::broken(words(&*panic))),
    };
    if !mounts.is_empty() {
        return Err(Stop::fail("no mount is left", format!("{mounts:?}")));
    }
    cleaned.map_err(|error| Stop::fail("what the case made can be removed", error.to_string()))?;
    let after = list(subject).map_err(broken)?;
    if after != before {
        return Err(Stop::fail(
            format!("{} items are left, as before", before.len()),
            format!("{} items", after.len()),
        ));
    }
    Ok(outcome)
}

/// What the driver keeps, layers that cases share left out.
fn list(subject: &Subject) -> drivers::Result<Vec<Info>> {
    let mut list = subject.driver()?.list()?;
    list.retain(|info| info.layer.as_ref().is_none_or(|id| !subject.keeps(id)));
    Ok(list)
}

/// Removes what was not there before, children before their parents.
fn clean(subject: &Subject, before: &[Info]) -> drivers::Result<()> {
    let mut outcome = Ok(());
    let driver = subject.driver()?;
    let new: Vec<Info> = list(subject)?
        .into_iter()
        .filter(|info| !before.contains(info))
        .collect();
    let (containers, mut layers): (Vec<Info>, Vec<Info>) =
        new.into_iter().partition(|info| info.key.is_some());
    for key in containers.iter().filter_map(|info| info.key.as_ref()) {
        outcome = outcome.and(driver.remove(Item::Container(key)));
    }
    while !layers.is_empty() {
        let parents: Vec<_> = layers
            .iter()
            .filter_map(|info| info.parent.clone())
            .collect();
        let (inner, leaves): (Vec<Info>, Vec<Info>) = layers
            .into_iter()
            .partition(|info| info.layer.as_ref().is_some_and(|id| parents.contains(id)));
        if leaves.is_empty() {
            break;
        }
        for id in leaves.iter().filter_map(|info| info.layer.as_ref()) {
            outcome = outcome.and(driver.remove(Item::Layer(id)));
        }
        layers = inner;
    }
    outcome
}

/// Ends the mounts below `dir`, the youngest first, and says which there were.
fn end_mounts(dir: &Path) -> drivers::Result<Vec<PathBuf>> {
    let table = Path::new("/proc/self/mountinfo");
    let text = fs::read_to_string(table).attempt("read", table)?;
    let mut found: Vec<PathBuf> = text
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(PathBuf::from)
        .filter(|path| path.starts_with(dir))
        .collect();
    found.reverse();
    for path in &found {
        unmount_at(path).attempt("unmount", path)?;
    }
    Ok(found)
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the case panicked: {}", text.unwrap_or("without words"))
}
