//! Driver against driver: the matrix holds each against its control, a reader who has two of them in mind asks which of the
//! two. One table holds every pair in the headline numbers of a workload; where a first write was measured by the size of
//! the file, there is one more by size.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::budget::Piece;
use super::matrix::name;
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::charts::{Scene, Worth, sizes};
use crate::finish::timed_out;
use crate::metric::{Direction, direction, floor};
use crate::number::{Times, size};
use crate::series::{Key, Series};
use crate::stats::pair::difference;
use crate::stats::{Paired, Verdict, family};

/// What such a table answers.
pub(super) const QUESTION: &str = "Which of two drivers is cheaper, and how sure is that?";

/// More columns no screen shows.
const COLUMNS: usize = 10;

/// A table of pairs.
pub(super) struct Pairs {
    /// Shown at once.
    pub(super) first: bool,
    pub(super) piece: Piece,
}

/// One comparison: the pair, what is to be said of it, and the unit.
struct Found {
    pair: Paired,
    verdict: Verdict,
    unit: String,
}

/// By the places of two subjects, the second one's first, and by that of a column.
type Cells = BTreeMap<(usize, usize), BTreeMap<usize, Found>>;

/// The tables of a workload.
pub(super) fn of(scene: &Scene<'_>, workload: &str) -> Vec<Pairs> {
    let analysis = scene.analysis;
    let mut all = Vec::new();
    for (at, phase) in sizes::first_phases(analysis, workload).iter().enumerate() {
        let columns: Vec<(String, Key)> = sizes::keys(analysis, workload, phase)
            .into_iter()
            .map(|(bytes, key)| (size(&bytes.to_string()), key))
            .collect();
        // The largest sizes are asked for most.
        let columns = &columns[columns.len().saturating_sub(COLUMNS)..];
        let id = format!("p-{}-{}", anchor(workload), anchor(phase));
        let title = format!("{phase}, by the size of the file");
        let worth = if at == 0 {
            Worth::Heart
        } else {
            Worth::Further
        };
        all.extend(
            table(analysis, &id, &title, columns, at == 0).map(|body| Pairs {
                first: at == 0,
                piece: Piece::new(worth, body),
            }),
        );
    }
    let columns: Vec<(String, Key)> = scene
        .of(workload)
        .map(|row| (row.label.clone(), row.key.clone()))
        .take(COLUMNS)
        .collect();
    let id = format!("p-{}", anchor(workload));
    all.extend(
        table(analysis, &id, "the headline numbers", &columns, false).map(|body| Pairs {
            first: false,
            piece: Piece::new(Worth::Answer, body),
        }),
    );
    all
}

fn table(
    analysis: &Analysis<'_>,
    id: &str,
    title: &str,
    columns: &[(String, Key)],
    open: bool,
) -> Option<Markup> {
    let (cells, compared) = cells(analysis, columns);
    if cells.is_empty() {
        return None;
    }
    let subjects = analysis.subjects();
    let called = |at: usize| name(&subjects[at].name);
    let label = format!("Driver against driver: {title}");
    Some(html! {
        details.pairs id=(id) open[open] {
            summary { (label) }
            div.scroll tabindex="0" role="region" aria-label=(label) {
                table.stick {
                    caption {
                        "What the first takes against the second in the same rounds (" (rounds(&cells)) "), with the 95 % interval. ▲ surely better, ▼ surely worse, = surely alike, ? not sure; "
                        (compared) " comparisons, corrected together."
                    }
                    thead { tr { th scope="col" { "First against second" } @for (column, _) in columns { th scope="col" { (column) } } } }
                    tbody {
                        @for ((second, first), found) in &cells {
                            tr {
                                th scope="row" { (called(*first)) " " span.muted { "against " (called(*second)) } }
                                @for (at, (_, key)) in columns.iter().enumerate() {
                                    td { @match found.get(&at) { Some(found) => { (cell(found, key)) }, None => { span.muted { "–" } } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    })
}

/// Every pair in every column, and how many comparisons that are.
fn cells(analysis: &Analysis<'_>, columns: &[(String, Key)]) -> (Cells, usize) {
    let subjects = analysis.subjects();
    let mut found = Vec::new();
    for (at, (_, key)) in columns.iter().enumerate() {
        for second in 0..subjects.len() {
            for first in second + 1..subjects.len() {
                let series = |place: usize| analysis.get(&subjects[place].name, key);
                if let (Some(one), Some(two)) = (series(first), series(second))
                    && let Some(pair) = Paired::new(&one.rounds, &two.rounds)
                {
                    found.push((at, (second, first), pair, one, two));
                }
            }
        }
    }
    let p_values: Vec<f64> = found.iter().map(|(_, _, pair, ..)| pair.p).collect();
    let compared = found.len();
    let mut cells = Cells::new();
    for ((at, who, pair, one, two), p) in found.into_iter().zip(family::adjust(&p_values)) {
        let key = &columns[at].1;
        let more = direction(&key.metric) == Direction::More;
        let apart = difference(&one.rounds, &two.rounds).unwrap_or(0.0);
        let late = |series: &Series| timed_out(analysis, &series.subject, key).len();
        let verdict = Verdict::of(&pair, p, analysis.margin(key), more)
            .above(apart, floor(&key.metric))
            .without(late(one), late(two));
        let unit = one.unit.clone();
        let of = cells.entry(who).or_default();
        of.insert(
            at,
            Found {
                pair,
                verdict,
                unit,
            },
        );
    }
    (cells, compared)
}

/// `n = 12`, or from the fewest to the most.
fn rounds(cells: &Cells) -> String {
    let all = || cells.values().flat_map(BTreeMap::values);
    let least = all().map(|found| found.pair.rounds).min().unwrap_or(0);
    let most = all().map(|found| found.pair.rounds).max().unwrap_or(0);
    if least == most {
        format!("n = {most}")
    } else {
        format!("n = {least} to {most}")
    }
}

/// `▼ 1.18x slower [1.10, 1.26]`, as bare text: there are hundreds of them.
fn cell(found: &Found, key: &Key) -> String {
    let times = Times::new(&found.pair, &found.unit, direction(&key.metric));
    let level = times.odd_level.map(|level| format!(" at {level}"));
    format!(
        "{} {} {}{}",
        found.verdict.glyph(),
        times.words,
        times.interval,
        level.unwrap_or_default()
    )
}
