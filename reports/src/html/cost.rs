//! What is paid beside time.

use maud::{Markup, html};

use super::budget::Piece;
use super::figure::{Numbers, figure, not_drawn};
use super::matrix::name;
use crate::charts::cost::{ALL, Cost, Line, against_control, figure as drawn, lines};
use crate::charts::{Scene, Worth};
use crate::number::three;

/// A kind of cost with its lines, and its chart, which a page may have to do without.
pub(super) struct Drawn<'a> {
    cost: &'static Cost,
    lines: Vec<Line<'a>>,
    pub(super) piece: Piece,
}

/// Draws what was measured beside time.
pub(super) fn draw<'a>(scene: &Scene<'a>) -> Vec<Drawn<'a>> {
    let found = ALL.iter().map(|cost| (cost, lines(scene, cost)));
    found
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(cost, lines)| {
            let id = format!("cost-{}", cost.id);
            let chart = figure(
                &id,
                "Cost",
                cost.question,
                Numbers::Below,
                drawn(cost, &lines),
            );
            Drawn {
                cost,
                lines,
                piece: Piece::new(Worth::Further, chart),
            }
        })
        .collect()
}

/// The section's body; `None` where nothing but time was measured.
pub(super) fn section(scene: &Scene<'_>, costs: &[Drawn<'_>]) -> Option<Markup> {
    let left_out: Vec<&str> = costs
        .iter()
        .filter(|drawn| !drawn.piece.kept)
        .map(|drawn| drawn.cost.question)
        .collect();
    (!costs.is_empty()).then(|| html! {
        p.lead { "A driver that is fast may be dear: in CPU time that the application lacks, in memory, in space, in inodes, and when things are removed again. Less is better in all of it." }
        (summary(scene, costs))
        @for drawn in costs.iter().filter(|drawn| drawn.piece.kept) { (drawn.piece.body) }
        (not_drawn(&left_out))
    })
}

/// Every subject's cost against its control, kind by kind.
fn summary(scene: &Scene<'_>, costs: &[Drawn<'_>]) -> Markup {
    let subjects = scene.analysis.subjects();
    let known: Vec<&Drawn<'_>> = costs
        .iter()
        .filter(|drawn| {
            subjects
                .iter()
                .any(|s| against_control(&drawn.lines, &s.name).is_some())
        })
        .collect();
    html! {
        @if !known.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Cost against the control" {
                table.stick {
                    caption { "How many times the control's cost: the geometric mean of the medians' ratios over the lines of each chart below, and over how many lines." }
                    thead { tr { th scope="col" { "Subject" } @for drawn in &known { th.n scope="col" { (head(drawn)) } } } }
                    tbody {
                        @for subject in &subjects {
                            tr {
                                th scope="row" { (name(&subject.name)) }
                                @for drawn in &known {
                                    td.n {
                                        @match against_control(&drawn.lines, &subject.name) {
                                            Some((ratio, count)) => { span.value { (three(ratio)) "x" } " " span.ci { "(" (count) ")" } },
                                            None => { span.muted { "–" } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn head(drawn: &Drawn<'_>) -> Markup {
    html! {
        @if drawn.piece.kept { a href={ "#cost-" (drawn.cost.id) } { (drawn.cost.short) } }
        @else { (drawn.cost.short) }
    }
}
