//! What measuring itself costs; docs/measuring.md quotes it.
//!
//! `cargo bench -p layerbench --bench overhead`: the wall time that a phase which does nothing is recorded with (two clock
//! reads: the floor of every time), and the harness's share of the CPU time of cells, as a run of `smoke` records it.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark talks to its user"
)]

use std::io::{Error, Result};

use workloads::recorder::{Metric, Recorder, Uncounted};

const PHASES: usize = 20_000;

fn main() {
    if let Err(error) = null_phase().and_then(|()| shares()) {
        eprintln!("overhead: {error}");
        std::process::exit(1);
    }
}

/// Sorts and gives the median with its 95 % interval by order statistics (binomial, normal approximation).
fn median(values: &mut [f64]) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks of some thousand values"
    )]
    let half = (0.98 * (values.len() as f64).sqrt()).ceil() as usize;
    let middle = values.len() / 2;
    let last = values.len() - 1;
    (
        values[middle],
        values[middle.saturating_sub(half)],
        values[(middle + half).min(last)],
    )
}

fn null_phase() -> Result<()> {
    let mut recorder = Recorder::new(Box::new(Uncounted));
    for _ in 0..PHASES {
        recorder.time("null", || Ok(())).map_err(Error::other)?;
    }
    let (samples, _) = recorder.finish();
    let mut seconds: Vec<f64> = samples
        .iter()
        .filter(|sample| sample.metric == Metric::Time)
        .map(|sample| sample.value)
        .collect();
    let (middle, low, high) = median(&mut seconds);
    println!(
        "a phase that does nothing: {:.0} ns, 95 % interval {:.0} to {:.0} ns, n = {PHASES}; target: under 1000 ns",
        middle * 1e9,
        low * 1e9,
        high * 1e9
    );
    Ok(())
}

/// The shares that a run records for its cells.
fn shares() -> Result<()> {
    let dir = tempfile::tempdir_in("/var/tmp")?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the benchmark is the user who starts the program"
    )]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_layerbench"));
    let line = "bench --profile smoke --rounds 2 --counts no --json --out out --work work";
    let output = command
        .args(line.split(' '))
        .current_dir(dir.path())
        .output()?;
    if !output.status.success() {
        return Err(Error::other(String::from_utf8_lossy(&output.stderr)));
    }
    let results: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let records = results["records"].as_array().into_iter().flatten();
    let mut shares: Vec<f64> = records
        .filter(|record| record["metric"] == "harness-cpu")
        .filter_map(|record| record["value"].as_f64())
        .collect();
    if shares.is_empty() {
        return Err(Error::other("the run recorded no harness-cpu"));
    }
    let (middle, low, high) = median(&mut shares);
    let above = shares.iter().filter(|&&share| share >= 0.01).count();
    println!(
        "the harness's share of a cell's CPU time: {:.2} %, 95 % interval {:.2} to {:.2} %, n = {} cells, {above} of them at or above 1 %; target: under 1 %",
        middle * 100.0,
        low * 100.0,
        high * 100.0,
        shares.len()
    );
    Ok(())
}
