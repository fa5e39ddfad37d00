//! The first look: what may have got worse.

use super::finding::{Counts, Evidence, Finding, Gate, Kind, State, Status};
use super::limit::Limits;
use crate::compare::cases::word;
use crate::compare::{Call, CaseChange, Comparison, Finish, Method, Row};

/// How a first look is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strictness {
    /// Fresh rounds will follow. A paired difference is then flagged by its own interval; the correction for many
    /// comparisons is made on the fresh rounds of what was flagged. Without them it is made here.
    pub again: bool,
    /// Only what noise cannot move is judged.
    pub noise_free_only: bool,
}

impl Gate {
    /// Looks for what got worse.
    pub fn screen(
        title: &str,
        comparison: &Comparison,
        limits: &Limits,
        strictness: Strictness,
    ) -> Self {
        let mut gate = Self {
            title: title.to_owned(),
            status: Status::Passed,
            findings: Vec::new(),
            counts: Counts::default(),
            notes: comparison.notes.clone(),
            unclear: Vec::new(),
        };
        for finish in &comparison.finishes {
            gate.finish(finish);
        }
        for change in &comparison.cases {
            gate.case(change);
        }
        for row in &comparison.rows {
            let off = limits
                .of(&row.key)
                .is_some_and(|limit| limit.allowed.is_none());
            if !off {
                gate.row(row, strictness);
            }
        }
        if comparison.incomplete {
            gate.unclear("a run did not come to its end", 1);
        }
        gate.unclear
            .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        if !strictness.again {
            // There will be no second look: what is exact or survived the correction stands.
            for finding in &mut gate.findings {
                finding.state = State::Confirmed;
            }
        }
        gate.settle();
        gate
    }

    /// Counts something that could not be judged.
    fn unclear(&mut self, why: &str, count: usize) {
        self.counts.unclear += count;
        match self.unclear.iter_mut().find(|(known, _)| known == why) {
            Some((_, known)) => *known += count,
            None => self.unclear.push((why.to_owned(), count)),
        }
    }

    fn row(&mut self, row: &Row, strictness: Strictness) {
        let free = row.should_repeat();
        if free {
            self.counts.noise_free += 1;
        } else if !row.first || strictness.noise_free_only {
            return;
        } else {
            self.counts.noisy += 1;
        }
        // New things have nothing to be worse than.
        if row.a.is_none() {
            self.counts.well += 1;
            return;
        }
        match judged(row, strictness) {
            Judged::Worse => self.findings.push(Finding {
                kind: if row.method.is_noise_free() {
                    Kind::NoiseFree
                } else {
                    Kind::Measured
                },
                workload: row.key.workload.clone(),
                phase: row.key.phase.clone(),
                metric: row.key.metric.clone(),
                params: row.key.params.clone(),
                what: row.what(),
                allowed: row.margin,
                ..Finding::new(&row.subject, Evidence::of(row, row.p))
            }),
            Judged::Well => self.counts.well += 1,
            Judged::Better => {
                self.counts.well += 1;
                self.counts.better += 1;
            }
            Judged::Unclear(why) => self.unclear(&why, 1),
        }
    }

    fn finish(&mut self, finish: &Finish) {
        match (&finish.call, &finish.b) {
            (Call::Worse, Some((_, why))) => self.findings.push(Finding {
                kind: Kind::Unfinished,
                workload: finish.workload.clone(),
                phase: finish.phase.clone().unwrap_or_default(),
                params: finish.params.clone(),
                what: finish.what(),
                ..Finding::new(
                    &finish.subject,
                    Evidence::words(format!("not finished, was finished: {why}")),
                )
            }),
            (Call::Inconclusive(why), _) => self.unclear(why, 1),
            _ => {}
        }
    }

    fn case(&mut self, change: &CaseChange) {
        self.counts.cases += 1;
        match &change.call {
            Call::Worse => self.findings.push(Finding {
                kind: Kind::Conformance,
                case: change.case.clone(),
                what: format!("case {}", change.case),
                ..Finding::new(
                    &change.subject,
                    Evidence::words(format!(
                        "{}, was {}: {} ({})",
                        word(change.b),
                        word(Some(change.a)),
                        change.reason,
                        change.promise
                    )),
                )
            }),
            Call::Inconclusive(why) => self.unclear(&format!("conformance: {why}"), 1),
            Call::Changed => {
                let (a, b) = (word(Some(change.a)), word(change.b));
                self.notes.push(format!(
                    "{}: case {} was {a}, is {b}",
                    change.subject, change.case
                ));
            }
            Call::Better | Call::Equivalent => self.counts.well += 1,
        }
    }
}

impl Finding {
    fn new(subject: &str, first: Evidence) -> Self {
        Self {
            kind: Kind::Measured,
            state: State::Flagged,
            subject: subject.to_owned(),
            workload: String::new(),
            phase: String::new(),
            metric: String::new(),
            params: Default::default(),
            case: String::new(),
            what: String::new(),
            allowed: 0.0,
            first,
            again: None,
            repeat: None,
        }
    }
}

/// What a gate makes of a row.
pub(super) enum Judged {
    Worse,
    Well,
    Better,
    Unclear(String),
}

fn judged(row: &Row, strictness: Strictness) -> Judged {
    match (&row.call, row.method) {
        (Call::Changed, _) => Judged::Unclear("another amount of work was done".to_owned()),
        (Call::Inconclusive(why), Method::None | Method::Exact | Method::NearlyExact) => {
            Judged::Unclear(why.clone())
        }
        (Call::Worse, _) => Judged::Worse,
        (Call::Better, _) => Judged::Better,
        (Call::Equivalent, _) if row.method.is_noise_free() => Judged::Well,
        _ => match beyond(row) {
            Beyond::Unknown => Judged::Unclear("too few rounds for a 95 % interval".to_owned()),
            Beyond::Within => Judged::Well,
            // The correction for many comparisons comes with the fresh rounds of the few that are flagged; without
            // pairs, what went wrong with A would be found again in them, so it comes here.
            Beyond::Surely if strictness.again && row.method == Method::Paired => Judged::Worse,
            Beyond::Surely => {
                Judged::Unclear("among so many comparisons one like this is chance".to_owned())
            }
            Beyond::Perhaps => Judged::Unclear(format!(
                "the interval holds more than {} % worse",
                percent(row.margin)
            )),
        },
    }
}

/// Where the interval of a row lies, seen from what is allowed.
pub(super) enum Beyond {
    /// There is no 95 % interval.
    Unknown,
    /// Nowhere worse than allowed.
    Within,
    /// Partly.
    Perhaps,
    /// Everywhere.
    Surely,
}

pub(super) fn beyond(row: &Row) -> Beyond {
    let (Some([low, high]), Some(level)) = (row.interval, row.level) else {
        return Beyond::Unknown;
    };
    if level < 0.95 {
        return Beyond::Unknown;
    }
    // For rates less is worse: seen from the other side.
    let (low, high) = if row.more_is_better() {
        (1.0 / high, 1.0 / low)
    } else {
        (low, high)
    };
    let limit = 1.0 + row.margin;
    if low > limit {
        Beyond::Surely
    } else if high <= limit {
        Beyond::Within
    } else {
        Beyond::Perhaps
    }
}

/// `5`, `0.5`: a share in parts of a hundred, to a tenth.
pub(super) fn percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}
