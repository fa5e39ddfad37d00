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
    let mut text = format!(
        "# layerbench\n\n{}\n\n",
        escape(&sentence(&analysis, &decide(&analysis, &headline)))
    );
    text.extend(caution(&analysis).map(|line| format!("**{}**\n\n", escape(&line))));
    text.push_str(&summary::table(&analysis, &headline).markdown());
    text.push_str("\nMedians. `layer/volume`: how many times a job in the container layer takes what it takes in a volume. `report.html` has intervals, verdicts and the method.\n");
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
