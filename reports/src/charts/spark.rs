//! A series of runs in the height of a line of text: its course, the last value, and where it changed.

use super::canvas::{Ink, along, svg};
use crate::error::Result;

const SIZE: (u32, u32) = (176, 30);
const LEFT: i32 = 4;
const RIGHT: i32 = 170;
const TOP: i32 = 5;
const BOTTOM: i32 = 25;

/// Draws values in the order of time; `breaks` are the indices of the first values of new levels. At most `most` values are
/// drawn, the last ones.
///
/// # Errors
/// `Drawing`.
pub fn spark(
    name: &str,
    (title, description): (&str, &str),
    values: &[f64],
    breaks: &[usize],
    most: usize,
) -> Result<String> {
    let first = values.len().saturating_sub(most);
    let shown = &values[first..];
    let ends = shown
        .iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
    let last = u32::try_from(shown.len().saturating_sub(1)).unwrap_or(0);
    let at = |index: u32, value: f64| {
        let across = if last == 0 {
            1.0
        } else {
            f64::from(index) / f64::from(last)
        };
        let height = if ends.1 > ends.0 {
            (value - ends.0) / (ends.1 - ends.0)
        } else {
            0.5
        };
        (
            along(LEFT, RIGHT, across),
            along(BOTTOM, TOP, height.clamp(0.0, 1.0)),
        )
    };
    svg(name, SIZE, title, description, |canvas| {
        let points: Vec<(i32, i32)> = (0..).zip(shown).map(|(i, value)| at(i, *value)).collect();
        for index in breaks.iter().filter_map(|index| index.checked_sub(first)) {
            // Between the last value of the old level and the first of the new one.
            if let (Some(after), Some(before)) =
                (points.get(index), points.get(index.wrapping_sub(1)))
            {
                let x = i32::midpoint(before.0, after.0);
                canvas.line((x, 0), (x, 30), Ink::Subject(1), 2)?;
            }
        }
        canvas.path(&points, Ink::Text, 1)?;
        for point in points.iter().rev().take(1) {
            canvas.dot(*point, 3, Ink::Subject(0), 1.0)?;
        }
        Ok(())
    })
}
