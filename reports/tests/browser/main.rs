//! The page in a real browser: it loads nothing, complains of nothing, obeys the keyboard, and can be read by everyone.
//!
//! Chromium does it where there is one (`scripts/setup.sh tests` installs Debian's); elsewhere these tests are skipped
//! and the output says why. What was seen stays in `target/tmp/browser`. `LAYERBENCH_CHROMIUM` names another, `LAYERBENCH_PAGE` a report.html to try instead of the
//! made-up ones where a test is about any page.

#[path = "../common/mod.rs"]
mod common;

mod axe;
mod cards;
mod cases;
mod choices;
mod hostile;
mod keyboard;
mod keys;
mod opens;
mod pages;
mod pipe;
mod plain;
#[path = "../html/poison.rs"]
mod poison;
mod print;
mod published;
mod questions;
mod sites;
mod tab;
mod takes;
#[path = "../sites/mod.rs"]
mod whole_site;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};
use pipe::Browser;

/// A test by its name.
pub(crate) type Test = (&'static str, fn(&mut Browser));

const ALL: &[&[Test]] = &[
    cards::TESTS,
    cases::TESTS,
    choices::TESTS,
    hostile::TESTS,
    keyboard::TESTS,
    opens::TESTS,
    plain::TESTS,
    print::TESTS,
    published::TESTS,
    questions::TESTS,
    sites::TESTS,
    takes::TESTS,
];
/// These need axe-core too.
const WITH_AXE: &[Test] = axe::TESTS;

/// The browser, as the packages of most distributions call it.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("LAYERBENCH_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .find(|program| program.exists())
}

/// Runs a test in the one browser, which is started for the first and again after a crash.
fn run(browser: &Mutex<Option<Browser>>, program: &Path, test: fn(&mut Browser)) {
    let mut browser = browser.lock().unwrap_or_else(PoisonError::into_inner);
    if !browser.as_mut().is_some_and(Browser::lives) {
        *browser = Some(Browser::start(program));
    }
    test(browser.as_mut().unwrap());
}

#[expect(clippy::print_stderr, reason = "a skip says its reason")]
fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    // One browser, one tab at a time.
    args.test_threads = Some(1);
    let program = chromium();
    if program.is_none() {
        eprintln!("skipped: there is no Chromium here; scripts/setup.sh tests installs it");
    }
    let axe = axe::axe().exists();
    if !axe {
        eprintln!("skipped: axe-core is not here; scripts/setup.sh tests fetches it");
    }
    let browser = Arc::new(Mutex::new(None));
    let trial = |&(name, test): &Test, possible: bool| {
        let (shared, known) = (Arc::clone(&browser), program.clone());
        let trial = Trial::test(name, move || {
            run(&shared, &known.ok_or("there is no Chromium")?, test);
            Ok(())
        });
        trial.with_ignored_flag(!possible)
    };
    let plain = ALL.iter().copied().flatten();
    let plain = plain.map(|test| trial(test, program.is_some()));
    let with_axe = WITH_AXE.iter();
    let with_axe = with_axe.map(|test| trial(test, program.is_some() && axe));
    let trials = plain.chain(with_axe).collect();
    let conclusion = libtest_mimic::run(&args, trials);
    // Before the exit, which would not end it.
    browser
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    conclusion.exit_code()
}
