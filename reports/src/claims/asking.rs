//! What would answer a statement that a run left open: a command.

use std::fmt::Write as _;

use super::about::About;
use super::check::Check;
use super::claim::Claim;
use super::find::COUNTED;
use super::judge::Finding;
use super::number::Quantity;
use super::verdict::Verdict;

/// Rounds that a run has of one workload when nobody names a number (the profile `default`): more have to be asked for.
const UNASKED: u32 = 20;
/// The most that are advised.
const MOST: u32 = 100;

/// A list in the order in which things came, each once.
#[derive(Debug, Default)]
struct Once(Vec<&'static str>);

impl Once {
    fn add(&mut self, word: &'static str) {
        if !self.0.contains(&word) {
            self.0.push(word);
        }
    }

    fn flags(&self, flag: &str) -> String {
        let flags = self.0.iter();
        flags.map(|word| format!(" --{flag} {word}")).collect()
    }
}

/// The command, for a statement of which a run of so many rounds found this.
pub(super) fn command(claim: &Claim, findings: &[Finding], rounds: u32) -> String {
    let (mut workloads, mut cases, mut drivers) =
        (Once::default(), Once::default(), Once::default());
    // Everything there is, where something is asked of all.
    let (mut all_workloads, mut all_drivers) = (false, false);
    let mut counted = false;
    for part in claim.parts {
        for about in [Some(part.about), part.other].into_iter().flatten() {
            let such = such(&about);
            all_drivers |= such.is_empty();
            such.iter().for_each(|name| drivers.add(name));
        }
        // One check that decides is enough: a number, which says more than yes or no, where there is one.
        let has_number = part.checks.iter().any(|c| matches!(c, Check::Number(..)));
        for check in part.checks {
            match check {
                Check::Number(quantity, _) => {
                    all_workloads |= matches!(quantity, Quantity::Overall);
                    for pick in quantity.picks() {
                        workloads.add(pick.workload);
                        counted |= COUNTED.contains(&pick.metric);
                    }
                }
                Check::Case { case, .. } | Check::Limit { case, .. } if !has_number => {
                    cases.add(case);
                }
                // Subjects tell their facts in any run.
                Check::Case { .. } | Check::Limit { .. } | Check::Fact { .. } => {}
            }
        }
    }
    let measures = all_workloads || !workloads.0.is_empty();
    let mut command = "layerbench ".to_owned();
    command.push_str(match (measures, cases.0.is_empty()) {
        (true, true) => "bench",
        (true, false) => "run",
        (false, _) => "conform",
    });
    if !all_drivers {
        command.push_str(&drivers.flags("driver"));
    }
    command.push_str(&cases.flags("case"));
    if measures && !all_workloads {
        command.push_str(&workloads.flags("workload"));
    }
    let uncounted = |finding: &Finding| finding.reason.contains("--counts");
    if counted && (findings.is_empty() || findings.iter().any(uncounted)) {
        command.push_str(" --counts yes");
    }
    let scatters =
        |finding: &Finding| finding.verdict == Verdict::Inconclusive && finding.number.is_some();
    if measures && rounds >= UNASKED && findings.iter().any(scatters) {
        let _ = write!(command, " --rounds {}", (2 * rounds).min(MOST));
    }
    command
}

/// Subjects to be asked for; none: all there are.
pub(super) fn such(about: &About) -> &'static [&'static str] {
    match about.such_as {
        [] => about.drivers,
        such => such,
    }
}
