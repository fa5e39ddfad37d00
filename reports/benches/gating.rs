//! How often the gate errs, on simulated machines: `cargo bench -p layerbench-reports --bench gating`.
//!
//! Each trial is a whole gate: a session of two programs that take turns, or a fresh run against a stored one, the first
//! look, and the second at fresh rounds of what was flagged. 5 % noise with 3 % spikes, a drift of 2 % a round, one
//! subject, four times of which three are guarded, two metrics that noise cannot move. The slowdown is in one of them.

#[path = "../tests/made_up/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod made_up;

use made_up::Made;
use reports::compare::{Comparison, Options};
use reports::gate::{Gate, Status, Strictness};
use reports::{Results, stats};

const TRIALS: u64 = 1000;

/// What a trial compares.
#[derive(Clone, Copy)]
enum Kind {
    /// Turn by turn, in one session.
    Turns,
    /// With a stored run of a day on which the machine was a third faster.
    Stored,
}

/// One trial: whether something was flagged, and whether the gate failed.
fn trial(kind: Kind, seed: u64, rounds: u32, slower: f64) -> (bool, bool) {
    let side = |noise: u64, rounds: u32, factor: f64| {
        let mut made = Made::new(noise, rounds);
        made.start *= factor;
        made
    };
    let pair = |old: u64, new: u64, rounds: u32| -> (Results, Results) {
        let (old, new) = (side(old, rounds, 1.0), side(new, rounds, slower));
        match kind {
            Kind::Turns => (old.in_session("s").results(), new.in_session("s").results()),
            Kind::Stored => (old.results(), new.slower_machine(1.33).results()),
        }
    };
    let seed = seed * 4;
    let (a, b) = pair(seed, seed + 1, rounds);
    let options = Options::default();
    let compare = |a: &Results, b: &Results| Comparison::new(a, b, &options);
    let strictness = Strictness {
        again: true,
        noise_free_only: false,
    };
    let Ok(first) = compare(&a, &b) else {
        return (false, false);
    };
    let mut gate = Gate::screen("trial", &first, &options.limits, strictness);
    let flagged = gate.open().next().is_some();
    if flagged {
        let (c, d) = pair(seed + 2, seed + 3, rounds.max(12));
        // The stored run stays what it is.
        let before = match kind {
            Kind::Turns => &c,
            Kind::Stored => &a,
        };
        if let Ok(second) = compare(before, &d) {
            gate.confirm(&second);
        }
    }
    (flagged, gate.status == Status::Failed)
}

#[expect(clippy::print_stdout, reason = "the table is what this is for")]
#[expect(clippy::cast_precision_loss, reason = "a thousand trials")]
fn main() {
    println!("| | rounds | slower by | flagged | failed | 95 % interval |");
    println!("|---|---:|---:|---:|---:|---:|");
    // The exact distribution of two samples takes long for many rounds: the weaker way is simulated for few.
    let ways: [(Kind, &str, &[u32]); 2] = [
        (Kind::Turns, "turn by turn", &[6, 12, 20]),
        (Kind::Stored, "stored baseline", &[6]),
    ];
    for (kind, name, numbers) in ways {
        for &rounds in numbers {
            for slower in [1.0, 1.08, 1.15, 1.25, 1.5] {
                let outcomes: Vec<(bool, bool)> = (0..TRIALS)
                    .map(|seed| trial(kind, seed, rounds, slower))
                    .collect();
                let flagged = outcomes.iter().filter(|(flagged, _)| *flagged).count();
                let failed = outcomes.iter().filter(|(_, failed)| *failed).count();
                let (low, high) = wilson(failed as f64, TRIALS as f64);
                println!(
                    "| {name} | {rounds} | {:.0} % | {:.1} % | {:.1} % | {:.1} to {:.1} % |",
                    (slower - 1.0) * 100.0,
                    flagged as f64 / TRIALS as f64 * 100.0,
                    failed as f64 / TRIALS as f64 * 100.0,
                    low * 100.0,
                    high * 100.0
                );
            }
        }
    }
}

/// The 95 % interval of a share (Wilson 1927).
fn wilson(hits: f64, n: f64) -> (f64, f64) {
    let z = stats::normal::quantile(0.975);
    let share = hits / n;
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let reach = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - reach).max(0.0), middle + reach)
}
