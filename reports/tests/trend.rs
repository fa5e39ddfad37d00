//! Change points on made-up series with known steps, and on noise.

#![expect(
    clippy::print_stdout,
    reason = "the shares are what docs/measuring.md states"
)]

use reports::trend::divide::{ENOUGH, splits};

/// Deterministic noise (splitmix64).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Normal, but one run in twenty has five times the spread.
    fn heavy(&mut self) -> f64 {
        let odd = self.unit() < 0.05;
        self.normal() * if odd { 5.0 } else { 1.0 }
    }
}

const SERIES: usize = 1000;

/// The share of `SERIES` series of noise that show a change.
fn false_alarms(length: usize, noise: fn(&mut Random) -> f64) -> f64 {
    let mut random = Random(7);
    let alarmed = (0..SERIES)
        .filter(|_| {
            let series: Vec<f64> = (0..length).map(|_| noise(&mut random)).collect();
            !splits(&series).is_empty()
        })
        .count();
    alarmed as f64 / SERIES as f64
}

/// The share of series with a step of so many standard deviations at `at` that show exactly that, within one run.
fn found(length: usize, at: usize, step: f64) -> f64 {
    let mut random = Random(8);
    let hits = (0..SERIES)
        .filter(|_| {
            let series: Vec<f64> = (0..length)
                .map(|i| random.normal() + if i >= at { step } else { 0.0 })
                .collect();
            let splits = splits(&series);
            splits.len() == 1 && splits[0].at.abs_diff(at) <= 1
        })
        .count();
    hits as f64 / SERIES as f64
}

/// What docs/measuring.md states. `--nocapture` prints the shares.
#[test]
fn noise_alone_rarely_changes() {
    for length in [6, 10, 20, 40, 80] {
        let normal = false_alarms(length, Random::normal);
        let heavy = false_alarms(length, Random::heavy);
        println!("{length} runs: normal {normal}, heavy {heavy}");
        assert!(normal <= 0.02, "{length} runs: {normal}");
        assert!(heavy <= 0.04, "{length} runs: {heavy}");
    }
}

#[test]
fn a_step_is_found_where_it_is() {
    for (length, at, step, least) in [
        (10, 5, 5.0, 0.9),
        (20, 10, 3.0, 0.9),
        (30, 15, 2.0, 0.7),
        (30, 27, 4.0, 0.9),
        (60, 50, 2.5, 0.8),
    ] {
        let share = found(length, at, step);
        println!("{length} runs, a step of {step} sd before run {at}: {share}");
        assert!(share >= least, "{length} {at} {step}: {share}");
    }
    // Until a level has lasted three runs it may be an odd run or two.
    assert!(found(30, 29, 8.0) < 0.1);
}

#[test]
fn several_steps_are_found() {
    let mut random = Random(9);
    // Up, up, and back: the middle levels must not hide one another.
    let series: Vec<f64> = (0..60)
        .map(|i| [0.0, 4.0, 9.0, 0.0][i / 15] + random.normal())
        .collect();
    let at: Vec<usize> = splits(&series).iter().map(|split| split.at).collect();
    assert_eq!(at, [15, 30, 45]);
}

#[test]
fn one_odd_run_is_no_change_and_a_short_series_says_nothing() {
    let mut random = Random(10);
    let mut series: Vec<f64> = (0..30).map(|_| random.normal()).collect();
    series[12] += 20.0;
    assert_eq!(splits(&series), []);
    let steps = [0.0, 0.0, 0.0, 9.0, 9.0];
    assert!(steps.len() < ENOUGH);
    assert_eq!(splits(&steps), []);
    // Equal values on both sides: no noise at all, and the step is one.
    let at: Vec<usize> = splits(&[1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
        .iter()
        .map(|s| s.at)
        .collect();
    assert_eq!(at, [3]);
    assert_eq!(splits(&[1.0; 30]), []);
}
