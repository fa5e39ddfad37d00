//! A gate's outcome for people: on a terminal, and as markdown.

use super::finding::{Finding, Gate, State, Status};
use super::screen::percent;
use crate::table::escape;

/// The outcome as text.
pub fn text(gate: &Gate) -> String {
    let mut lines = vec![headline(gate)];
    lines.extend(gate.notes.iter().map(|note| format!("! {note}")));
    for finding in &gate.findings {
        lines.push(String::new());
        lines.push(format!(
            "{} {} {}{}",
            glyph(finding),
            finding.subject,
            finding.what,
            allowed(finding)
        ));
        lines.push(format!("    first  {}", finding.first.words));
        if let Some(again) = &finding.again {
            lines.push(format!(
                "    again  {}: {}",
                finding.state.word(),
                again.words
            ));
        }
        lines.extend(
            finding
                .repeat
                .iter()
                .map(|line| format!("    repeat {line}")),
        );
    }
    lines.push(String::new());
    lines.push(summary(gate));
    for (why, count) in gate.unclear.iter().take(5) {
        lines.push(format!("? {count}: {why}"));
    }
    lines.join("\n") + "\n"
}

/// The outcome as markdown, for job summaries and comments.
pub fn markdown(gate: &Gate) -> String {
    let mut text = format!("## {}\n\n", escape(&headline(gate)));
    for note in &gate.notes {
        text.extend(["- ", &escape(note), "\n"]);
    }
    for finding in &gate.findings {
        text.extend([
            "\n### ",
            glyph(finding),
            " ",
            &escape(&format!("{} {}", finding.subject, finding.what)),
            &escape(&allowed(finding)),
            "\n\n- first: ",
            &escape(&finding.first.words),
            "\n",
        ]);
        if let Some(again) = &finding.again {
            text.extend([
                "- again: **",
                finding.state.word(),
                "**: ",
                &escape(&again.words),
                "\n",
            ]);
        }
        if let Some(line) = &finding.repeat {
            // Indented code: nothing in it is markup.
            text.extend(["- repeat:\n\n      ", line, "\n"]);
        }
    }
    text.extend(["\n", &escape(&summary(gate)), "\n"]);
    for (why, count) in gate.unclear.iter().take(5) {
        text.extend([
            "- ",
            &count.to_string(),
            " not judged: ",
            &escape(why),
            "\n",
        ]);
    }
    text
}

fn headline(gate: &Gate) -> String {
    let confirmed = gate.confirmed().count();
    let what = match gate.status {
        Status::Failed if confirmed == 1 => "FAILED: one thing got worse".to_owned(),
        Status::Failed => format!("FAILED: {confirmed} things got worse"),
        Status::Inconclusive if !gate.findings.is_empty() => {
            "inconclusive: something may have got worse, which fresh rounds do not settle or confirm"
                .to_owned()
        }
        Status::Inconclusive => "nothing got worse, as far as could be judged".to_owned(),
        Status::Passed => "passed: nothing got worse".to_owned(),
    };
    format!("Gate: {}: {what}", gate.title)
}

fn summary(gate: &Gate) -> String {
    let counts = gate.counts;
    let mut text = format!(
        "Looked at {} numbers that noise cannot move and {} that it can",
        counts.noise_free, counts.noisy
    );
    if counts.cases > 0 {
        text.extend([format!(
            ", and {} changed answers of the suite",
            counts.cases
        )]);
    }
    text.extend([format!(
        ": {} surely not worse than allowed ({} of them better), {} flagged, {} not judged.",
        counts.well,
        counts.better,
        gate.findings.len(),
        counts.unclear
    )]);
    text
}

fn glyph(finding: &Finding) -> &'static str {
    match finding.state {
        State::Confirmed => "▼",
        State::Flagged | State::Unsettled => "?",
        State::Refuted => "-",
    }
}

fn allowed(finding: &Finding) -> String {
    if finding.metric.is_empty() {
        String::new()
    } else if finding.allowed == 0.0 {
        " (nothing more is allowed)".to_owned()
    } else {
        format!(" ({} % is allowed)", percent(finding.allowed))
    }
}
