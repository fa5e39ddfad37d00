//! `summary.md`: what is printed, for job summaries and comments.

use crate::analysis::Analysis;
use crate::decide::{caution, decide, sentence};
use crate::headline::rows;
use crate::record::{Outcome, Results};
use crate::summary;
use crate::table::escape;

/// The summary as markdown.
pub fn summary(results: &Results) -> String {
    let analysis = Analysis::new(results);
    let headline = rows(&analysis);
    let decisions = decide(&analysis, &headline);
    let mut text = format!(
        "# layerbench\n\n{}\n\n",
        escape(&sentence(&analysis, &decisions))
    );
    for line in summary::close_calls(&decisions) {
        text.extend([escape(&line).as_str(), "\n\n"]);
    }
    text.extend(caution(&analysis).map(|line| format!("**{}**\n\n", escape(&line))));
    text.push_str(&summary::table(&analysis, &headline).markdown());
    text.push_str("\nMedians. `layer/volume`: how many times a job in the container layer takes what it takes in a volume. `report.html` has intervals, verdicts and the method.\n");
    if let Some(standings) = summary::standings(&decisions) {
        text.extend(["\n", &standings.markdown()]);
        text.push_str("\nHow many times what the first of a use costs (geometric mean of its numbers; 4/5: covers 4 of 5 of them). Who shares a letter was not told apart; who has none is no candidate, or there are fewer than 6 rounds.\n");
    }
    let notes = summary::notes(&analysis);
    if !notes.is_empty() {
        text.push('\n');
        for note in notes {
            text.extend([format!("- {}\n", escape(&note))]);
        }
    }
    let failures: Vec<_> = results
        .cases
        .iter()
        .filter(|case| matches!(case.outcome, Outcome::Fail | Outcome::Broken))
        .collect();
    if !failures.is_empty() {
        text.push_str("\n## Conformance failures\n\n");
        for case in failures {
            text.extend([format!(
                "- {} on {}: {}\n",
                escape(&case.case),
                escape(&case.subject),
                escape(&case.reason)
            )]);
        }
    }
    if let Some(line) = crate::claims::judge::sentence(&analysis) {
        text.extend(["\n", &escape(&line), "\n"]);
    }
    let run = &results.run;
    text.extend([format!(
        "\nlayerbench {}, profile {}, {} rounds, seed {}, {}.\n",
        escape(&run.version),
        escape(&run.profile),
        run.rounds,
        run.seed,
        escape(&run.started)
    )]);
    text
}
