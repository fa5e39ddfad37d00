//! What the strips of several charts have in common: names on the left, an axis below, numbers on the right.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, short};
use crate::error::Result;
use crate::number::Scale;
use crate::table::Table;

/// Width of a chart.
pub(super) const WIDTH: u32 = 880;
/// Left end of the axis.
pub(super) const LEFT: i32 = 216;
/// Right end of the axis where one number stands beside it.
pub(super) const RIGHT: i32 = 770;
/// Right end of the numbers.
pub(super) const NUMBERS: i32 = RIGHT + 96;
/// Between the upper edge of a panel and its first strip.
pub(super) const TOP: i32 = 36;
/// Between the last strip and the lower edge.
pub(super) const BOTTOM: i32 = 38;

/// A panel of strips of one quantity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel {
    /// Upper edge.
    pub(super) top: i32,
    /// How many strips, and how high each.
    pub(super) strips: (usize, i32),
    /// The axis, in units of the scale.
    pub(super) axis: Axis,
    /// What the values are written in.
    pub(super) scale: Scale,
    /// Right end of the axis.
    pub(super) right: i32,
}

/// Height of a panel of so many strips.
pub(super) fn height((count, each): (usize, i32)) -> i32 {
    TOP + BOTTOM + each * i32::try_from(count).unwrap_or(0)
}

impl Panel {
    /// Where the strips end.
    pub(super) fn bottom(&self) -> i32 {
        self.top + height(self.strips) - BOTTOM
    }

    /// Where a value lies.
    pub(super) fn x(&self, value: f64) -> i32 {
        along(LEFT, self.right, self.axis.place(value / self.scale.size))
    }

    /// The middles of the strips.
    pub(super) fn middles(self) -> impl Iterator<Item = i32> {
        let each = self.strips.1;
        (0..).map(move |strip| self.top + TOP + each * strip + each / 2)
    }

    /// Title, grid and ticks.
    pub(super) fn frame(&self, canvas: &Canvas<'_>, title: &str) -> Result<()> {
        canvas.bold((0, self.top + 16), title, Ink::Text, 14, Anchor::Start)?;
        let ticks: Vec<(i32, f64)> = self
            .axis
            .ticks()
            .into_iter()
            .map(|tick| (along(LEFT, self.right, self.axis.place(tick)), tick))
            .collect();
        for (at, _) in &ticks {
            let (top, bottom) = (self.top + TOP - 6, self.bottom());
            canvas.line((*at, top), (*at, bottom), Ink::Grid, 1)?;
        }
        for (at, tick) in ticks {
            let below = (at, self.bottom() + 11);
            canvas.text(below, &tick_text(tick), Ink::Muted, 11, Anchor::Middle)?;
        }
        let log = if self.axis.is_log() { " (log)" } else { "" };
        let unit = format!("{}{log}", self.scale.unit);
        let below = (self.right + 96, self.bottom() + 11);
        canvas.text(below, unit.trim_start(), Ink::Muted, 11, Anchor::End)
    }
}

/// The name left of a strip.
pub(super) fn name(canvas: &Canvas<'_>, y: i32, name: &str) -> Result<()> {
    canvas.text((LEFT - 14, y), &short(name, 30), Ink::Text, 12, Anchor::End)
}

/// The number right of a strip.
pub(super) fn number(canvas: &Canvas<'_>, y: i32, text: &str) -> Result<()> {
    canvas.text((NUMBERS, y), text, Ink::Text, 12, Anchor::End)
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

/// A tick with the unit that suits it: `10 ms`.
pub(super) fn tick_alone(unit: &str, tick: f64) -> String {
    let scale = Scale::of(unit, [tick]);
    format!("{} {}", tick_text(tick / scale.size), scale.unit)
        .trim_end()
        .to_owned()
}

/// A table of rows under heads: the name of a head stands once, in a row of one cell.
pub(super) fn grouped(
    head: &[&str],
    rows: impl IntoIterator<Item = (String, Vec<String>)>,
) -> Table {
    let mut table = Table {
        head: head.iter().map(|head| (*head).to_owned()).collect(),
        rows: Vec::new(),
    };
    let mut group = None;
    for (of, cells) in rows {
        if group.as_ref() != Some(&of) {
            table.rows.push(vec![of.clone()]);
            group = Some(of);
        }
        table.rows.push(cells);
    }
    table
}

/// Who has the least and who the most, in a sentence: what a description says; the table has the rest.
pub(super) fn ends<'a>(
    what: &str,
    values: impl IntoIterator<Item = (&'a str, f64)>,
    text: impl Fn(f64) -> String,
) -> String {
    let mut all: Vec<(&str, f64)> = values.into_iter().collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    match (all.first(), all.last()) {
        (Some(only), Some(_)) if all.len() == 1 => format!("{what}: {} {}.", only.0, text(only.1)),
        (Some(least), Some(most)) => format!(
            "{what}: least {} {}, most {} {}.",
            least.0,
            text(least.1),
            most.0,
            text(most.1)
        ),
        _ => String::new(),
    }
}

/// Where the entries of a legend stand, in lines of at most so wide: left end and line of each, and how many lines.
pub(super) fn legend(names: &[String], width: i32) -> (Vec<(i32, i32)>, i32) {
    let (mut x, mut line) = (0, 0);
    let places = names
        .iter()
        .map(|name| {
            let own = 40 + 7 * i32::try_from(name.chars().count()).unwrap_or(0);
            if x > 0 && x + own > width {
                (x, line) = (0, line + 1);
            }
            x += own;
            (x - own, line)
        })
        .collect();
    (places, line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_goes_on_below() {
        let names = ["abcdefghij", "abcdefghij", "a"].map(str::to_owned);
        assert_eq!(legend(&names, 230), (vec![(0, 0), (110, 0), (0, 1)], 2));
        assert_eq!(legend(&[], 100).1, 1);
        assert_eq!(legend(&names, 1).0[0], (0, 0));
    }

    #[test]
    fn a_group_is_named_once() {
        let row =
            |group: &str, cell: &str| (group.to_owned(), vec![cell.to_owned(), String::new()]);
        let table = grouped(&["who", "n"], [row("a", "1"), row("a", "2"), row("b", "1")]);
        let first: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(first, ["a", "1", "2", "b", "1"]);
        assert_eq!(table.rows[3].len(), 1);
    }

    #[test]
    fn a_description_names_both_ends() {
        let text = |value: f64| format!("{value} s");
        let values = [("b", 2.0), ("a", 1.0), ("c", 3.0)];
        assert_eq!(ends("pull", values, text), "pull: least a 1 s, most c 3 s.");
        assert_eq!(ends("pull", [("a", 1.0)], text), "pull: a 1 s.");
        assert_eq!(ends("pull", [], text), "");
    }

    #[test]
    fn ticks_have_their_unit() {
        assert_eq!(tick_alone("s", 0.00002), "20 µs");
        assert_eq!(tick_alone("B", 2048.0), "2 KiB");
        assert_eq!(tick_alone("1", 500.0), "500");
    }
}
