//! The answers lined up: a row per case, a column per subject, and where an answer is another than it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::merge::changes::{baselines, differs};
use crate::record::{CaseResult, Outcome, Results, Subject};

/// All answers.
pub(super) struct Grid<'a> {
    pub(super) columns: Vec<Column<'a>>,
    pub(super) themes: Vec<(&'a str, Vec<Row<'a>>)>,
    /// Whether anything stands beside these answers that they can differ from.
    pub(super) has_before: bool,
}

/// A subject that was asked.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) subject: Option<&'a Subject>,
    /// Whose answers its own are held against, and what these were.
    before: Option<(String, BTreeMap<&'a str, Outcome>)>,
}

impl Column<'_> {
    /// Whose answers its own are held against.
    pub(super) fn held_against(&self) -> Option<&str> {
        self.before.as_ref().map(|(who, _)| who.as_str())
    }
}

/// A case.
pub(super) struct Row<'a> {
    /// Any of the answers: what is promised is the same in all.
    pub(super) case: &'a CaseResult,
    /// By column.
    pub(super) cells: Vec<Option<Cell<'a>>>,
    /// The first number of its notes.
    first_note: usize,
}

/// An answer.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) answer: &'a CaseResult,
    /// What it was before, where that is another.
    pub(super) was: Option<Outcome>,
}

/// What is to be said of some answers of a case alike.
pub(super) struct Note<'a> {
    pub(super) number: usize,
    /// One of them.
    pub(super) answer: &'a CaseResult,
    /// By column.
    pub(super) columns: Vec<usize>,
}

impl<'a> Grid<'a> {
    /// The answers of a run; `baseline` is an earlier run of the same subjects.
    pub(super) fn new(results: &'a Results, baseline: Option<&'a Results>) -> Self {
        let mut answers: BTreeMap<&str, BTreeMap<&str, &CaseResult>> = BTreeMap::new();
        for case in &results.cases {
            let own = answers.entry(&case.subject).or_default();
            own.entry(&case.case).or_insert(case);
        }
        let columns = columns(results, baseline, &answers);
        let none = BTreeMap::new();
        let mut notes = 0;
        let mut themes: Vec<(&str, Vec<Row<'_>>)> = Vec::new();
        for case in order(results) {
            let cells: Vec<Option<Cell<'_>>> = columns
                .iter()
                .map(|column| {
                    let answer = *answers
                        .get(column.name)
                        .unwrap_or(&none)
                        .get(case.case.as_str())?;
                    let before = column.before.as_ref();
                    let was = before.and_then(|(_, b)| b.get(case.case.as_str()).copied());
                    Some(Cell {
                        answer,
                        was: was.filter(|was| differs(*was, answer.outcome)),
                    })
                })
                .collect();
            let row = Row {
                case,
                cells,
                first_note: notes + 1,
            };
            notes += row.notes().len();
            match themes.iter_mut().find(|(theme, _)| *theme == case.theme) {
                Some((_, rows)) => rows.push(row),
                None => themes.push((&case.theme, vec![row])),
            }
        }
        let has_before = columns.iter().any(|column| column.before.is_some());
        Self {
            columns,
            themes,
            has_before,
        }
    }

    /// Every row.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row<'a>> {
        self.themes.iter().flat_map(|(_, rows)| rows)
    }
}

/// Subjects in the order of the results, then those that were asked without having been described.
fn columns<'a>(
    results: &'a Results,
    baseline: Option<&'a Results>,
    answers: &BTreeMap<&'a str, BTreeMap<&'a str, &'a CaseResult>>,
) -> Vec<Column<'a>> {
    let kin = baselines(results);
    let described: BTreeSet<&str> = results.subjects.iter().map(|s| s.name.as_str()).collect();
    let named = results.subjects.iter().map(|s| (s.name.as_str(), Some(s)));
    let others = answers.keys().filter(|name| !described.contains(*name));
    named
        .chain(others.map(|name| (*name, None)))
        .filter(|(name, _)| answers.contains_key(name))
        .map(|(name, subject)| {
            let earlier = || {
                let kin = *kin.get(name)?;
                let own = answers.get(kin)?;
                Some((
                    kin.to_owned(),
                    own.iter().map(|(case, a)| (*case, a.outcome)).collect(),
                ))
            };
            Column {
                name,
                subject,
                before: earlier().or_else(|| in_baseline(baseline?, name, subject)),
            }
        })
        .collect()
}

/// The answers that a subject of the same name, or else asked for in the same words, gave in the baseline.
fn in_baseline<'a>(
    baseline: &'a Results,
    name: &str,
    subject: Option<&Subject>,
) -> Option<(String, BTreeMap<&'a str, Outcome>)> {
    let asked = |name: &str| baseline.cases.iter().any(|c| c.subject == name);
    let alike = || {
        let spec = subject?.spec();
        let mut fit = baseline.subjects.iter().filter(|s| s.spec() == spec);
        fit.find(|s| asked(&s.name)).map(|s| s.name.as_str())
    };
    let other = if asked(name) { name } else { alike()? };
    let own = baseline.cases.iter().filter(|c| c.subject == other);
    let day = baseline.run.started.get(..10).unwrap_or("an unknown day");
    Some((
        format!("{other} of {day}"),
        own.map(|c| (c.case.as_str(), c.outcome)).collect(),
    ))
}

/// One answer of each case: the subject with most answers gives the order, because subjects answer at the same time.
fn order(results: &Results) -> Vec<&CaseResult> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &results.cases {
        *count.entry(&case.subject).or_default() += 1;
    }
    let mut subjects: Vec<(&str, usize)> = count.into_iter().collect();
    subjects.sort_by_key(|(_, asked)| std::cmp::Reverse(*asked));
    let place: BTreeMap<&str, usize> = (0..)
        .zip(subjects)
        .map(|(place, (name, _))| (name, place))
        .collect();
    let mut all: Vec<&CaseResult> = results.cases.iter().collect();
    all.sort_by_key(|case| place.get(case.subject.as_str()).copied());
    let mut known = BTreeSet::new();
    all.retain(|case| known.insert(case.case.as_str()));
    all
}

impl<'a> Row<'a> {
    /// Whether every column was asked, and all pass.
    pub(super) fn agreed(&self) -> bool {
        let pass =
            |cell: &Option<Cell<'_>>| cell.is_some_and(|c| c.answer.outcome == Outcome::Pass);
        self.cells.iter().all(pass)
    }

    /// Whether nothing is to be said of it but what it promises.
    pub(super) fn told_elsewhere(&self) -> bool {
        self.agreed() && !self.changed()
    }

    /// Whether an answer is another than it was.
    pub(super) fn changed(&self) -> bool {
        self.cells.iter().flatten().any(|cell| cell.was.is_some())
    }

    /// What is to be said of the answers that are not a plain pass; alike answers share a note.
    pub(super) fn notes(&self) -> Vec<Note<'a>> {
        let mut notes: Vec<Note<'a>> = Vec::new();
        for (column, cell) in self.cells.iter().enumerate() {
            let Some(cell) = cell.filter(|c| c.answer.outcome != Outcome::Pass) else {
                continue;
            };
            let said = |a: &'a CaseResult| (a.outcome, &a.reason, &a.expected, &a.actual);
            match notes
                .iter_mut()
                .find(|n| said(n.answer) == said(cell.answer))
            {
                Some(note) => note.columns.push(column),
                None => notes.push(Note {
                    number: self.first_note + notes.len(),
                    answer: cell.answer,
                    columns: vec![column],
                }),
            }
        }
        notes
    }

    /// A letter a column, for the script: `p` pass, `d` deviates, `n` not applicable, `f` fail, `b` broken, `-` not asked.
    pub(super) fn letters(&self) -> String {
        self.cells
            .iter()
            .map(|cell| match cell.map(|c| c.answer.outcome) {
                Some(Outcome::Pass) => 'p',
                Some(Outcome::Deviates) => 'd',
                Some(Outcome::NotApplicable) => 'n',
                Some(Outcome::Fail) => 'f',
                Some(Outcome::Broken) => 'b',
                None => '-',
            })
            .collect()
    }
}
