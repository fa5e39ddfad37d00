//! Which subject of A belongs to which of B, and what is to be known of each run before its numbers are read.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::record::{Results, Role, Subject, Support};

/// One run of a comparison, as it is presented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// What people call it: a path, `base`.
    pub label: String,
    /// The version of layerbench.
    pub version: String,
    /// Its commit.
    pub commit: String,
    /// When it began.
    pub started: String,
    /// Its profile.
    pub profile: String,
    /// Rounds that hold numbers.
    pub rounds: usize,
}

impl Side {
    pub(super) fn new(label: &str, run: &Results) -> Self {
        Self {
            label: label.to_owned(),
            version: run.run.version.clone(),
            commit: run.run.commit.clone(),
            started: run.run.started.clone(),
            profile: run.run.profile.clone(),
            rounds: rounds(run),
        }
    }
}

fn rounds(run: &Results) -> usize {
    let rounds: std::collections::BTreeSet<u32> = run.records.iter().map(|r| r.round).collect();
    rounds.len()
}

/// A subject of A and the one of B that is compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) a: String,
    pub(super) b: String,
}

/// Subjects that are the same on both sides, or the two that were named (B's, then A's); and what has no counterpart.
pub(super) fn matches(
    a: &Results,
    b: &Results,
    named: Option<(&str, &str)>,
) -> Result<(Vec<Match>, Vec<String>)> {
    if let Some((subject, against)) = named {
        let pair = Match {
            a: named_in(a, against)?,
            b: named_in(b, subject)?,
        };
        if pair.a == pair.b && std::ptr::eq(a, b) {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("{} cannot be compared with itself", pair.a),
            ));
        }
        return Ok((vec![pair], Vec::new()));
    }
    let (theirs, ours) = (tested(a), tested(b));
    let mut matches = Vec::new();
    let mut notes = Vec::new();
    for subject in &ours {
        match counterpart(subject, &theirs) {
            Some(other) => matches.push(Match {
                a: other.name.clone(),
                b: subject.name.clone(),
            }),
            None => notes.push(format!("{} is only in B", subject.name)),
        }
    }
    for other in &theirs {
        if !matches.iter().any(|pair| pair.a == other.name) {
            notes.push(format!("{} is only in A", other.name));
        }
    }
    if matches.is_empty() {
        return Err(Error::new(
            ErrorKind::BadInput,
            format!(
                "the runs have no subject in common: A has {}, B has {} (--subject B's --against A's names two)",
                names(&theirs),
                names(&ours)
            ),
        ));
    }
    Ok((matches, notes))
}

/// The subject of that name, or the only one that was asked for so; else by the way.
fn counterpart<'a>(subject: &Subject, among: &[&'a Subject]) -> Option<&'a Subject> {
    if let Some(same) = among.iter().find(|other| other.name == subject.name) {
        return Some(same);
    }
    // A name may hold a version that was found (`zfs@zfs-fuse-0.7.0`).
    let mut alike = among.iter().filter(|other| other.spec() == subject.spec());
    match (alike.next(), alike.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// The subject of a run that a text means: its name, what it was asked for as, or its driver if it has only one.
fn named_in(run: &Results, text: &str) -> Result<String> {
    let tested = tested(run);
    let by_name = tested.iter().find(|s| s.name == text || s.spec() == text);
    let without_backing = |s: &Subject| {
        let options: String = s
            .options
            .iter()
            .map(|(name, value)| format!(",{name}={value}"))
            .collect();
        format!("{}{options}", s.driver)
    };
    let found = by_name.or_else(|| {
        let mut fit = tested.iter().filter(|s| without_backing(s) == text);
        fit.next().filter(|_| fit.next().is_none())
    });
    found.map(|s| s.name.clone()).ok_or_else(|| {
        Error::new(
            ErrorKind::BadInput,
            format!("there is no subject {text:?}: there are {}", names(&tested)),
        )
    })
}

fn tested(run: &Results) -> Vec<&Subject> {
    run.subjects
        .iter()
        .filter(|s| s.role == Role::Subject && s.support == Support::Ready)
        .collect()
}

fn names(subjects: &[&Subject]) -> String {
    if subjects.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = subjects.iter().map(|s| s.name.as_str()).collect();
    names.join(", ")
}

/// What is wrong with a run, one sentence each.
pub(super) fn health(label: &str, run: &Results) -> Vec<String> {
    let mut notes = Vec::new();
    match &run.end {
        None => notes.push(format!(
            "{label} was killed or still runs: it has no end; {} of {} rounds hold numbers, and only those count",
            rounds(run),
            run.run.rounds
        )),
        Some(end) if end.interrupted => notes.push(format!(
            "{label} was interrupted: {} of {} rounds hold numbers",
            rounds(run),
            run.run.rounds
        )),
        Some(_) => {}
    }
    for subject in &run.subjects {
        if let Support::Missing { what, .. } = &subject.support {
            notes.push(format!("{label}: {} could not run: {what}", subject.name));
        }
    }
    let flagged = run.records.iter().filter(|r| !r.flags.is_empty()).count();
    if flagged * 5 > run.records.len() {
        notes.push(format!(
            "{label}: the machine was busy with other things during {flagged} of {} numbers",
            run.records.len()
        ));
    }
    notes
}

/// The session two runs belong to when they were measured turn by turn.
pub(super) fn session(run: &Results) -> Option<&str> {
    run.run.config.get("session").and_then(|id| id.as_str())
}
