//! Which pairs of operations met: the kinds of two consecutive steps of which the second is about a related path (the
//! same, one above or below, another name of the same file), with what the object was to the layers below by then. A
//! turn of the container's life is related to everything.

use std::collections::BTreeMap;
use std::fmt;

use super::name::related;
use super::state::State;
use super::step::Step;
use super::world::Tree;

/// First step, second step, and what the second one's object was; for a turn, what the first one's object then was.
type Meeting = (&'static str, &'static str, State);

/// How often each pair met.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    met: BTreeMap<Meeting, u64>,
    steps: BTreeMap<&'static str, u64>,
    last: Option<Step>,
}

impl Coverage {
    /// A new sequence: its first step has none before it.
    pub(super) fn begin(&mut self) {
        self.last = None;
    }

    /// A step that was done or refused as expected, with the tree before it.
    pub(super) fn add(&mut self, before: &Tree, after: &Tree, step: &Step) {
        *self.steps.entry(step.word()).or_default() += 1;
        if let Some(last) = &self.last
            && let Some(path) = meeting(before, last, step)
        {
            // What the paths of a turn are is seen after it.
            let tree = if step.paths().is_empty() {
                after
            } else {
                before
            };
            let state = State::of(tree, path);
            *self
                .met
                .entry((last.word(), step.word(), state))
                .or_default() += 1;
        }
        self.last = Some(step.clone());
    }

    /// Adds what another run met.
    pub fn merge(&mut self, other: &Self) {
        for (meeting, count) in &other.met {
            *self.met.entry(*meeting).or_default() += count;
        }
        for (word, count) in &other.steps {
            *self.steps.entry(word).or_default() += count;
        }
    }

    /// Pairs of kinds that met, and all there are (two turns in a row have no object, and do not count).
    pub fn pairs(&self) -> (usize, usize) {
        let mut seen: Vec<_> = self.met.keys().map(|(a, b, _)| (a, b)).collect();
        seen.dedup();
        let (all, turns) = (Step::WORDS.len(), Step::TURNS);
        (seen.len(), all * all - turns * turns)
    }

    /// Pairs that met with objects of a state.
    pub fn pairs_with(&self, state: State) -> usize {
        self.met.keys().filter(|(_, _, met)| *met == state).count()
    }

    /// How often each kind of step was taken.
    pub fn steps(&self) -> &BTreeMap<&'static str, u64> {
        &self.steps
    }

    /// The pairs that never met, in the order of tables.
    pub fn never(&self) -> Vec<(&'static str, &'static str)> {
        let is_turn = |index: usize| index >= Step::WORDS.len() - Step::TURNS;
        let mut never = Vec::new();
        for (i, first) in Step::WORDS.into_iter().enumerate() {
            for (j, second) in Step::WORDS.into_iter().enumerate() {
                let met = self.met.keys().any(|(a, b, _)| (*a, *b) == (first, second));
                let turns = is_turn(i) && is_turn(j);
                if !met && !turns {
                    never.push((first, second));
                }
            }
        }
        never
    }
}

/// The path at which two steps meet.
fn meeting<'a>(before: &Tree, last: &'a Step, step: &'a Step) -> Option<&'a str> {
    let (earlier, later) = (last.paths(), step.paths());
    let one_file = |a: &str, b: &str| {
        let ino = before.model().at(a.as_bytes());
        ino.is_some() && ino == before.model().at(b.as_bytes())
    };
    match (&earlier[..], &later[..]) {
        ([], []) => None,
        ([], [path, ..]) | ([path, ..], []) => Some(path),
        _ => later
            .into_iter()
            .find(|b| earlier.iter().any(|a| related(a, b) || one_file(a, b))),
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seen, possible) = self.pairs();
        writeln!(
            f,
            "pairs of steps that met on one object: {seen} of {possible}"
        )?;
        for state in State::ALL {
            writeln!(
                f,
                "  {:<10} {:>4} of {possible}",
                state.name(),
                self.pairs_with(state)
            )?;
        }
        let mut kinds: Vec<_> = Step::WORDS
            .into_iter()
            .map(|word| (self.steps.get(word).copied().unwrap_or(0), word))
            .collect();
        kinds.sort_unstable();
        let fewest: Vec<_> = kinds
            .iter()
            .take(5)
            .map(|(count, word)| format!("{word} {count}"))
            .collect();
        writeln!(f, "least taken: {}", fewest.join(", "))?;
        let never = self.never();
        let some: Vec<_> = never
            .iter()
            .take(8)
            .map(|(first, second)| format!("{first}, {second}"))
            .collect();
        match never.len() {
            0 => write!(f, "every pair met"),
            count => write!(f, "never met: {count}, such as {}", some.join("; ")),
        }
    }
}
