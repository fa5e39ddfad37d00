//! The same job in the container layer and in a volume: how far apart the two lie, for every subject.

use super::axis::Axis;
use super::canvas::{Canvas, Ink, svg};
use super::chart::{Chart, Figure, Scene, Worth};
use super::panel::{self, RIGHT, WIDTH};
use crate::analysis::Analysis;
use crate::error::Result;
use crate::number::{Scale, three};
use crate::series::Key;
use crate::stats::Paired;
use crate::table::Table;
use crate::targets::{VOLUME, against_volume, layers, on, phases};

/// See the module text.
pub const CHART: Chart = Chart {
    id: "volumes",
    question: "What does a volume save?",
    first: true,
    worth: Worth::Answer,
    in_matrix: false,
    draw,
};

const STRIP: i32 = 26;

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

    /// `sqlite-wal, size 64 KiB`.
    fn title(&self) -> String {
        let params = self.phase.params_text();
        let comma = if params.is_empty() { "" } else { ", " };
        format!("{}{comma}{params}", self.phase.phase)
    }

    fn height(&self) -> i32 {
        panel::height((self.strips.len(), STRIP))
    }

    fn times(&self) -> impl Iterator<Item = f64> {
        self.strips
            .iter()
            .flat_map(|s| s.layers.iter().map(|l| l.1).chain([s.volume]))
    }
}

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let analysis = scene.analysis;
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
    Ok(Some(Figure {
        svg,
        caption,
        table: table(analysis, &panels),
    }))
}

/// How many times the layer takes what the volume takes, with the interval.
fn table(analysis: &Analysis<'_>, panels: &[Panel]) -> Table {
    let head = [
        "who",
        "where",
        "time",
        "in the volume",
        "times",
        "interval",
        "n",
    ];
    let mut rows = Vec::new();
    for panel in panels {
        let scale = Scale::of("s", panel.times());
        for (strip, target) in panel
            .strips
            .iter()
            .flat_map(|strip| panel.targets.iter().map(move |target| (strip, target)))
        {
            let Some((_, time)) = strip.layers.iter().find(|l| panel.targets[l.0] == *target)
            else {
                continue;
            };
            let pair = against_volume(analysis, &strip.name, &panel.phase, target);
            let cells = vec![
                strip.name.clone(),
                target.clone(),
                scale.number(*time),
                scale.number(strip.volume),
                pair.as_ref()
                    .map_or_else(String::new, |pair| format!("{}x", three(pair.ratio))),
                pair.as_ref().map_or_else(String::new, interval),
                pair.map_or_else(String::new, |pair| pair.rounds.to_string()),
            ];
            rows.push((format!("{}, {}", panel.title(), scale.unit), cells));
        }
    }
    panel::grouped(&head, rows)
}

/// `[1.2, 1.4]`, with its level where that is not 95 %.
fn interval(pair: &Paired) -> String {
    pair.interval.map_or_else(String::new, |i| {
        let level = if i.level < 0.95 {
            format!(" at {} %", three(i.level * 100.0))
        } else {
            String::new()
        };
        format!("[{}, {}]{level}", three(i.low), three(i.high))
    })
}

fn describe(panel: &Panel) -> String {
    let ratios = panel.strips.iter().filter_map(|s| {
        let (_, layer) = s.layers.first().filter(|_| s.volume > 0.0)?;
        Some((s.name.as_str(), layer / s.volume))
    });
    panel::ends(&panel.title(), ratios, |ratio| format!("{}x", three(ratio)))
}

fn draw_panel(canvas: &Canvas<'_>, top: i32, panel: &Panel) -> Result<()> {
    let scale = Scale::of("s", panel.times());
    let frame = panel::Panel {
        top,
        strips: (panel.strips.len(), STRIP),
        axis: Axis::fit(panel.times().map(|t| t / scale.size)),
        scale,
        right: RIGHT,
    };
    frame.frame(canvas, &panel.title())?;
    for (strip, y) in panel.strips.iter().zip(frame.middles()) {
        let ink = Ink::Subject(strip.colour);
        panel::name(canvas, y, &strip.name)?;
        let marks = || strip.layers.iter().map(|l| l.1).chain([strip.volume]);
        let left = marks().map(|time| frame.x(time)).min().unwrap_or(0);
        let right = marks().map(|time| frame.x(time)).max().unwrap_or(0);
        canvas.line((left, y), (right, y), ink, 2)?;
        for (index, time) in strip.layers.iter().rev() {
            match index {
                0 => canvas.dot((frame.x(*time), y), 6, ink, 1.0)?,
                _ => canvas.ring((frame.x(*time), y), 5, ink)?,
            }
        }
        canvas.square((frame.x(strip.volume), y), 5, ink)?;
        let layer = strip.layers.iter().find(|l| l.0 == 0);
        if let Some((_, layer)) = layer.filter(|_| strip.volume > 0.0) {
            panel::number(canvas, y, &format!("{}x", three(layer / strip.volume)))?;
        }
    }
    Ok(())
}
