//! Two programs in one session: in each round both run once, in an order that chance decides, on fresh stores.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom as _;
use reports::gate::side::Turns;

use super::asked::Asked;
use super::child;
use crate::commands::compare::Run;
use crate::interrupt;
use crate::progress::Progress;

/// What the sides are called in files.
const NAMES: [&str; 2] = ["old", "new"];

/// Runs the turns. `None` when the user ended it.
pub(super) fn take(
    programs: [&PathBuf; 2],
    asked: &Asked,
    dir: &Path,
) -> anyhow::Result<Option<[Run; 2]>> {
    let mut sides = [Turns::default(), Turns::default()];
    let bar = Progress::new("taking turns", u64::from(asked.rounds) * 2);
    for (round, order) in (0..).zip(orders(asked.seed, asked.rounds)) {
        for side in order {
            bar.next(&format!("round {}: {}", round + 1, NAMES[side]));
            let place = dir.join(NAMES[side]).join(format!("round-{round}"));
            let turn = child::run(programs[side], &asked.line(1), &place);
            if turn.is_err() {
                bar.finish();
            }
            let Some(turn) = turn?.filter(|_| !interrupt::requested()) else {
                bar.finish();
                return Ok(None);
            };
            sides[side].add(turn.results, round);
            bar.done();
        }
    }
    bar.finish();
    let mut answers = [Vec::new(), Vec::new()];
    if let Some(line) = asked.suite() {
        for (side, answers) in answers.iter_mut().enumerate() {
            let place = dir.join(NAMES[side]).join("conformance");
            let Some(answered) = child::run(programs[side], &line, &place)? else {
                return Ok(None);
            };
            *answers = answered.results.cases;
        }
    }
    let session = dir.display().to_string();
    let [old, new] = sides;
    let mut runs = Vec::new();
    for ((side, name), cases) in [(old, NAMES[0]), (new, NAMES[1])].into_iter().zip(answers) {
        let mut results = side.finish(&session, name);
        results.cases = cases;
        let path = dir.join(name).join("results.json");
        std::fs::write(&path, results.to_json()?)
            .with_context(|| format!("could not write {}", path.display()))?;
        runs.push(Run {
            results,
            torn: false,
        });
    }
    Ok(<[Run; 2]>::try_from(runs).ok())
}

/// Who goes first, round by round: each as often, in an order that the seed decides.
fn orders(seed: u64, rounds: u32) -> Vec<[usize; 2]> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut orders = Vec::new();
    while orders.len() < rounds as usize {
        let mut two = [[0, 1], [1, 0]];
        two.shuffle(&mut random);
        orders.extend(two);
    }
    orders.truncate(rounds as usize);
    orders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_goes_first_as_often_in_no_fixed_order() {
        let orders = orders(1, 40);
        let first = orders.iter().filter(|order| order[0] == 0).count();
        assert_eq!((orders.len(), first), (40, 20));
        let same = orders.chunks(2).filter(|two| two[0] == [0, 1]).count();
        assert!((1..20).contains(&same), "{same}");
        assert_eq!(super::orders(1, 3), super::orders(1, 3));
    }
}
