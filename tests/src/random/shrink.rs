//! Makes a failing sequence small: drops what it does not need, then makes the rest plainer.
//!
//! A smaller sequence must fail in a step of the same kind; what is expected and seen there may be something else.

use std::ops::ControlFlow;

use crate::case::Outcome;

use super::plan::Failure;
use super::step::{Action, Fill, Sequence, Step};

/// What came of a try: the failing step and its answer; break: no more tries.
type Try = ControlFlow<(), Option<(usize, Outcome)>>;

/// The smallest sequence found that fails. `play` is given each candidate, and the size of the best so far.
pub(super) fn smallest(failure: Failure, mut play: impl FnMut(&Sequence, usize) -> Try) -> Failure {
    let mut best = failure;
    // What comes after the failing step does not matter; the end is looked at after the last one.
    let cut = best.at + 1;
    best.smallest.steps.truncate(cut);
    let mut shrinker = |best: &mut Failure, candidate: Sequence| -> ControlFlow<(), bool> {
        if let Some((at, outcome)) = play(&candidate, best.smallest.steps.len())?
            && word(&candidate, at) == word(&best.smallest, best.at)
        {
            best.smallest = candidate;
            best.smallest.steps.truncate(at + 1);
            (best.at, best.outcome) = (at, outcome);
            return ControlFlow::Continue(true);
        }
        ControlFlow::Continue(false)
    };
    loop {
        let before = best.smallest.clone();
        let done = round(&mut best, &mut shrinker);
        if done.is_break() || best.smallest == before {
            return best;
        }
    }
}

/// The kind of step that fails; none at the end.
fn word(sequence: &Sequence, at: usize) -> Option<&'static str> {
    sequence.steps.get(at).map(Step::word)
}

fn round(best: &mut Failure, shrink: &mut Shrinker<'_>) -> ControlFlow<()> {
    drop_chunks(best, shrink)?;
    lower_base(best, shrink)?;
    plainer(best, shrink)
}

/// One try: true when the candidate fails and is now the best.
type Shrinker<'a> = dyn FnMut(&mut Failure, Sequence) -> ControlFlow<(), bool> + 'a;

/// Drops halves, quarters ... single steps, from the end: what a failure needs is near it.
fn drop_chunks(best: &mut Failure, shrink: &mut Shrinker<'_>) -> ControlFlow<()> {
    let mut size = best.smallest.steps.len().div_ceil(2);
    while size > 0 {
        let mut end = best.smallest.steps.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let mut candidate = best.smallest.clone();
            candidate.steps.drain(start..end);
            shrink(best, candidate)?;
            end = start.min(best.smallest.steps.len());
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    ControlFlow::Continue(())
}

fn lower_base(best: &mut Failure, shrink: &mut Shrinker<'_>) -> ControlFlow<()> {
    for base in 0..best.smallest.base {
        let candidate = Sequence {
            base,
            ..best.smallest.clone()
        };
        if shrink(best, candidate)? {
            break;
        }
    }
    ControlFlow::Continue(())
}

/// Tries plainer arguments, step by step.
fn plainer(best: &mut Failure, shrink: &mut Shrinker<'_>) -> ControlFlow<()> {
    let mut number = 0;
    while number < best.smallest.steps.len() {
        for step in plainer_steps(&best.smallest.steps[number]) {
            let mut candidate = best.smallest.clone();
            candidate.steps[number] = step;
            if shrink(best, candidate)? {
                break;
            }
        }
        number += 1;
    }
    ControlFlow::Continue(())
}

/// Steps that do less, the plainest first.
fn plainer_steps(step: &Step) -> Vec<Step> {
    const ONE: Fill = Fill {
        letter: b'x',
        times: 1,
    };
    let Step::On(action, path) = step else {
        return Vec::new();
    };
    let plainer: Vec<Action> = match *action {
        Action::Create(fill) if fill != ONE => vec![Action::Create(ONE)],
        Action::Write(0, fill) if fill == ONE => Vec::new(),
        Action::Write(offset, fill) => {
            vec![
                Action::Write(0, ONE),
                Action::Write(offset, ONE),
                Action::Write(0, fill),
            ]
        }
        Action::Append(fill) if fill != ONE => vec![Action::Append(ONE)],
        Action::Truncate(length) if length > 0 => vec![Action::Truncate(0), Action::Truncate(1)],
        Action::Punch(0, 1) => Vec::new(),
        Action::Punch(..) => vec![Action::Punch(0, 1)],
        Action::Chmod(mode) if mode != 0o600 && mode != 0o700 => {
            vec![Action::Chmod(0o600), Action::Chmod(0o700)]
        }
        Action::Chown(user, group) if (user, group) != (1, 1) => vec![Action::Chown(1, 1)],
        Action::Mtime(seconds, nanoseconds) if (seconds, nanoseconds) != (1, 0) => {
            vec![Action::Mtime(1, 0)]
        }
        Action::RemoveAll => vec![Action::Unlink, Action::Rmdir],
        _ => Vec::new(),
    };
    plainer
        .into_iter()
        .filter(|plain| plain != action)
        .map(|action| Step::On(action, path.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up driver that fails when `b` is renamed after `a` was removed.
    #[test]
    fn what_does_not_matter_is_dropped() {
        let text = "base 2; mkdir c; write ab 70000 x*9; unlink a; remount; fifo c/a; chmod c 700; commit; rename b c/b; mkdir ab";
        let sequence: Sequence = text.parse().unwrap();
        let fails = |sequence: &Sequence| {
            let words: Vec<_> = sequence.steps.iter().map(Step::word).collect();
            let removed = words.iter().position(|word| *word == "unlink")?;
            let renamed = words.iter().position(|word| *word == "rename")?;
            (removed < renamed).then(|| (renamed, Outcome::fail("1", "2")))
        };
        let (at, outcome) = fails(&sequence).unwrap();
        let mut tries = 0;
        let failure = Failure {
            seed: None,
            case_no: 0,
            steps_before: sequence.steps.len(),
            smallest: sequence,
            at,
            outcome,
        };
        let found = smallest(failure, |candidate, _| {
            tries += 1;
            ControlFlow::Continue(fails(candidate))
        });
        assert_eq!(found.smallest.to_string(), "base 0; unlink a; rename b c/b");
        assert_eq!(found.at, 1);
        assert!(tries < 40, "{tries}");
    }
}
