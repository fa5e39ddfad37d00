//! `summary.md`: what is printed, for job summaries and comments.

use crate::analysis::Analysis;
use crate::decide::{Decision, caution, decide, sentence};
use crate::headline::rows;
use crate::number::{alone, ratio};
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
    for decision in &decisions {
        text.push_str(&decided(&analysis, decision));
    }
    if !decisions.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary::table(&analysis, &headline, true).markdown());
    text.push_str("\nMedians. `layer/volume`: how many times a job in the container layer takes what it takes in a volume. `report.html` has intervals, verdicts and the method.\n");
    if let Some(standings) = summary::standings(&decisions) {
        text.extend(["\n", &standings.markdown()]);
        text.push_str("\nHow many times what the first of a use costs (weighted geometric mean of its numbers; 4/5: covers 4 of 5 of them). Who shares a letter was not told apart; who has none is no candidate, or there are fewer than 6 rounds.\n");
    }
    let mut notes = summary::notes(&analysis);
    notes.extend(summary::undecided_line(&headline));
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

/// A line for each use: who is named, who comes next and by how much, how sure that is, why, and who is out.
fn decided(analysis: &Analysis<'_>, decision: &Decision) -> String {
    let named = match decision.winners() {
        [] => "nobody is named".to_owned(),
        winners => winners.join(" or "),
    };
    let mut text = format!(
        "- **{}**: {} ({}).",
        escape(decision.of.title),
        escape(&named),
        escape(&decision.certainty().words())
    );
    if let (Some(next), Some(lead)) = (decision.next(), &decision.lead) {
        text.extend([" Next: ", &escape(next), ", ", &escape(&ratio(lead)), "."]);
    }
    for reason in decision.reasons(analysis) {
        text.extend([
            " ",
            &escape(&reason.label),
            ": ",
            &alone(&reason.unit, reason.first),
            " against ",
            &alone(&reason.unit, reason.next),
            ".",
        ]);
    }
    for (name, reason) in &decision.out {
        text.extend([format!(
            " {} is not considered: {}.",
            escape(name),
            escape(reason)
        )]);
    }
    text.push('\n');
    text
}
