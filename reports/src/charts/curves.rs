//! Small plots side by side, a line to a subject: what a value does as something else grows.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, short, svg};
use super::panel::{WIDTH, legend, tick_alone};
use crate::error::Result;

/// One line.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// Who.
    pub(super) name: String,
    /// The subject's index; `None` for a control.
    pub(super) colour: Option<usize>,
    /// Ascending in x; values in the plot's unit.
    pub(super) points: Vec<(f64, f64)>,
    /// Whether the points get marks.
    pub(super) marked: bool,
}

/// One plot.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    /// Above it.
    pub(super) title: String,
    /// Its lines.
    pub(super) curves: Vec<Curve>,
    /// From left to right.
    pub(super) x: Axis,
    /// From the bottom up.
    pub(super) y: Axis,
    /// Where x gets a tick, and its text.
    pub(super) ticks: Vec<(f64, String)>,
    /// What x is.
    pub(super) below: String,
    /// The unit of y, as records have it.
    pub(super) unit: String,
}

/// The most plots of one chart; a reader compares no more.
pub(super) const MOST: usize = 6;

const COLUMNS: usize = 2;
const CELL: (i32, i32) = (440, 258);
/// Within a cell: left, right, top and bottom end of the plot.
const PLOT: (i32, i32, i32, i32) = (62, 424, 28, 204);
const LINE: i32 = 20;

/// Draws plots with one legend for all.
///
/// # Errors
/// `Drawing`.
pub(super) fn draw(name: &str, title: &str, description: &str, plots: &[Plot]) -> Result<String> {
    let mut who: Vec<(String, Option<usize>)> = Vec::new();
    for curve in plots.iter().flat_map(|plot| &plot.curves) {
        let entry = (curve.name.clone(), curve.colour);
        if !who.contains(&entry) {
            who.push(entry);
        }
    }
    who.sort_by_key(|(_, colour)| colour.unwrap_or(usize::MAX));
    let names: Vec<String> = who.iter().map(|(name, _)| short(name, 30)).collect();
    let (places, lines) = legend(&names, 860);
    let rows = i32::try_from(plots.len().div_ceil(COLUMNS)).unwrap_or(0);
    let height = lines * LINE + 10 + rows * CELL.1;
    svg(
        name,
        (WIDTH, u32::try_from(height).unwrap_or(0)),
        title,
        description,
        |canvas| {
            for (((_, colour), name), (x, line)) in who.iter().zip(&names).zip(places) {
                let y = 10 + LINE * line;
                canvas.line((x + 2, y), (x + 22, y), ink(*colour), 2)?;
                mark(canvas, (x + 12, y), *colour)?;
                canvas.text((x + 28, y), name, Ink::Text, 12, Anchor::Start)?;
            }
            for (index, plot) in plots.iter().enumerate() {
                let column = i32::try_from(index % COLUMNS).unwrap_or(0);
                let row = i32::try_from(index / COLUMNS).unwrap_or(0);
                let corner = (column * CELL.0, lines * LINE + 10 + row * CELL.1);
                draw_plot(canvas, corner, plot)?;
            }
            Ok(())
        },
    )
}

fn ink(colour: Option<usize>) -> Ink {
    colour.map_or(Ink::Muted, Ink::Subject)
}

fn mark(canvas: &Canvas<'_>, at: (i32, i32), colour: Option<usize>) -> Result<()> {
    match colour {
        Some(index) => canvas.marker(at, index),
        None => canvas.dot(at, 3, Ink::Muted, 1.0),
    }
}

fn draw_plot(canvas: &Canvas<'_>, (dx, dy): (i32, i32), plot: &Plot) -> Result<()> {
    let (left, right, top, bottom) = (dx + PLOT.0, dx + PLOT.1, dy + PLOT.2, dy + PLOT.3);
    let x = |value: f64| along(left, right, plot.x.place(value));
    let y = |value: f64| along(bottom, top, plot.y.place(value));
    let title = (dx, dy + 10);
    canvas.bold(title, &short(&plot.title, 60), Ink::Text, 13, Anchor::Start)?;
    let ticks = plot.y.ticks();
    for tick in &ticks {
        canvas.line((left, y(*tick)), (right, y(*tick)), Ink::Grid, 1)?;
    }
    for (at, _) in &plot.ticks {
        canvas.line((x(*at), top), (x(*at), bottom), Ink::Grid, 1)?;
    }
    for tick in ticks {
        let text = tick_alone(&plot.unit, tick);
        canvas.text((left - 7, y(tick)), &text, Ink::Muted, 11, Anchor::End)?;
    }
    // Ticks that lie close together share a text.
    let mut free = i32::MIN;
    for (at, text) in &plot.ticks {
        let half = 4 * i32::try_from(text.chars().count()).unwrap_or(0);
        if x(*at) - half > free {
            free = x(*at) + half;
            canvas.text((x(*at), bottom + 13), text, Ink::Muted, 11, Anchor::Middle)?;
        }
    }
    let middle = along(left, right, 0.5);
    canvas.text(
        (middle, bottom + 31),
        &plot.below,
        Ink::Muted,
        11,
        Anchor::Middle,
    )?;
    for curve in &plot.curves {
        let points: Vec<(i32, i32)> = curve.points.iter().map(|(a, b)| (x(*a), y(*b))).collect();
        let width = if curve.colour.is_some() { 2 } else { 1 };
        canvas.path(&points, ink(curve.colour), width)?;
        // One point makes no line; of a long one its end tells whose it is.
        let marked = if curve.marked {
            0
        } else {
            points.len().saturating_sub(1)
        };
        match curve.colour {
            Some(index) => canvas.markers(&points[marked..], index)?,
            None => points[marked..]
                .iter()
                .try_for_each(|point| mark(canvas, *point, None))?,
        }
    }
    Ok(())
}
