//! The decision cards: for each use who is named, how sure that is, why, what blocks the others, and the weights.

use maud::{Markup, html};

use super::{costs, matrix::name};
use crate::analysis::Analysis;
use crate::decide::{Certainty, Decision, Number, Reason, undecided};
use crate::headline::Row;
use crate::number::{alone, ratio, three};
use crate::record::Subject;
use crate::uses::{Need, ROOTLESS_FACT};

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>, rows: &[Row], decisions: &[Decision]) -> Markup {
    let open = undecided(rows);
    html! {
        @if decisions.is_empty() {
            p.lead { "Which driver fits which use: this run does not tell, because it measured too little of what any use rests on. What it did measure is below." }
        } @else {
            p.lead {
                "Which driver fits which use, as far as these numbers carry. A driver is named only if it beats those not named by more than "
                "the noise; one that fails a required promise is never named."
            }
        }
        @if analysis.results.cases.is_empty() {
            p.note { "The conformance suite was not asked in this run: what is named here may be fast and wrong." }
        }
        @if !decisions.is_empty() {
            div.cards data-costs=(costs::json(analysis, decisions)) { @for decision in decisions { (card(analysis, decision)) } }
        }
        @for open in &open {
            p.note {
                strong { (open.of.title) } ": not decided. This run has " (percent(open.share)) " of what it rests on, by weight; missing: "
                (open.missing.join(", ")) "."
            }
        }
        @if !decisions.is_empty() { p.small.muted {
            "A use is judged by the geometric mean of its numbers, by their weights, round by round; the interval and the test are those of a pair of "
            "drivers in the same rounds. A difference must exceed 5 %, or what twins differ by on this machine. Space below 1 MiB counts as 1 MiB, a time below 1 ms (of single operations 1 µs) as that: less nobody notices. Who shares a "
            "letter was not told apart by more than what matters. A mean over fewer numbers than there are says so, and makes no candidate."
        } }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn card(analysis: &Analysis<'_>, decision: &Decision) -> Markup {
    let sure = !decision.winners().is_empty();
    html! {
        div.card.sure[sure] id={ "use-" (decision.of.id) } data-use=(decision.of.id) {
            h3 { (decision.of.title) }
            p.for { (decision.of.about) }
            p.pick aria-live="polite" { (pick(decision)) }
            p.why { (why(decision)) }
            (reasons(analysis, decision))
            @for line in needs(analysis, decision) { p.out { (line) } }
            @for (out, reason) in &decision.out { p.out { "✗ Not considered: " (name(out)) ", " (reason) "." } }
            @for (named, reason) in &decision.partly_asked { p.out { "! " (name(named)) ": " (reason) "." } }
            @if !decision.missing.is_empty() {
                p.out { "Rests on " (percent(decision.share)) " of what it should, by weight; not measured: " (decision.missing.join(", ")) "." }
            }
            (standings(decision))
            (weights(analysis, decision))
        }
    }
}

fn pick(decision: &Decision) -> Markup {
    let or = |names: &[String]| {
        html! { @for (index, known) in names.iter().enumerate() { @if index > 0 { " or " } (name(known)) } }
    };
    match (decision.winners(), &decision.ranking[..]) {
        (_, []) => html! { "No candidate" },
        (_, [only]) => html! { (name(only)) ", the only candidate" },
        ([], _) => html! { "No clear winner" },
        (winners, _) => html! { "✓ " (or(winners)) },
    }
}

/// How sure it is, and who comes next.
fn why(decision: &Decision) -> String {
    let (Some(lead), Some(first), Some(next)) =
        (&decision.lead, decision.ranking.first(), decision.next())
    else {
        return String::new();
    };
    let lead = ratio(lead);
    let costs = match decision.winners() {
        [] => format!("{first} leads {next} by {lead}"),
        [_] => format!("the next, {next}, costs {lead}"),
        _ => format!(
            "these are not told apart by more than {}; the next, {next}, costs {lead}",
            percent(decision.margin)
        ),
    };
    match decision.certainty() {
        Certainty::Sure => format!("Sure: {costs}."),
        Certainty::RestsOn(_) => {
            let then: Vec<String> = decision
                .fragile
                .iter()
                .map(|(workload, leader)| match leader {
                    Some(leader) => format!("without {workload} {leader} would lead"),
                    None => format!("without {workload} nobody would be named"),
                })
                .collect();
            format!(
                "Sure only with all its workloads: {costs}; {}.",
                then.join(", ")
            )
        }
        Certainty::FewRounds => format!("Too few rounds to be sure: {costs}. {}.", more(decision)),
        _ => match decision.verdict {
            Some(crate::stats::Verdict::Inconclusive(why)) => {
                format!(
                    "Not sure: {costs}, but {}. {}.",
                    why.sentence(),
                    more(decision)
                )
            }
            _ => format!("Tied: {costs}, less than what matters."),
        },
    }
}

/// What would settle what is open.
fn more(decision: &Decision) -> String {
    match decision.rounds_to_settle() {
        Some(rounds) => format!("About {rounds} rounds like these would settle it"),
        None => "More rounds as noisy as these will not settle it".to_owned(),
    }
}

/// The two or three numbers.
fn reasons(analysis: &Analysis<'_>, decision: &Decision) -> Markup {
    let reasons = decision.reasons(analysis);
    let line = |reason: &Reason| {
        let value = |value| alone(&reason.unit, value);
        let (word, by) = if reason.pair.ratio >= 1.0 {
            ("for it", reason.pair.ratio)
        } else {
            ("against it", 1.0 / reason.pair.ratio)
        };
        html! {
            dt { (reason.label) span.muted { ", " (word) } }
            dd { (value(reason.first)) " : " (value(reason.next)) br; span.ci { "counts " (three(by)) "x, n = " (reason.pair.rounds) } }
        }
    };
    html! {
        @if let (false, Some(first), Some(next)) = (reasons.is_empty(), decision.ranking.first(), decision.next()) {
            p.against { (name(first)) " : " (name(next)) }
            dl.reasons { @for reason in &reasons { (line(reason)) } }
        }
    }
}

/// What those named stand on and need, from what was recorded of them.
fn needs(analysis: &Analysis<'_>, decision: &Decision) -> Vec<String> {
    let named = match decision.winners() {
        [] => &decision.ranking[..decision.ranking.len().min(1)],
        winners => winners,
    };
    let subjects = analysis.subjects();
    let of = |subject: &&Subject| {
        let backing = subject.backing.as_deref();
        let rootless = subject.facts.iter().find(|(fact, _)| fact == ROOTLESS_FACT);
        let root = rootless.map(|(_, value)| match value.as_str() {
            "yes" => "works without root",
            _ => "needs root",
        });
        let stands = backing.map(|backing| format!("stands on {backing}"));
        let told: Vec<String> = stands.into_iter().chain(root.map(str::to_owned)).collect();
        (!told.is_empty()).then(|| format!("{}: {}.", subject.name, told.join(", ")))
    };
    let mut lines: Vec<String> = subjects
        .iter()
        .filter(|subject| named.contains(&subject.name))
        .filter_map(of)
        .collect();
    if decision.of.needs.contains(&Need::NoRoot) && !named.is_empty() {
        let with_root = |s: &&Subject| s.capabilities.get("device_nodes") == Some(&true.into());
        if subjects.iter().any(with_root) {
            lines.push("Measured as root: in a user namespace options may differ.".to_owned());
        }
    }
    lines
}

fn standings(decision: &Decision) -> Markup {
    html! {
        @if decision.standings.len() > 1 {
            table.standings {
                caption { "Times the cost of the first" }
                thead { tr { th scope="col" { "Driver" } th.n scope="col" { "Times" } th scope="col" { "Group" } } }
                tbody {
                    @for place in &decision.standings {
                        tr {
                            th scope="row" { (name(&place.name)) }
                            td.n {
                                @match place.times { Some(times) => { (three(times)) }, None => "–" }
                                @if let Some(interval) = place.interval { " " span.ci { "[" (three(interval.low)) ", " (three(interval.high)) "]" } }
                                @if place.covered < place.of { br; span.muted { "over " (place.covered) "/" (place.of) " numbers" } }
                            }
                            td { @if place.letters.is_empty() { "–" } @else { (place.letters) } }
                        }
                    }
                }
            }
        }
    }
}

/// Every number of the use with its weight, which the script turns into sliders.
fn weights(analysis: &Analysis<'_>, decision: &Decision) -> Markup {
    let first = decision.ranking.first();
    let value = |number: &Number| {
        let series = analysis.get(first?, &number.row.key)?;
        Some(alone(&series.unit, series.median()))
    };
    html! {
        details.weights {
            summary { (decision.numbers.len()) " numbers and their weights" }
            p.small.muted { (decision.of.why) }
            table {
                thead { tr { th scope="col" { "Number" } th.n scope="col" { @match first { Some(first) => (name(first)), None => "–" } } th.n scope="col" { "Weight" } } }
                tbody {
                    @for number in &decision.numbers {
                        tr {
                            th scope="row" { (number.row.label) }
                            td.n { (value(number).unwrap_or_else(|| "–".to_owned())) }
                            td.n data-weight=(number.row.id) data-label=(number.row.label) { (number.weight) }
                        }
                    }
                }
            }
        }
    }
}
