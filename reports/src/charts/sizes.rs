//! What a phase costs by the size of the file, first time against second time, both axes logarithmic.
//!
//! It draws pairs of phases called `X-first` and `X-second` that were measured at two sizes or more.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, short, svg};
use super::chart::{Chart, Figure};
use super::rounds::tick_text;
use crate::analysis::Analysis;
use crate::error::Result;
use crate::number::{Scale, size};

/// See the module text.
pub const CHART: Chart = Chart {
    id: "sizes",
    question: "How does the cost grow with the file, the first time and the second?",
    draw,
};

const WIDTH: u32 = 880;
const HEIGHT: u32 = 400;
const TOP: i32 = 44;
const BOTTOM: i32 = 350;
/// Left and right end of the two plots; names of the lines stand right of the second.
const PLOTS: [(i32, i32); 2] = [(64, 346), (400, 682)];

/// Medians by size of one subject (`None`: the control) in one phase.
type Line = (String, Option<usize>, BTreeMap<u64, f64>);

fn draw(analysis: &Analysis<'_>, workload: &str) -> Result<Option<Figure>> {
    let Some(base) = base(analysis, workload) else {
        return Ok(None);
    };
    let plots =
        ["first", "second"].map(|turn| lines(analysis, workload, &format!("{base}-{turn}")));
    let all = || plots.iter().flatten().flat_map(|line| line.2.iter());
    if all()
        .map(|(size, _)| size)
        .collect::<std::collections::BTreeSet<_>>()
        .len()
        < 2
    {
        return Ok(None);
    }
    let scale = Scale::of("s", all().map(|(_, time)| *time));
    #[expect(clippy::cast_precision_loss, reason = "file sizes below 2^53")]
    let x = Axis::logarithmic(all().map(|(size, _)| *size as f64));
    let y = Axis::logarithmic(all().map(|(_, time)| time / scale.size));
    let description: Vec<String> = plots
        .iter()
        .zip(["first", "second"])
        .flat_map(|(lines, turn)| lines.iter().map(move |line| (line, turn)))
        .filter_map(|((name, _, points), turn)| {
            let (bytes, time) = points.iter().next_back()?;
            Some(format!(
                "{name}, {turn} {base} of {}: {}.",
                size(&bytes.to_string()),
                scale.with_unit(*time)
            ))
        })
        .collect();
    let svg = svg(
        &format!("{workload}-sizes"),
        (WIDTH, HEIGHT),
        &format!("{workload}: {base} by file size"),
        &description.join(" "),
        |canvas| {
            for ((lines, ends), turn) in plots.iter().zip(PLOTS).zip(["First", "Second"]) {
                grid(canvas, ends, (x, y), &format!("{turn} {base}"))?;
                for line in lines {
                    draw_line(canvas, ends, (x, y), scale, line)?;
                }
            }
            canvas.text((0, 14), scale.unit, Ink::Muted, 11, Anchor::Start)?;
            name_lines(canvas, &plots, y, scale)
        },
    )?;
    Ok(Some(Figure {
        svg,
        caption: format!(
            "Median time of one {base} by the size of the file, both axes logarithmic; the two plots share them. A line that climbs on the left copies the file; on the right everyone should be flat. Grey: the control."
        ),
    }))
}

/// `append`, when `append-first` and `append-second` were measured by size.
fn base(analysis: &Analysis<'_>, workload: &str) -> Option<String> {
    analysis.series.iter().find_map(|s| {
        let base = s.key.phase.strip_suffix("-second")?;
        (s.key.workload == workload && s.key.metric == "time" && s.key.params.contains_key("size"))
            .then(|| base.to_owned())
    })
}

fn lines(analysis: &Analysis<'_>, workload: &str, phase: &str) -> Vec<Line> {
    let subjects = analysis.subjects();
    let controls = analysis.controls();
    let colours = (0..subjects.len())
        .map(Some)
        .chain(controls.iter().map(|_| None));
    subjects
        .iter()
        .chain(&controls)
        .zip(colours)
        .map(|(subject, colour)| {
            let points = analysis
                .series
                .iter()
                .filter(|s| {
                    let key = &s.key;
                    s.subject == subject.name
                        && (
                            key.workload.as_str(),
                            key.phase.as_str(),
                            key.metric.as_str(),
                        ) == (workload, phase, "time")
                        // One line each: from warm caches, where there are several states.
                        && key
                            .params
                            .iter()
                            .all(|(name, value)| name == "size" || (name == "cache" && value == "warm"))
                })
                .filter_map(|s| Some((s.key.params.get("size")?.parse().ok()?, s.median())))
                .collect();
            (subject.name.clone(), colour, points)
        })
        .filter(|line: &Line| !line.2.is_empty())
        .collect()
}

fn grid(
    canvas: &Canvas<'_>,
    (left, right): (i32, i32),
    (x, y): (Axis, Axis),
    title: &str,
) -> Result<()> {
    canvas.bold((left, 16), title, Ink::Text, 14, Anchor::Start)?;
    for tick in y.ticks() {
        let at = along(BOTTOM, TOP, y.place(tick));
        canvas.line((left, at), (right, at), Ink::Grid, 1)?;
        canvas.text(
            (left - 8, at),
            &tick_text(tick),
            Ink::Muted,
            11,
            Anchor::End,
        )?;
    }
    // Powers of 16: sizes read well in KiB and MiB.
    for power in (8..=40).step_by(4) {
        let bytes = 2_f64.powi(power);
        let share = x.place(bytes);
        if share > 0.0 && share < 1.0 {
            let at = along(left, right, share);
            canvas.line((at, TOP), (at, BOTTOM), Ink::Grid, 1)?;
            let name = size(&bytes.to_string());
            canvas.text((at, BOTTOM + 14), &name, Ink::Muted, 11, Anchor::Middle)?;
        }
    }
    canvas.text(
        (along(left, right, 0.5), BOTTOM + 36),
        "size of the file",
        Ink::Muted,
        12,
        Anchor::Middle,
    )
}

fn draw_line(
    canvas: &Canvas<'_>,
    ends: (i32, i32),
    (x, y): (Axis, Axis),
    scale: Scale,
    line: &Line,
) -> Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "file sizes below 2^53")]
    let points: Vec<(i32, i32)> = line
        .2
        .iter()
        .map(|(size, time)| {
            (
                along(ends.0, ends.1, x.place(*size as f64)),
                along(BOTTOM, TOP, y.place(time / scale.size)),
            )
        })
        .collect();
    let ink = line.1.map_or(Ink::Muted, Ink::Subject);
    canvas.path(&points, ink, if line.1.is_some() { 2 } else { 1 })?;
    for point in points {
        match line.1 {
            Some(index) => canvas.marker(point, index)?,
            None => canvas.dot(point, 2, ink, 1.0)?,
        }
    }
    Ok(())
}

/// Names right of the plots, in the order of the first plot's right ends, pushed apart where they would touch.
fn name_lines(canvas: &Canvas<'_>, plots: &[Vec<Line>; 2], y: Axis, scale: Scale) -> Result<()> {
    let last = |line: &Line| line.2.values().next_back().copied().unwrap_or(0.0);
    let mut names: Vec<(i32, &Line)> = plots[0]
        .iter()
        .map(|line| (along(BOTTOM, TOP, y.place(last(line) / scale.size)), line))
        .collect();
    names.sort_by_key(|(at, _)| *at);
    canvas.text(
        (704, TOP - 8),
        "order: first, largest file",
        Ink::Muted,
        10,
        Anchor::Start,
    )?;
    for ((_, (name, colour, _)), at) in names.iter().zip((0..).map(|i| TOP + 14 + 22 * i)) {
        match colour {
            Some(index) => canvas.marker((710, at), *index)?,
            None => canvas.dot((710, at), 2, Ink::Muted, 1.0)?,
        }
        let ink = if colour.is_some() {
            Ink::Text
        } else {
            Ink::Muted
        };
        canvas.text((722, at), &short(name, 24), ink, 11, Anchor::Start)?;
    }
    Ok(())
}
