//! Every round of every headline number of a workload, one strip to a subject: nothing hides behind a mean.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, short, svg};
use super::chart::{Chart, Figure};
use crate::analysis::Analysis;
use crate::error::Result;
use crate::headline::{Row, rows};
use crate::number::Scale;
use crate::series::Series;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "rounds",
    question: "What did each round measure?",
    draw,
};

const WIDTH: u32 = 880;
const LEFT: i32 = 216;
const RIGHT: i32 = 770;
const STRIP: i32 = 26;
const TOP: i32 = 38;
const BOTTOM: i32 = 40;

/// One strip: the subject's colour, its values, the median of its control.
struct Strip<'a> {
    colour: usize,
    series: &'a Series,
    control: Option<f64>,
}

impl Strip<'_> {
    /// All that must lie on the axis.
    fn values(&self) -> Vec<f64> {
        let mut values = self.series.values();
        values.extend(self.control);
        values
    }
}

fn draw(analysis: &Analysis<'_>, workload: &str) -> Result<Option<Figure>> {
    let panels: Vec<(Row, Vec<Strip<'_>>)> = rows(analysis)
        .into_iter()
        .filter(|row| row.key.workload == workload)
        .map(|row| {
            let strips = strips(analysis, &row);
            (row, strips)
        })
        .filter(|(_, strips)| !strips.is_empty())
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let height: i32 = panels.iter().map(|(_, strips)| panel_height(strips)).sum();
    let description: Vec<String> = panels
        .iter()
        .map(|(row, strips)| describe(row, strips))
        .collect();
    let svg = svg(
        &format!("{workload}-rounds"),
        (WIDTH, u32::try_from(height).unwrap_or(0)),
        &format!("{workload}: every round"),
        &description.join(" "),
        |canvas| {
            let mut top = 0;
            for (row, strips) in &panels {
                panel(canvas, top, row, strips)?;
                top += panel_height(strips);
            }
            Ok(())
        },
    )?;
    Ok(Some(Figure {
        svg,
        caption: "Each dot is one round; the bar and the number are the median. The open grey bar is the median of the control: the same work in a plain directory of the same backing store. Left is less.".to_owned(),
    }))
}

fn panel_height(strips: &[Strip<'_>]) -> i32 {
    TOP + BOTTOM + STRIP * i32::try_from(strips.len()).unwrap_or(0)
}

fn strips<'a>(analysis: &'a Analysis<'_>, row: &Row) -> Vec<Strip<'a>> {
    analysis
        .subjects()
        .into_iter()
        .enumerate()
        .filter_map(|(colour, subject)| {
            Some(Strip {
                colour,
                series: analysis.get(&subject.name, &row.key)?,
                control: analysis
                    .control_of(&subject.name, &row.key)
                    .map(Series::median),
            })
        })
        .collect()
}

fn describe(row: &Row, strips: &[Strip<'_>]) -> String {
    let scale = scale(strips);
    let values: Vec<String> = strips
        .iter()
        .map(|s| {
            format!(
                "{} {}",
                s.series.subject,
                scale.with_unit(s.series.median())
            )
        })
        .collect();
    format!("{}, medians: {}.", row.label, values.join(", "))
}

fn scale(strips: &[Strip<'_>]) -> Scale {
    let unit = strips.first().map_or("", |s| s.series.unit.as_str());
    Scale::of(unit, strips.iter().map(|s| s.series.median()))
}

fn panel(canvas: &Canvas<'_>, top: i32, row: &Row, strips: &[Strip<'_>]) -> Result<()> {
    let scale = scale(strips);
    let axis = Axis::fit(
        strips
            .iter()
            .flat_map(Strip::values)
            .map(|v| v / scale.size),
    );
    let x = |value: f64| along(LEFT, RIGHT, axis.place(value / scale.size));
    let bottom = top + panel_height(strips) - BOTTOM;
    canvas.bold((0, top + 16), &row.label, Ink::Text, 14, Anchor::Start)?;
    for tick in axis.ticks() {
        let at = along(LEFT, RIGHT, axis.place(tick));
        canvas.line((at, top + TOP - 6), (at, bottom), Ink::Grid, 1)?;
        canvas.text(
            (at, bottom + 11),
            &tick_text(tick),
            Ink::Muted,
            11,
            Anchor::Middle,
        )?;
    }
    let unit = if axis.is_log() {
        format!("{} (log)", scale.unit)
    } else {
        scale.unit.to_owned()
    };
    canvas.text(
        (RIGHT + 96, bottom + 11),
        &unit,
        Ink::Muted,
        11,
        Anchor::End,
    )?;
    for (strip, y) in strips
        .iter()
        .zip((0..).map(|i| top + TOP + STRIP * i + STRIP / 2))
    {
        let ink = Ink::Subject(strip.colour);
        let name = short(&strip.series.subject, 30);
        canvas.text((LEFT - 14, y), &name, Ink::Text, 12, Anchor::End)?;
        if let Some(control) = strip.control {
            let at = x(control);
            canvas.rect([(at - 4, y - 10), (at + 4, y + 10)], Ink::Muted, 0.7)?;
            canvas.rect([(at - 2, y - 8), (at + 2, y + 8)], Ink::Paper, 1.0)?;
        }
        let values = strip.series.values();
        let ends = values.iter().fold((i32::MAX, i32::MIN), |(low, high), v| {
            (low.min(x(*v)), high.max(x(*v)))
        });
        canvas.line((ends.0, y), (ends.1, y), ink, 1)?;
        for value in values {
            canvas.dot((x(value), y), 4, ink, 0.45)?;
        }
        let middle = x(strip.series.median());
        canvas.rect([(middle - 2, y - 9), (middle + 2, y + 9)], ink, 1.0)?;
        let number = scale.with_unit(strip.series.median());
        canvas.text((RIGHT + 96, y), &number, Ink::Text, 12, Anchor::End)?;
    }
    Ok(())
}

/// A tick's number: it is round by choice, so no digits are made up.
pub(super) fn tick_text(tick: f64) -> String {
    if tick >= 1e-3 || tick == 0.0 {
        let text = format!("{tick:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{tick:e}")
    }
}
