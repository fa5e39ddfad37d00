//! How much a case asks where each step takes many times as long: on a processor that is emulated, cases that are long for
//! their repetitions repeat less, and the number is told with the answer.

use crate::context::Context;

/// How many times as long anything may take on an emulated processor.
const PATIENCE: f64 = 20.0;

/// The pace of a subject.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    emulated: bool,
    /// What the running case asked less of.
    reduced: Vec<String>,
}

impl Pace {
    pub(crate) fn new(emulated: bool) -> Self {
        Self {
            emulated,
            reduced: Vec::new(),
        }
    }

    fn fewer(&mut self, what: &str, full: u32, few: u32) -> u32 {
        if !self.emulated || few >= full {
            return full;
        }
        let note = format!("{few} {what} instead of {full}");
        if !self.reduced.contains(&note) {
            self.reduced.push(note);
        }
        few
    }

    /// What was asked less of, since this was last called.
    pub(crate) fn take_reduced(&mut self) -> Vec<String> {
        std::mem::take(&mut self.reduced)
    }
}

impl Context<'_> {
    /// How many of something a case asks for: `full`, or `few` where the processor is emulated, which is then said with the
    /// answer (`few layers instead of full`). For repetitions only, of which `few` ask the same as `full`.
    pub fn fewer(&mut self, what: &str, full: u32, few: u32) -> u32 {
        self.subject.pace.fewer(what, full, few)
    }

    /// How many times as long as on a processor of its own something may take.
    pub fn patience(&self) -> f64 {
        if self.subject.pace.emulated {
            PATIENCE
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use drivers::{Backing, Options, Root};

    use crate::case::{Case, Level, Outcome, Theme};
    use crate::runner::{Report, run};
    use crate::subject::Subject;

    const REPEATS: Case = Case {
        name: "repeats",
        promise: "",
        why: "",
        origin: "",
        covers: &[],
        level: Level::Must,
        theme: Theme::Stacking,
        capability: None,
        broken_by: &[],
        run: |context| {
            let count = context.fewer("layers", 9, 4);
            context.fewer("layers", 9, 4);
            context.fewer("files", 3, 3);
            Ok(Outcome::Deviates(format!("{count} were asked")))
        },
    };

    #[test]
    fn a_case_that_asks_less_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let scratch = dir.path().join("scratch");
        fs::create_dir(&scratch).unwrap();
        let open = |emulated| {
            // Whichever needs no more than a directory.
            drivers::ALL
                .iter()
                .enumerate()
                .find_map(|(number, backend)| {
                    let root = Root {
                        dir: dir.path().join(format!("{number}-{emulated}")),
                        backing: Backing::Directory,
                        store_file: None,
                        run_id: "reduced".to_owned(),
                    };
                    fs::create_dir(&root.dir).unwrap();
                    Subject::open(*backend, root, Options::default(), &scratch).ok()
                })
        };
        let mut native = open(false).unwrap();
        assert_eq!(run(&REPEATS, &mut native).reason(), "9 were asked");
        let mut emulated = open(true).unwrap().emulated(true);
        let report = run(&REPEATS, &mut emulated);
        assert_eq!(
            report.reason(),
            "4 were asked; asked with 4 layers instead of 9, as the processor is emulated"
        );
        assert!(emulated.pace.take_reduced().is_empty());
        let passed = Report {
            outcome: Outcome::Pass,
            ..report
        };
        assert!(passed.reason().starts_with("asked with 4 layers instead"));
    }
}
