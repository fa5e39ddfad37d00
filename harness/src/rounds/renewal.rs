//! How often the stores are made anew. One store may be lucky in how its blocks or its hashes fell; fresh ones average
//! over that (Mytkowicz et al. 2009; Kalibera and Jones 2013: repeat at the level that varies most).

use std::time::Duration;

/// The share of the time that making stores anew may take.
const SHARE: f64 = 0.1;

/// What making all stores anew costs, in seconds: opening them, and the fixtures that the first round makes and the
/// second finds. `None` while only one round is known.
pub(super) fn cost(opening: Duration, rounds: &[Vec<Duration>]) -> Option<f64> {
    let whole = |round: &Vec<Duration>| round.iter().sum::<Duration>();
    let (first, second) = (whole(rounds.first()?), whole(rounds.get(1)?));
    Some((opening + first.saturating_sub(second)).as_secs_f64())
}

/// After how many rounds the stores are made anew, so that it takes no more than a tenth of the time; `None` when the
/// cost is not known.
pub(super) fn every(cost: Option<f64>, round: f64) -> Option<u32> {
    let least = cost? / (SHARE * round.max(1e-3));
    (1..=10_000).find(|&rounds| f64::from(rounds) >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_made_anew_as_often_as_a_tenth_of_the_time_allows() {
        let seconds = |costs: &[u64]| -> Vec<Duration> {
            costs.iter().copied().map(Duration::from_secs).collect()
        };
        let opening = Duration::from_secs(2);
        assert_eq!(cost(opening, &[seconds(&[9, 9])]), None);
        let cost = cost(opening, &[seconds(&[9, 9]), seconds(&[8, 7])]).unwrap();
        assert!((cost - 5.0).abs() < 1e-9);
        assert_eq!(every(Some(cost), 15.0), Some(4), "5 s in 60 s, not in 45 s");
        assert_eq!(every(Some(0.5), 15.0), Some(1), "each round");
        assert_eq!(every(None, 15.0), None);
    }
}
