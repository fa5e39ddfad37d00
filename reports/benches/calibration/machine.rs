//! A simulated machine that subjects take turns on: its own speed changes while they do, and every value carries noise.

use reports::stats::random::Random;

/// How the machine's speed changes. The sizes are those of docs/measuring.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drift {
    /// Not at all.
    Quiet,
    /// An autoregressive walk: standard deviation 10 %, correlation 0.95 from one cell to the next.
    Wander,
    /// A neighbour that costs 25 % comes and goes, for 20 cells on average.
    Neighbour,
    /// 15 % slower at the end than at the beginning, evenly.
    Ramp,
}

impl Drift {
    /// Every model.
    pub(crate) const ALL: [Self; 4] = [Self::Quiet, Self::Wander, Self::Neighbour, Self::Ramp];

    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Wander => "wandering, sd 10 %",
            Self::Neighbour => "neighbour, +25 %",
            Self::Ramp => "ramp, 15 %",
        }
    }
}

/// Subjects measured together.
pub(crate) const SUBJECTS: usize = 5;

/// The order in which cells are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Design {
    /// Every subject once in each round, in a random order.
    Blocks,
    /// All rounds of one subject, then all of the next.
    Sequential,
}

/// One workload measured: the values of each subject, by round. `truth` holds the true cost of each subject.
pub(crate) fn measure(
    random: &mut Random,
    drift: Drift,
    design: Design,
    rounds: usize,
    truth: [f64; SUBJECTS],
) -> [Vec<f64>; SUBJECTS] {
    let mut values = [const { Vec::new() }; SUBJECTS];
    let cells = rounds * SUBJECTS;
    let mut wander = 0.1 * random.normal();
    let mut busy = random.unit() < 0.5;
    let mut order: Vec<usize> = (0..SUBJECTS).collect();
    for cell in 0..cells {
        if cell % SUBJECTS == 0 {
            random.shuffle(&mut order);
        }
        let subject = match design {
            Design::Blocks => order[cell % SUBJECTS],
            Design::Sequential => cell / rounds,
        };
        wander = 0.95 * wander + 0.1 * (1.0_f64 - 0.95 * 0.95).sqrt() * random.normal();
        busy ^= random.unit() < 1.0 / 20.0;
        let speed = match drift {
            Drift::Quiet => 1.0,
            Drift::Wander => wander.exp(),
            Drift::Neighbour => 1.0 + 0.25 * f64::from(u8::from(busy)),
            Drift::Ramp => 1.0 + 0.15 * cell as f64 / cells as f64,
        };
        values[subject].push(truth[subject] * speed * noise(random));
    }
    values
}

/// 5 % noise, and three times in a hundred a spike, exponential of mean 1: the value doubles on average.
fn noise(random: &mut Random) -> f64 {
    let spike = if random.unit() < 0.03 {
        random.exponential()
    } else {
        0.0
    };
    (0.05 * random.normal()).exp() * (1.0 + spike)
}
