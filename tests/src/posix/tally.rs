//! What came of a table of rules, in words.

use super::row::Row;
use crate::case::{Outcome, Stop, Verdict};
use crate::oracle::op::{Op, remove};

/// Kinds of failures told before "and N more".
const TOLD: usize = 6;

/// Rows and what is wrong with each.
#[derive(Debug, Default)]
struct Rows(Vec<(String, String)>);

/// What came of a table.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    failures: Rows,
    deviations: Rows,
    /// The same is wrong in a plain directory.
    of_the_backing: Rows,
    /// Removes the directories of rows that are not what the model says.
    pub(crate) spoilt: Vec<Op>,
}

impl Tally {
    /// The row fails.
    pub(crate) fn fails(&mut self, row: &Row, wrong: impl Into<String>) {
        self.failures.0.push((row.name.clone(), wrong.into()));
    }

    /// The row differs as declared.
    pub(crate) fn deviates(&mut self, row: &Row, wrong: impl Into<String>) {
        self.deviations.0.push((row.name.clone(), wrong.into()));
    }

    /// The row differs as it does in a plain directory.
    pub(crate) fn deviates_with_the_backing(&mut self, row: &Row, wrong: impl Into<String>) {
        self.of_the_backing.0.push((row.name.clone(), wrong.into()));
    }

    /// The row's directory is not what the model says.
    pub(crate) fn spoils(&mut self, row: &Row) {
        self.spoilt.push(remove(&row.name));
    }

    /// Whether the row's directory is what the model says.
    pub(crate) fn is_whole(&self, row: &Row) -> bool {
        !self.spoilt.contains(&remove(&row.name))
    }

    /// Whether no row has failed.
    pub(crate) fn has_no_failure(&self) -> bool {
        self.failures.0.is_empty()
    }

    /// The answer of a table with so many rows.
    pub(crate) fn verdict(self, rows: usize) -> Verdict {
        let failed = self.failures.0.len();
        if failed > 0 {
            return Err(Stop::fail(
                format!("{rows} rules hold"),
                format!("{failed} do not: {}", self.failures.words(TOLD)),
            ));
        }
        let whose = [
            (&self.deviations, ""),
            (
                &self.of_the_backing,
                ", as in a plain directory of the backing filesystem",
            ),
        ];
        let parts: Vec<String> = whose
            .into_iter()
            .filter(|(deviations, _)| !deviations.0.is_empty())
            .map(|(deviations, whose)| {
                format!(
                    "{} of {rows} rules do not hold{whose}: {}",
                    deviations.0.len(),
                    deviations.words(usize::MAX)
                )
            })
            .collect();
        if parts.is_empty() {
            Ok(Outcome::Pass)
        } else {
            Ok(Outcome::Deviates(parts.join(". ")))
        }
    }
}

impl Rows {
    /// Each kind of wrong once, with the rows it was seen in.
    fn words(&self, told: usize) -> String {
        let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
        for (row, wrong) in &self.0 {
            match kinds.iter_mut().find(|(kind, _)| kind == wrong) {
                Some((_, rows)) => rows.push(row),
                None => kinds.push((wrong, vec![row])),
            }
        }
        let more = kinds.len().saturating_sub(told);
        let mut words: Vec<String> = kinds
            .into_iter()
            .take(told)
            .map(|(wrong, rows)| format!("{}: {wrong}", rows.join(", ")))
            .collect();
        if more > 0 {
            words.push(format!("and {more} more"));
        }
        words.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posix::row::rule;

    fn row(name: &str) -> Row {
        rule(name, [], || Ok(()))
    }

    #[test]
    fn the_same_wrong_is_told_once() {
        let mut tally = Tally::default();
        tally.deviates(&row("a"), "EXDEV");
        tally.deviates(&row("b"), "EPERM");
        tally.deviates(&row("c"), "EXDEV");
        let told = tally.verdict(9).unwrap().reason();
        assert_eq!(told, "3 of 9 rules do not hold: a, c: EXDEV; b: EPERM");
    }

    #[test]
    fn a_failure_comes_before_every_deviation() {
        let mut tally = Tally::default();
        tally.deviates_with_the_backing(&row("a"), "EXDEV");
        tally.fails(&row("b"), "EPERM");
        let Stop(outcome) = tally.verdict(2).unwrap_err();
        assert_eq!(outcome, Outcome::fail("2 rules hold", "1 do not: b: EPERM"));
    }
}
