//! The second look: what fresh rounds say of what was flagged.
//!
//! Only the fresh values count here. Those that flagged a thing were chosen for being large, and would confirm themselves.

use super::finding::{Evidence, Finding, Gate, Kind, State};
use super::screen::{Beyond, beyond};
use crate::compare::{Call, Comparison, Row};
use crate::stats::family;
use crate::stats::verdict::FALSE_DISCOVERY;

impl Gate {
    /// Settles what is open by a comparison with fresh rounds.
    pub fn confirm(&mut self, fresh: &Comparison) {
        let of = |finding: &Finding| fresh.rows.iter().find(|row| finding.is_about(row));
        // The family of the second look: the noisy ones that were flagged.
        let family: Vec<Option<f64>> = self
            .findings
            .iter()
            .map(|finding| {
                let noisy = finding.state == State::Flagged && finding.kind == Kind::Measured;
                of(finding).filter(|_| noisy).and_then(|row| row.raw_p)
            })
            .collect();
        let mut adjusted =
            family::adjust(&family.iter().copied().flatten().collect::<Vec<_>>()).into_iter();
        let adjusted: Vec<Option<f64>> = family
            .iter()
            .map(|p| p.and_then(|_| adjusted.next()))
            .collect();
        for (finding, p) in self.findings.iter_mut().zip(adjusted) {
            if finding.state != State::Flagged {
                continue;
            }
            let (state, again) = match finding.kind {
                Kind::Measured => measured(of(finding), p),
                Kind::NoiseFree => noise_free(of(finding)),
                Kind::Unfinished => unfinished(finding, fresh),
                Kind::Conformance => conformance(finding, fresh),
            };
            finding.state = state;
            finding.again = Some(again);
        }
        self.settle();
    }

    /// Leaves open what could not be measured again, with the reason.
    pub fn not_confirmed(&mut self, why: &str) {
        for finding in &mut self.findings {
            if finding.state == State::Flagged {
                finding.state = State::Unsettled;
                finding.again = Some(Evidence::words(why.to_owned()));
            }
        }
        self.settle();
    }
}

fn nothing() -> (State, Evidence) {
    (
        State::Unsettled,
        Evidence::words("they gave no value".to_owned()),
    )
}

fn measured(row: Option<&Row>, p: Option<f64>) -> (State, Evidence) {
    let Some(row) = row else {
        return nothing();
    };
    let state = match (beyond(row), p) {
        (Beyond::Surely, Some(p)) if p <= FALSE_DISCOVERY => State::Confirmed,
        (Beyond::Within, _) => State::Refuted,
        _ => State::Unsettled,
    };
    (state, Evidence::of(row, p))
}

fn noise_free(row: Option<&Row>) -> (State, Evidence) {
    let Some(row) = row else {
        return nothing();
    };
    let state = match &row.call {
        Call::Worse => State::Confirmed,
        Call::Better | Call::Equivalent => State::Refuted,
        Call::Changed => State::Unsettled,
        // It does not repeat as it must: it was no exact finding.
        Call::Inconclusive(_) if row.method.is_noise_free() => State::Refuted,
        Call::Inconclusive(_) => State::Unsettled,
    };
    (state, Evidence::of(row, None))
}

fn unfinished(finding: &Finding, fresh: &Comparison) -> (State, Evidence) {
    let same = fresh.finishes.iter().find(|finish| {
        finish.subject == finding.subject
            && finish.workload == finding.workload
            && finish.phase.clone().unwrap_or_default() == finding.phase
            && finish.params == finding.params
    });
    match same.and_then(|finish| finish.b.as_ref()) {
        Some((_, why)) => (
            State::Confirmed,
            Evidence::words(format!("not finished: {why}")),
        ),
        None => (
            State::Refuted,
            Evidence::words("finished this time".to_owned()),
        ),
    }
}

fn conformance(finding: &Finding, fresh: &Comparison) -> (State, Evidence) {
    let same = fresh
        .cases
        .iter()
        .find(|change| change.subject == finding.subject && change.case == finding.case);
    match same {
        Some(change) if change.call == Call::Worse => (
            State::Confirmed,
            Evidence::words(format!("it fails again: {}", change.reason)),
        ),
        Some(_) => (
            State::Unsettled,
            Evidence::words("it could not be asked again".to_owned()),
        ),
        None => (
            State::Refuted,
            Evidence::words("it holds this time".to_owned()),
        ),
    }
}
