//! One side of a session in which two programs took turns: their one-round runs put together, as rounds of one run.

use std::collections::BTreeSet;

use crate::record::{End, Results};

/// A run of many turns.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    all: Results,
    rounds: u32,
    seconds: f64,
    interrupted: bool,
}

impl Turns {
    /// Adds what one turn measured as round `round` of the session.
    pub fn add(&mut self, turn: Results, round: u32) {
        let left_out = left_out(&turn);
        if self.rounds == 0 {
            self.all.schema = turn.schema;
            self.all.run = turn.run;
            self.all.host = turn.host;
        }
        for subject in turn.subjects {
            match self
                .all
                .subjects
                .iter_mut()
                .find(|s| s.name == subject.name)
            {
                Some(known) => *known = subject,
                None => self.all.subjects.push(subject),
            }
        }
        let counted = turn
            .records
            .into_iter()
            .filter(|record| !left_out.contains(&(record.workload.clone(), record.round)));
        self.all.records.extend(counted.map(|mut record| {
            record.round = round;
            record.cell = None;
            record
        }));
        self.all.dnf.extend(turn.dnf.into_iter().map(|mut dnf| {
            dnf.round = dnf.round.map(|_| round);
            dnf
        }));
        self.rounds += 1;
        self.seconds += turn.end.as_ref().map_or(0.0, |end| end.seconds);
        self.interrupted |= turn.end.is_none_or(|end| end.interrupted);
    }

    /// The run, marked as one side (`base`, `head`) of the session.
    pub fn finish(self, session: &str, side: &str) -> Results {
        let mut all = self.all;
        all.run.rounds = self.rounds;
        for (name, value) in [("session", session), ("side", side)] {
            all.run.config.insert(name.to_owned(), value.into());
        }
        all.end = Some(End {
            seconds: self.seconds,
            interrupted: self.interrupted,
        });
        all
    }
}

/// Of every block that was measured twice, the round that does not count.
fn left_out(turn: &Results) -> BTreeSet<(String, u32)> {
    let lesser = turn.blocks.iter().map(|block| {
        let round = if block.counts {
            block.repeats
        } else {
            block.round
        };
        (block.workload.clone(), round)
    });
    lesser.collect()
}
