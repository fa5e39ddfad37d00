//! Every round of every headline number of a workload, one strip to a subject: nothing hides behind a mean. The values of
//! one round are joined from strip to strip, since they share what the machine was like.

use super::axis::Axis;
use super::canvas::{Canvas, Ink, svg};
use super::chart::{Chart, Figure, Scene, Worth};
use super::panel::{self, Panel, RIGHT, WIDTH};
use crate::error::Result;
use crate::headline::Row;
use crate::number::Scale;
use crate::series::Series;
use crate::stats::quantile::quantile;
use crate::table::Table;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "rounds",
    question: "What did each round measure?",
    first: false,
    worth: Worth::Detail,
    in_matrix: false,
    draw,
};

const STRIP: i32 = 24;
/// Of more headline numbers the rounds are in the page's data only.
const MOST: usize = 2;

/// One strip: the subject's colour, its values, the median of its control.
struct Strip<'a> {
    colour: usize,
    series: &'a Series,
    control: Option<f64>,
}

/// The strips of one headline number, and the rounds drawn.
struct Strips<'a> {
    row: &'a Row,
    strips: Vec<Strip<'a>>,
    rounds: Vec<u32>,
}

impl<'a> Strips<'a> {
    fn new(scene: &Scene<'a>, row: &'a Row) -> Self {
        let analysis = scene.analysis;
        let strips: Vec<Strip<'a>> = analysis
            .subjects()
            .into_iter()
            .enumerate()
            .filter_map(|(colour, subject)| {
                let control = analysis.control_of(&subject.name, &row.key);
                Some(Strip {
                    colour,
                    series: analysis.get(&subject.name, &row.key)?,
                    control: control.map(Series::median),
                })
            })
            .collect();
        let all: std::collections::BTreeSet<u32> = strips
            .iter()
            .flat_map(|strip| strip.series.rounds.keys().copied())
            .collect();
        let all: Vec<u32> = all.into_iter().collect();
        Self {
            row,
            strips,
            rounds: some(&all, scene.rounds),
        }
    }

    fn unit(&self) -> &str {
        self.strips.first().map_or("", |s| s.series.unit.as_str())
    }

    fn scale(&self) -> Scale {
        Scale::of(self.unit(), self.strips.iter().map(|s| s.series.median()))
    }

    fn drawn(&self, strip: &Strip<'_>) -> impl Iterator<Item = (u32, f64)> {
        let rounds = self.rounds.iter();
        rounds.filter_map(move |round| Some((*round, *strip.series.rounds.get(round)?)))
    }

    fn axis(&self) -> Axis {
        let size = self.scale().size;
        let values = self.strips.iter().flat_map(|strip| {
            let drawn = self.drawn(strip).map(|(_, value)| value);
            drawn.chain([strip.series.median()]).chain(strip.control)
        });
        Axis::fit(values.map(|value| value / size))
    }

    fn height(&self) -> i32 {
        panel::height((self.strips.len(), STRIP))
    }

    fn describe(&self) -> String {
        let scale = self.scale();
        let medians = self
            .strips
            .iter()
            .map(|s| (s.series.subject.as_str(), s.series.median()));
        panel::ends(&self.row.label, medians, |median| scale.with_unit(median))
    }

    fn draw(&self, canvas: &Canvas<'_>, top: i32) -> Result<()> {
        let scale = self.scale();
        let panel = Panel {
            top,
            strips: (self.strips.len(), STRIP),
            axis: self.axis(),
            scale,
            right: RIGHT,
        };
        panel.frame(canvas, &self.row.label)?;
        for (strip, y) in self.strips.iter().zip(panel.middles()) {
            boxed(canvas, &panel, strip, y)?;
        }
        let controls: Vec<(i32, i32)> = self
            .strips
            .iter()
            .zip(panel.middles())
            .filter_map(|(strip, y)| Some((panel.x(strip.control?), y)))
            .collect();
        for (x, y) in controls {
            canvas.frame([(x - 3, y - 9), (x + 3, y + 9)], Ink::Muted)?;
        }
        for round in &self.rounds {
            let path: Vec<(i32, i32)> = self
                .strips
                .iter()
                .zip(panel.middles())
                .filter_map(|(strip, y)| Some((panel.x(*strip.series.rounds.get(round)?), y)))
                .collect();
            if path.len() > 1 {
                canvas.faint(&path, Ink::Muted, 0.25)?;
            }
        }
        for (strip, y) in self.strips.iter().zip(panel.middles()) {
            let ink = Ink::Subject(strip.colour);
            for (_, value) in self.drawn(strip) {
                canvas.dot((panel.x(value), y), 4, ink, 0.5)?;
            }
            let middle = panel.x(strip.series.median());
            canvas.rect([(middle - 2, y - 10), (middle + 2, y + 10)], ink, 1.0)?;
            panel::name(canvas, y, &strip.series.subject)?;
            panel::number(canvas, y, &scale.with_unit(strip.series.median()))?;
        }
        Ok(())
    }
}

/// The middle half of the values.
fn boxed(canvas: &Canvas<'_>, panel: &Panel, strip: &Strip<'_>, y: i32) -> Result<()> {
    let values = strip.series.values();
    let ink = Ink::Subject(strip.colour);
    if let (Some(low), Some(high)) = (quantile(&values, 0.25), quantile(&values, 0.75)) {
        let (left, right) = (panel.x(low), panel.x(high));
        canvas.rect([(left, y - 9), (right.max(left + 1), y + 9)], ink, 0.16)?;
    }
    Ok(())
}

/// At most so many, evenly chosen, the first and the last among them.
pub(super) fn some<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most || most < 2 {
        return all.to_vec();
    }
    (0..most)
        .map(|at| all[at * (all.len() - 1) / (most - 1)])
        .collect()
}

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let panels: Vec<Strips<'_>> = scene
        .of(workload)
        .map(|row| Strips::new(scene, row))
        .filter(|panel| !panel.strips.is_empty())
        .take(MOST)
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let more = match scene.of(workload).count() - panels.len() {
        0 => String::new(),
        more => format!(" Headline numbers not drawn here: {more}."),
    };
    let height: i32 = panels.iter().map(Strips::height).sum();
    let description: Vec<String> = panels.iter().map(Strips::describe).collect();
    let svg = svg(
        &format!("{workload}-rounds"),
        (WIDTH, u32::try_from(height).unwrap_or(0)),
        &format!("{workload}: every round"),
        &description.join(" "),
        |canvas| {
            let mut top = 0;
            for panel in &panels {
                panel.draw(canvas, top)?;
                top += panel.height();
            }
            Ok(())
        },
    )?;
    let whole = panels
        .iter()
        .flat_map(|panel| panel.strips.iter().map(|strip| strip.series.rounds.len()))
        .max()
        .unwrap_or(0);
    let left_out = if whole > scene.rounds {
        format!(
            " Of {whole} rounds {} are drawn, evenly chosen; results.json has all.",
            scene.rounds
        )
    } else {
        String::new()
    };
    Ok(Some(Figure {
        svg,
        caption: format!(
            "Dots: rounds, those of one round joined; box: the middle half; bar and number: the median; open bar: the median of the control.{left_out}{more}"
        ),
        table: table(&panels),
    }))
}

/// Five numbers of each strip; the rounds themselves are in the page's data.
fn table(panels: &[Strips<'_>]) -> Table {
    let rows = panels.iter().flat_map(|panel| {
        let scale = panel.scale();
        let unit = if scale.unit.is_empty() { "" } else { ", " };
        let what = format!("{}{unit}{}", panel.row.label, scale.unit);
        panel.strips.iter().map(move |strip| {
            let values = strip.series.values();
            let quantiles = [0.0, 0.25, 0.5, 0.75, 1.0].into_iter();
            let numbers = quantiles
                .filter_map(|q| quantile(&values, q))
                .map(|value| scale.number(value));
            let mut cells = vec![strip.series.subject.clone()];
            cells.extend(numbers);
            cells.push(values.len().to_string());
            (what.clone(), cells)
        })
    });
    let head = [
        "who",
        "least",
        "a quarter below",
        "median",
        "a quarter above",
        "most",
        "n",
    ];
    panel::grouped(&head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_of_many_keep_both_ends() {
        let all: Vec<u32> = (0..100).collect();
        assert_eq!(some(&all, 4), [0, 33, 66, 99]);
        assert_eq!(some(&all[..3], 4), [0, 1, 2]);
        assert!(some(&all[..0], 4).is_empty());
    }
}
