//! Every headline number of a workload against the control: the ratio, its interval, and the band of what does not matter.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, svg};
use super::chart::{Chart, Figure, Scene, Worth};
use super::panel::{LEFT, WIDTH, ends, grouped, name, tick_text};
use crate::analysis::Compared;
use crate::error::Result;
use crate::finish::unfinished;
use crate::headline::Row;
use crate::metric::direction;
use crate::number::{Times, three};
use crate::stats::Verdict;
use crate::table::Table;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "forest",
    question: "How many times what a plain directory takes, and how sure is that?",
    first: true,
    worth: Worth::Heart,
    in_matrix: true,
    draw,
};

const RIGHT: i32 = 600;
const WORDS: i32 = RIGHT + 18;
const HEAD: i32 = 26;
const STRIP: i32 = 21;
const GAP: i32 = 10;
const BOTTOM: i32 = 34;
/// Ratios further out than this are drawn at the edge; their numbers stand beside them.
const EDGE: f64 = 10_000.0;

/// One subject: its name, its colour, and the comparison or why there is none.
struct Strip<'a> {
    name: &'a str,
    colour: usize,
    found: std::result::Result<(&'a Compared, Times), String>,
}

struct Panel<'a> {
    row: &'a Row,
    strips: Vec<Strip<'a>>,
}

impl Panel<'_> {
    fn height(&self) -> i32 {
        HEAD + GAP + STRIP * i32::try_from(self.strips.len()).unwrap_or(0)
    }

    fn compared(&self) -> impl Iterator<Item = &Compared> {
        self.strips
            .iter()
            .filter_map(|strip| Some(strip.found.as_ref().ok()?.0))
    }
}

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let panels: Vec<Panel<'_>> = scene
        .of(workload)
        .map(|row| Panel {
            row,
            strips: strips(scene, row),
        })
        .filter(|panel| panel.compared().next().is_some())
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let height = BOTTOM + panels.iter().map(Panel::height).sum::<i32>();
    let axis = axis(&panels);
    let table = table(&panels);
    let description: Vec<String> = panels
        .iter()
        .map(|panel| {
            let ratios = panel.strips.iter().filter_map(|strip| {
                let (compared, _) = strip.found.as_ref().ok()?;
                Some((strip.name, compared.pair.ratio))
            });
            ends(&panel.row.label, ratios, |ratio| {
                format!("{}x", three(ratio))
            })
        })
        .collect();
    let svg = svg(
        &format!("{workload}-forest"),
        (WIDTH, u32::try_from(height).unwrap_or(0)),
        &format!("{workload}: ratio to the control"),
        &description.join(" "),
        |canvas| {
            grid(canvas, axis, height)?;
            behind(canvas, axis, &panels)?;
            words(canvas, &panels)?;
            marks(canvas, axis, &panels)
        },
    )?;
    let rounds = |of: fn(&[usize]) -> Option<usize>| {
        let all: Vec<usize> = panels
            .iter()
            .flat_map(Panel::compared)
            .map(|c| c.pair.rounds)
            .collect();
        of(&all).unwrap_or(0)
    };
    let least = rounds(|all| all.iter().min().copied());
    let most = rounds(|all| all.iter().max().copied());
    let n = if least == most {
        format!("n = {most}")
    } else {
        format!("n = {least} to {most}")
    };
    Ok(Some(Figure {
        svg,
        caption: format!(
            "Ratio to the control and its 95 % interval, {n} rounds, on a logarithmic axis; left is less. In the grey band a difference does not matter, or is no larger than between \
             two copies of one subject."
        ),
        table,
    }))
}

fn strips<'a>(scene: &Scene<'a>, row: &'a Row) -> Vec<Strip<'a>> {
    let analysis = scene.analysis;
    let measured = |name: &str| analysis.get(name, &row.key);
    analysis
        .subjects()
        .into_iter()
        .enumerate()
        .filter_map(|(colour, subject)| {
            let name = subject.name.as_str();
            let found = match analysis.against_control(name, &row.key) {
                Some(compared) => {
                    let unit = measured(name).map_or("", |series| series.unit.as_str());
                    let way = direction(&row.key.metric);
                    Ok((compared, Times::new(&compared.pair, unit, way)))
                }
                None if unfinished(analysis, name, &row.key).next().is_some() => {
                    Err("! not finished".to_owned())
                }
                None => {
                    measured(name)?;
                    Err("no ratio".to_owned())
                }
            };
            Some(Strip {
                name,
                colour,
                found,
            })
        })
        .collect()
}

fn axis(panels: &[Panel<'_>]) -> Axis {
    let ends = panels.iter().flat_map(Panel::compared).flat_map(|c| {
        let ends = c.pair.interval.map(|i| [i.low, i.high]);
        let limit = 1.0 + c.margin;
        [c.pair.ratio, limit, 1.0 / limit, 1.0]
            .into_iter()
            .chain(ends.into_iter().flatten())
    });
    Axis::logarithmic(ends.map(|ratio| ratio.clamp(1.0 / EDGE, EDGE)))
}

fn grid(canvas: &Canvas<'_>, axis: Axis, height: i32) -> Result<()> {
    let bottom = height - BOTTOM;
    let ticks = axis.ticks();
    let at = |tick: f64| along(LEFT, RIGHT, axis.place(tick));
    for tick in &ticks {
        canvas.line((at(*tick), HEAD - 4), (at(*tick), bottom), Ink::Grid, 1)?;
    }
    canvas.line((at(1.0), HEAD - 4), (at(1.0), bottom), Ink::Muted, 1)?;
    for tick in ticks {
        let text = format!("{}x", tick_text(tick));
        canvas.text(
            (at(tick), bottom + 11),
            &text,
            Ink::Muted,
            11,
            Anchor::Middle,
        )?;
    }
    Ok(())
}

/// Each panel with its upper edge.
fn placed<'a, 'b>(panels: &'b [Panel<'a>]) -> impl Iterator<Item = (i32, &'b Panel<'a>)> {
    panels.iter().scan(0, |top, panel| {
        let own = *top;
        *top += panel.height();
        Some((own, panel))
    })
}

/// The strips of all panels with their middles.
fn strips_of<'a, 'b>(
    panels: &'b [Panel<'a>],
) -> impl Iterator<Item = (i32, &'b Strip<'a>)> + use<'a, 'b> {
    placed(panels).flat_map(|(top, panel)| {
        let middle = move |strip: i32| top + HEAD + STRIP * strip + STRIP / 2;
        (0..).map(middle).zip(&panel.strips)
    })
}

/// What lies behind the marks. Shapes of a kind are drawn one after the other, over all panels: they become one path.
fn behind(canvas: &Canvas<'_>, axis: Axis, panels: &[Panel<'_>]) -> Result<()> {
    let x = |ratio: f64| along(LEFT, RIGHT, axis.place(ratio));
    for (top, _) in placed(panels) {
        // The grid must not cross the words.
        canvas.rect([(0, top), (RIGHT, top + HEAD - 6)], Ink::Paper, 1.0)?;
    }
    let half = STRIP / 2;
    for (y, strip) in strips_of(panels) {
        if let Ok((compared, _)) = &strip.found {
            let limit = 1.0 + compared.margin;
            let band = [(x(1.0 / limit), y - half), (x(limit), y + half)];
            canvas.rect(band, Ink::Band, 1.0)?;
        }
    }
    for (top, panel) in placed(panels) {
        let bottom = top + panel.height() - GAP;
        canvas.line((x(1.0), top + HEAD), (x(1.0), bottom), Ink::Muted, 1)?;
    }
    Ok(())
}

fn words(canvas: &Canvas<'_>, panels: &[Panel<'_>]) -> Result<()> {
    for (top, panel) in placed(panels) {
        canvas.bold(
            (0, top + 13),
            &panel.row.label,
            Ink::Text,
            13,
            Anchor::Start,
        )?;
    }
    for (y, strip) in strips_of(panels) {
        name(canvas, y, strip.name)?;
        match &strip.found {
            Ok((compared, times)) => {
                let glyph = compared.verdict.glyph();
                let text = format!("{glyph} {} {}", times.words, times.interval);
                canvas.text((WORDS, y), text.trim_end(), Ink::Text, 12, Anchor::Start)?;
            }
            Err(why) => canvas.text((WORDS, y), why, Ink::Muted, 12, Anchor::Start)?,
        }
    }
    Ok(())
}

/// Intervals and ratios, subject by subject.
fn marks(canvas: &Canvas<'_>, axis: Axis, panels: &[Panel<'_>]) -> Result<()> {
    let x = |ratio: f64| along(LEFT, RIGHT, axis.place(ratio));
    let mut colours: Vec<usize> = strips_of(panels).map(|(_, strip)| strip.colour).collect();
    colours.sort_unstable();
    colours.dedup();
    for colour in colours {
        let mut places = Vec::new();
        let own = strips_of(panels).filter(|(_, strip)| strip.colour == colour);
        for (y, strip) in own {
            let Ok((compared, _)) = &strip.found else {
                continue;
            };
            if let Some(interval) = compared.pair.interval {
                let ends = [(x(interval.low), y), (x(interval.high), y)];
                canvas.line(ends[0], ends[1], Ink::Subject(colour), 2)?;
            }
            places.push((x(compared.pair.ratio), y));
        }
        canvas.markers(&places, colour)?;
    }
    Ok(())
}

fn table(panels: &[Panel<'_>]) -> Table {
    let rows = panels.iter().flat_map(|panel| {
        panel.strips.iter().map(|strip| {
            let mut cells = vec![strip.name.to_owned()];
            match &strip.found {
                Err(why) => cells.push(why.clone()),
                Ok((compared, times)) => cells.extend(numbers(compared, times)),
            }
            (panel.row.label.clone(), cells)
        })
    });
    let head = ["who", "ratio", "interval", "verdict", "n"];
    grouped(&head, rows)
}

/// Ratio, interval, verdict, rounds.
fn numbers(compared: &Compared, times: &Times) -> [String; 4] {
    let level = times.odd_level.as_ref();
    let at = level.map(|level| format!(" at {level}"));
    let verdict = compared.verdict;
    let why = match verdict {
        Verdict::Inconclusive(why) => why.short(),
        _ => verdict.word(),
    };
    [
        times.words.clone(),
        times.interval.clone() + &at.unwrap_or_default(),
        format!("{} {why}", verdict.glyph()),
        compared.pair.rounds.to_string(),
    ]
}
