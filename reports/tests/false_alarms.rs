//! The statistics on simulated machines: identical subjects are called different about as often as promised, real
//! differences are found, and drift deceives nobody. Seeded, so that the shares are fixed.

use std::collections::BTreeMap;

use reports::stats::{Paired, Verdict, family};

/// A small generator (splitmix64); its quality is ample for this and its numbers never change.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.unit()).cos()
    }

    /// 5 % noise, and now and then a spike.
    fn noise(&mut self) -> f64 {
        let spike = if self.unit() < 0.03 {
            -self.unit().ln()
        } else {
            0.0
        };
        (0.05 * self.normal()).exp() * (1.0 + spike)
    }
}

/// `rounds` pairs on a machine that gets slower by half while they run; the first is `factor` times the second.
fn compare(random: &mut Random, rounds: u32, factor: f64) -> Paired {
    let mut a = BTreeMap::new();
    let mut b = BTreeMap::new();
    for round in 0..rounds {
        let drift = 1.0 + 0.5 * f64::from(round) / f64::from(rounds);
        a.insert(round, factor * drift * random.noise());
        b.insert(round, drift * random.noise());
    }
    Paired::new(&a, &b).unwrap()
}

#[test]
fn identical_subjects_differ_in_about_five_of_a_hundred_tests() {
    for rounds in [8, 12, 30] {
        let mut random = Random(7);
        let trials = 4000;
        let alarms = (0..trials)
            .filter(|_| compare(&mut random, rounds, 1.0).p <= 0.05)
            .count();
        let share = alarms as f64 / f64::from(trials);
        assert!((0.03..=0.07).contains(&share), "{rounds} rounds: {share}");
    }
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_claim() {
    for rounds in [6, 10, 20] {
        let mut random = Random(11);
        let trials = 2000;
        let held = (0..trials)
            .filter(|_| {
                let interval = compare(&mut random, rounds, 1.3).interval.unwrap();
                (interval.low..=interval.high).contains(&1.3)
            })
            .count();
        let share = held as f64 / f64::from(trials);
        assert!((0.935..=0.98).contains(&share), "{rounds} rounds: {share}");
    }
}

#[test]
fn whole_families_of_identical_subjects_raise_almost_no_verdict() {
    let mut random = Random(3);
    let mut alarms = 0;
    let families = 200;
    for _ in 0..families {
        let pairs: Vec<Paired> = (0..50).map(|_| compare(&mut random, 12, 1.0)).collect();
        let adjusted = family::adjust(&pairs.iter().map(|p| p.p).collect::<Vec<_>>());
        let called = |(pair, p): (&Paired, &f64)| {
            matches!(
                Verdict::of(pair, *p, 0.05, false),
                Verdict::Better | Verdict::Worse
            )
        };
        alarms += usize::from(pairs.iter().zip(&adjusted).any(called));
    }
    assert!(alarms <= families / 20, "{alarms} of {families}");
}

#[test]
fn a_real_difference_is_found() {
    let mut random = Random(5);
    let found = (0..1000).filter(|_| {
        let pair = compare(&mut random, 12, 1.25);
        Verdict::of(&pair, pair.p, 0.05, false) == Verdict::Worse
    });
    assert!(found.count() > 900);
}
