//! Calibration: what the statistics say of machines whose truth is known, because they are simulated.
//!
//! `cargo bench -p layerbench-reports --bench calibration` prints the tables of docs/measuring.md and fails when a bound is
//! missed. Optional arguments after `--`: the seed, then the simulated runs of each line. `tests/false_alarms.rs` asks the
//! same with few runs.

mod machine;
mod share;
mod trials;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use machine::Drift;
use share::Share;

/// Tables as text, and the bounds that were missed.
#[derive(Default)]
struct Page {
    text: String,
    missed: Vec<String>,
}

impl Page {
    fn head(&mut self, title: &str, columns: &[&str]) {
        let _ = write!(
            self.text,
            "\n### {title}\n\n| {} |\n|---{}|\n",
            columns.join(" | "),
            "|---:".repeat(columns.len() - 1)
        );
    }

    fn row(&mut self, name: &str, cells: &[String]) {
        let _ = writeln!(self.text, "| {name} | {} |", cells.join(" | "));
    }

    /// `share` must lie between two percentages, give or take two standard errors of the simulation.
    fn bound(&mut self, what: &str, share: Share, low: f64, high: f64) {
        if !share.within(low, high) {
            self.missed
                .push(format!("{what}: {share} % is not within {low} to {high} %"));
        }
    }
}

fn main() -> ExitCode {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|arg| arg.parse::<u64>().ok());
    let seed = numbers.next().unwrap_or(20_261_121);
    let runs = usize::try_from(numbers.next().unwrap_or(200)).unwrap_or(200);
    let mut page = Page::default();
    let _ = writeln!(
        page.text,
        "Seed {seed}; {runs} runs of {} workloads and {} subjects a line, {} times for designs, {} for geometric means. Shares in percent ± the standard error of the simulation.",
        trials::WORKLOADS,
        machine::SUBJECTS,
        runs * 10,
        runs * 5
    );
    identical(&mut page, seed, runs);
    slower(&mut page, seed, runs);
    sizes(&mut page, seed, runs / 2);
    designs(&mut page, seed, runs * 10);
    means(&mut page, seed, runs * 5);
    for line in &page.missed {
        let _ = write!(page.text, "\n**missed**: {line}\n");
    }
    let written = std::io::stdout().write_all(page.text.as_bytes());
    if page.missed.is_empty() && written.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn identical(page: &mut Page, seed: u64, runs: usize) {
    page.head(
        "Identical subjects",
        &[
            "machine",
            "rounds",
            "p ≤ 0.05",
            "Friedman p ≤ 0.05",
            "found (after correction)",
            "runs with anything found",
            "verdict better or worse",
            "verdict equivalent",
            "interval holds 1",
        ],
    );
    for drift in Drift::ALL {
        for rounds in [6, 12, 20, 30] {
            let got = trials::runs(seed, drift, rounds, 1.0, runs);
            let both = got.worse.percent() + got.better.percent();
            page.row(
                drift.name(),
                &[
                    rounds.to_string(),
                    got.raw.to_string(),
                    got.omnibus.to_string(),
                    format!("{:.2}", got.found.percent()),
                    got.any.to_string(),
                    format!("{both:.2}"),
                    got.equivalent.to_string(),
                    got.covered.to_string(),
                ],
            );
            let at = format!("identical, {}, {rounds} rounds", drift.name());
            page.bound(&format!("{at}, p"), got.raw, 3.0, 7.0);
            page.bound(&format!("{at}, Friedman"), got.omnibus, 3.0, 7.0);
            page.bound(&format!("{at}, found"), got.found, 0.0, 0.5);
            page.bound(&format!("{at}, runs"), got.any, 0.0, 5.0);
            page.bound(&format!("{at}, interval"), got.covered, 95.0, 100.0);
            for verdict in [got.worse, got.better] {
                page.bound(&format!("{at}, verdict"), verdict, 0.0, 0.05);
            }
        }
    }
}

fn slower(page: &mut Page, seed: u64, runs: usize) {
    page.head(
        "One of five subjects 8 % slower",
        &[
            "machine",
            "rounds",
            "p ≤ 0.05",
            "found (after correction)",
            "verdict worse",
            "verdict equivalent (wrong)",
            "interval holds 1.08",
        ],
    );
    for drift in Drift::ALL {
        for rounds in [12, 20, 30, 60, 90] {
            // Many rounds take long and tell little more.
            let runs = if rounds > 30 { runs / 2 } else { runs };
            let got = trials::runs(seed ^ 1, drift, rounds, 1.08, runs);
            page.row(
                drift.name(),
                &[
                    rounds.to_string(),
                    got.raw.to_string(),
                    got.found.to_string(),
                    got.worse.to_string(),
                    got.equivalent.to_string(),
                    got.covered.to_string(),
                ],
            );
            let at = format!("8 % slower, {}, {rounds} rounds", drift.name());
            page.bound(&format!("{at}, interval"), got.covered, 95.0, 100.0);
            page.bound(&format!("{at}, better"), got.better, 0.0, 0.0);
            if rounds == 20 {
                page.bound(&format!("{at}, p"), got.raw, 80.0, 100.0);
            }
        }
    }
}

fn sizes(page: &mut Page, seed: u64, runs: usize) {
    page.head(
        "Verdict worse, by how much slower the subject is",
        &["machine", "rounds", "+12 %", "+16 %", "+20 %", "+25 %"],
    );
    for drift in Drift::ALL {
        for rounds in [6, 12, 20] {
            let shares = [1.12, 1.16, 1.20, 1.25]
                .map(|factor| trials::runs(seed ^ 4, drift, rounds, factor, runs).worse);
            let mut cells = vec![rounds.to_string()];
            cells.extend(shares.map(|share| share.to_string()));
            page.row(drift.name(), &cells);
            if rounds == 20 {
                let at = format!("16 % slower, {}, 20 rounds, worse", drift.name());
                page.bound(&at, shares[1], 80.0, 100.0);
            }
        }
    }
}

fn designs(page: &mut Page, seed: u64, runs: usize) {
    page.head(
        "Designs compared: share called different (p ≤ 0.05)",
        &[
            "machine",
            "rounds",
            "truth",
            "blocks, paired (ours)",
            "blocks, unpaired",
            "sequential, neighbours",
            "sequential, first and last",
        ],
    );
    for drift in Drift::ALL {
        for (rounds, factor) in [(10, 1.0), (20, 1.0), (10, 1.08), (20, 1.08)] {
            let got = trials::designs(seed ^ 2, drift, rounds, factor, runs);
            page.row(
                drift.name(),
                &[
                    rounds.to_string(),
                    if factor == 1.0 { "same" } else { "+8 %" }.to_owned(),
                    got.paired.to_string(),
                    got.unpaired.to_string(),
                    got.adjacent.to_string(),
                    got.far.to_string(),
                ],
            );
        }
    }
}

fn means(page: &mut Page, seed: u64, runs: usize) {
    page.head(
        "Bootstrap (BCa) of geometric means over five workloads: interval holds the truth",
        &["machine", "6 rounds", "8", "12", "20", "30"],
    );
    for drift in [Drift::Quiet, Drift::Wander] {
        let shares = [6, 8, 12, 20, 30].map(|rounds| {
            (
                rounds,
                trials::geometric_means(seed ^ 3, drift, rounds, runs),
            )
        });
        page.row(drift.name(), &shares.map(|(_, share)| share.to_string()));
        for (rounds, share) in shares {
            let least = if rounds < 12 { 80.0 } else { 90.0 };
            page.bound(
                &format!("geometric mean, {rounds} rounds"),
                share,
                least,
                98.0,
            );
        }
    }
}
