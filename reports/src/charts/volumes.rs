//! The same job in the container layer and in a volume: how far apart the two lie, for every subject.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, short, svg};
use super::chart::{Chart, Figure};
use super::rounds::tick_text;
use crate::analysis::Analysis;
use crate::error::Result;
use crate::number::{Scale, three};
use crate::series::Key;
use crate::targets::{VOLUME, layers, on, phases};

/// See the module text.
pub const CHART: Chart = Chart {
    id: "volumes",
    question: "What does a volume save?",
    draw,
};

const WIDTH: u32 = 880;
const LEFT: i32 = 216;
const RIGHT: i32 = 770;
const STRIP: i32 = 26;
const TOP: i32 = 38;
const BOTTOM: i32 = 40;

/// One subject: its name, its colour, time in the volume, times in the layers by target.
struct Strip {
    name: String,
    colour: usize,
    volume: f64,
    layers: Vec<(usize, f64)>,
}

struct Panel {
    phase: Key,
    targets: Vec<String>,
    strips: Vec<Strip>,
}

impl Panel {
    fn new(analysis: &Analysis<'_>, phase: Key) -> Self {
        let targets = layers(analysis, &phase);
        let strips = analysis
            .subjects()
            .into_iter()
            .enumerate()
            .filter_map(|(colour, subject)| {
                let time = |target: &str| {
                    on(analysis, &subject.name, &phase, target).map(crate::series::Series::median)
                };
                Some(Strip {
                    name: subject.name.clone(),
                    colour,
                    volume: time(VOLUME)?,
                    layers: targets
                        .iter()
                        .enumerate()
                        .filter_map(|(i, t)| Some((i, time(t)?)))
                        .collect(),
                })
            })
            .collect();
        Self {
            phase,
            targets,
            strips,
        }
    }

    fn height(&self) -> i32 {
        TOP + BOTTOM + STRIP * i32::try_from(self.strips.len()).unwrap_or(0)
    }

    fn times(&self) -> impl Iterator<Item = f64> {
        self.strips
            .iter()
            .flat_map(|s| s.layers.iter().map(|l| l.1).chain([s.volume]))
    }
}

fn draw(analysis: &Analysis<'_>, workload: &str) -> Result<Option<Figure>> {
    let panels: Vec<Panel> = phases(analysis)
        .into_iter()
        .filter(|phase| phase.workload == workload)
        .map(|phase| Panel::new(analysis, phase))
        .filter(|panel| !panel.strips.is_empty() && !panel.targets.is_empty())
        .collect();
    let Some(first) = panels.first() else {
        return Ok(None);
    };
    let height: i32 = panels.iter().map(Panel::height).sum();
    let caption = format!(
        "Square: in a volume. Dot: {}{}. Median time of the whole job; the number is how many times the first takes what the volume takes. Left is less.",
        first.targets[0],
        first
            .targets
            .get(1)
            .map(|t| format!(". Ring: {t}"))
            .unwrap_or_default()
    );
    let description: Vec<String> = panels.iter().map(describe).collect();
    let svg = svg(
        &format!("{workload}-volumes"),
        (WIDTH, u32::try_from(height).unwrap_or(0)),
        &format!("{workload}: container layer against volume"),
        &description.join(" "),
        |canvas| {
            let mut top = 0;
            for panel in &panels {
                draw_panel(canvas, top, panel)?;
                top += panel.height();
            }
            Ok(())
        },
    )?;
    Ok(Some(Figure { svg, caption }))
}

fn describe(panel: &Panel) -> String {
    let scale = Scale::of("s", panel.times());
    let each: Vec<String> = panel
        .strips
        .iter()
        .map(|s| {
            let layers: Vec<String> = s
                .layers
                .iter()
                .map(|(i, time)| format!("{} {}", panel.targets[*i], scale.with_unit(*time)))
                .collect();
            format!(
                "{}: volume {}, {}",
                s.name,
                scale.with_unit(s.volume),
                layers.join(", ")
            )
        })
        .collect();
    format!("{}. {}.", panel.phase.phase, each.join("; "))
}

fn draw_panel(canvas: &Canvas<'_>, top: i32, panel: &Panel) -> Result<()> {
    let scale = Scale::of("s", panel.times());
    let axis = Axis::fit(panel.times().map(|t| t / scale.size));
    let x = |time: f64| along(LEFT, RIGHT, axis.place(time / scale.size));
    let bottom = top + panel.height() - BOTTOM;
    canvas.bold(
        (0, top + 16),
        &panel.phase.phase,
        Ink::Text,
        14,
        Anchor::Start,
    )?;
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
    for (strip, y) in panel
        .strips
        .iter()
        .zip((0..).map(|i| top + TOP + STRIP * i + STRIP / 2))
    {
        let ink = Ink::Subject(strip.colour);
        canvas.text(
            (LEFT - 14, y),
            &short(&strip.name, 30),
            Ink::Text,
            12,
            Anchor::End,
        )?;
        let marks: Vec<i32> = strip
            .layers
            .iter()
            .map(|l| x(l.1))
            .chain([x(strip.volume)])
            .collect();
        let ends = marks.iter().fold((i32::MAX, i32::MIN), |(low, high), at| {
            (low.min(*at), high.max(*at))
        });
        canvas.line((ends.0, y), (ends.1, y), ink, 2)?;
        for (index, time) in strip.layers.iter().rev() {
            match index {
                0 => canvas.dot((x(*time), y), 6, ink, 1.0)?,
                _ => canvas.ring((x(*time), y), 5, ink)?,
            }
        }
        canvas.square((x(strip.volume), y), 5, ink)?;
        if let Some((_, layer)) = strip
            .layers
            .iter()
            .find(|l| l.0 == 0)
            .filter(|_| strip.volume > 0.0)
        {
            canvas.text(
                (RIGHT + 96, y),
                &format!("{}x", three(layer / strip.volume)),
                Ink::Text,
                12,
                Anchor::End,
            )?;
        }
    }
    Ok(())
}
