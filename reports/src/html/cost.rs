//! What is paid beside time.

use maud::{Markup, html};

use super::figure::figure;
use super::matrix::name;
use crate::charts::Scene;
use crate::charts::cost::{ALL, Cost, Line, against_control, figure as draw, lines};
use crate::number::three;

/// The section's body; `None` where nothing but time was measured.
pub(super) fn section(scene: &Scene<'_>) -> Option<Markup> {
    let costs: Vec<(&Cost, Vec<Line<'_>>)> = ALL
        .iter()
        .map(|cost| (cost, lines(scene, cost)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    if costs.is_empty() {
        return None;
    }
    Some(html! {
        p.lead { "A driver that is fast may be dear: in CPU time that the application lacks, in memory, in space, in inodes, and when things are removed again. Less is better in all of it." }
        (summary(scene, &costs))
        @for (cost, lines) in &costs {
            (figure(&format!("cost-{}", cost.id), "Cost", cost.question, draw(cost, lines)))
        }
    })
}

/// Every subject's cost against its control, kind by kind.
fn summary(scene: &Scene<'_>, costs: &[(&Cost, Vec<Line<'_>>)]) -> Markup {
    let subjects = scene.analysis.subjects();
    let known: Vec<&(&Cost, Vec<Line<'_>>)> = costs
        .iter()
        .filter(|(_, lines)| {
            subjects
                .iter()
                .any(|s| against_control(lines, &s.name).is_some())
        })
        .collect();
    html! {
        @if !known.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Cost against the control" {
                table.stick {
                    caption { "How many times the control's cost: the geometric mean of the medians' ratios over the lines of each chart below, and over how many lines." }
                    thead { tr { th scope="col" { "Subject" } @for (cost, _) in &known { th.n scope="col" { a href={ "#cost-" (cost.id) } { (cost.short) } } } } }
                    tbody {
                        @for subject in &subjects {
                            tr {
                                th scope="row" { (name(&subject.name)) }
                                @for (_, lines) in &known {
                                    td.n {
                                        @match against_control(lines, &subject.name) {
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
