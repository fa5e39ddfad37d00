//! Drawing with plotters' SVG backend.
//!
//! plotters writes colours as numbers. Here a colour is an [`Ink`], drawn as a number nobody else uses and replaced
//! afterwards by the CSS variable of that name; the page decides how it looks by day, by night and on paper.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::anchor::anchor;
use crate::error::{Error, ErrorKind, Result};

/// Subjects get one of so many colours, then they repeat; the marker's shape changes too.
pub const COLOURS: usize = 8;

/// A colour by its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Words that matter.
    Text,
    /// Words and marks that do not.
    Muted,
    /// Lines of the grid.
    Grid,
    /// The page behind the chart.
    Paper,
    /// The subject of that index.
    Subject(usize),
}

impl Ink {
    fn code(self) -> RGBColor {
        match self {
            Self::Text => RGBColor(1, 1, 0),
            Self::Muted => RGBColor(1, 1, 1),
            Self::Grid => RGBColor(1, 1, 2),
            Self::Paper => RGBColor(1, 1, 3),
            #[expect(clippy::cast_possible_truncation, reason = "below COLOURS")]
            Self::Subject(index) => RGBColor(1, 2, (index % COLOURS) as u8),
        }
    }

    fn variable(self) -> String {
        match self {
            Self::Text => "var(--ink)".to_owned(),
            Self::Muted => "var(--muted)".to_owned(),
            Self::Grid => "var(--grid)".to_owned(),
            Self::Paper => "var(--card)".to_owned(),
            Self::Subject(index) => format!("var(--s{})", index % COLOURS),
        }
    }
}

/// Where a text stands against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The point is its left end.
    Start,
    /// The point is its middle.
    Middle,
    /// The point is its right end.
    End,
}

/// A surface of fixed size in pixels, origin at the upper left.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

impl std::fmt::Debug for Canvas<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canvas").finish_non_exhaustive()
    }
}

/// Draws an `<svg>` with a title and a description for those who cannot see it. `name` is unique in the page.
///
/// # Errors
/// `Drawing`, when plotters fails.
pub fn svg(
    name: &str,
    size: (u32, u32),
    title: &str,
    description: &str,
    draw: impl FnOnce(&Canvas<'_>) -> Result<()>,
) -> Result<String> {
    let id = anchor(name);
    let mut text = String::new();
    {
        let canvas = Canvas {
            area: SVGBackend::with_string(&mut text, size).into_drawing_area(),
        };
        draw(&canvas)?;
        canvas.area.present().map_err(failed)?;
    }
    let body = text.split_once('>').map_or("", |(_, body)| body);
    let (width, height) = size;
    let head = maud::html! {
        title id={ (id) "-title" } { (title) }
        desc id={ (id) "-desc" } { (description) }
    };
    let mut page = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n{}{body}",
        head.into_string()
    );
    let inks = [Ink::Text, Ink::Muted, Ink::Grid, Ink::Paper]
        .into_iter()
        .chain((0..COLOURS).map(Ink::Subject));
    for ink in inks {
        let RGBColor(r, g, b) = ink.code();
        page = page.replace(
            &format!("\"#{r:02X}{g:02X}{b:02X}\""),
            &format!("\"{}\"", ink.variable()),
        );
    }
    Ok(page
        .replace(" opacity=\"1\"", "")
        .replace(" font-family=\"sans-serif\"", ""))
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Drawing, format!("draw a chart: {error}"))
}

impl Canvas<'_> {
    /// A straight line.
    ///
    /// # Errors
    /// `Drawing`; so for all below.
    pub fn line(&self, from: (i32, i32), to: (i32, i32), ink: Ink, width: u32) -> Result<()> {
        self.path(&[from, to], ink, width)
    }

    /// A line through points.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn path(&self, points: &[(i32, i32)], ink: Ink, width: u32) -> Result<()> {
        let style = ink.code().stroke_width(width);
        self.area
            .draw(&PathElement::new(points.to_vec(), style))
            .map_err(failed)
    }

    /// A filled rectangle, possibly see-through.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn rect(&self, corners: [(i32, i32); 2], ink: Ink, opacity: f64) -> Result<()> {
        self.area
            .draw(&Rectangle::new(corners, ink.code().mix(opacity).filled()))
            .map_err(failed)
    }

    /// A dot, possibly see-through.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn dot(&self, at: (i32, i32), radius: i32, ink: Ink, opacity: f64) -> Result<()> {
        self.area
            .draw(&Circle::new(at, radius, ink.code().mix(opacity).filled()))
            .map_err(failed)
    }

    /// A ring: a dot with the page showing through.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn ring(&self, at: (i32, i32), radius: i32, ink: Ink) -> Result<()> {
        self.dot(at, radius, Ink::Paper, 1.0)?;
        self.area
            .draw(&Circle::new(at, radius, ink.code().stroke_width(2)))
            .map_err(failed)
    }

    /// A square.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn square(&self, at: (i32, i32), half: i32, ink: Ink) -> Result<()> {
        self.rect(
            [(at.0 - half, at.1 - half), (at.0 + half, at.1 + half)],
            ink,
            1.0,
        )
    }

    /// The mark of a subject: its shape differs from its neighbours' as its colour does.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn marker(&self, at: (i32, i32), index: usize) -> Result<()> {
        let ink = Ink::Subject(index);
        let (x, y) = at;
        let polygon = |points: Vec<(i32, i32)>| {
            self.area
                .draw(&Polygon::new(points, ink.code().filled()))
                .map_err(failed)
        };
        match index % 5 {
            0 => self.dot(at, 5, ink, 1.0),
            1 => self.square(at, 4, ink),
            2 => polygon(vec![(x, y - 6), (x + 6, y + 5), (x - 6, y + 5)]),
            3 => polygon(vec![(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)]),
            _ => self.ring(at, 4, ink),
        }
    }

    /// A text, centred in height on its point.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn text(
        &self,
        at: (i32, i32),
        text: &str,
        ink: Ink,
        size: i32,
        anchor: Anchor,
    ) -> Result<()> {
        self.styled(at, text, ink, size, anchor, FontStyle::Normal)
    }

    /// A bold text.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn bold(
        &self,
        at: (i32, i32),
        text: &str,
        ink: Ink,
        size: i32,
        anchor: Anchor,
    ) -> Result<()> {
        self.styled(at, text, ink, size, anchor, FontStyle::Bold)
    }

    fn styled(
        &self,
        at: (i32, i32),
        text: &str,
        ink: Ink,
        size: i32,
        anchor: Anchor,
        style: FontStyle,
    ) -> Result<()> {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // plotters divides by 1.24 when it writes the size.
        let font = FontDesc::new(FontFamily::SansSerif, f64::from(size) * 1.24, style);
        let colour = ink.code();
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(horizontal, VPos::Center));
        self.area.draw_text(text, &style, at).map_err(failed)
    }
}

/// A name cut to so many characters.
pub fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

/// A share of a width, in whole pixels.
#[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
pub fn along(from: i32, to: i32, share: f64) -> i32 {
    from + (f64::from(to - from) * share).round() as i32
}
