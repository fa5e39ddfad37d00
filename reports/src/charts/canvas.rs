//! The thin module between charts and plotters: shapes, words and marks by their meaning.
//!
//! A colour is an [`Ink`]; plotters knows it as a number nobody else uses, and the surface ([`super::svg`]) writes a class
//! of the style sheet (html/style/charts.css) for it. So the page decides how it looks by day, by night and on paper.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::svg::Svg;
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
    /// A range behind the marks.
    Band,
    /// The subject of that index.
    Subject(usize),
}

impl Ink {
    fn code(self) -> RGBColor {
        match self {
            Self::Text => RGBColor(0, 0, 0),
            Self::Muted => RGBColor(0, 0, 1),
            Self::Grid => RGBColor(0, 0, 2),
            Self::Paper => RGBColor(0, 0, 3),
            Self::Band => RGBColor(0, 0, 4),
            #[expect(clippy::cast_possible_truncation, reason = "below COLOURS")]
            Self::Subject(index) => RGBColor(0, 1, (index % COLOURS) as u8),
        }
    }
}

/// The class of a colour's code; none for [`Ink::Text`].
fn class(code: (u8, u8, u8)) -> String {
    match code {
        (0, 0, 1) => "u".to_owned(),
        (0, 0, 2) => "g".to_owned(),
        (0, 0, 3) => "p".to_owned(),
        (0, 0, 4) => "h".to_owned(),
        (0, 1, index) => format!("s{index}"),
        _ => String::new(),
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
    area: DrawingArea<Svg<'a>, Shift>,
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
    let mut body = String::new();
    {
        let canvas = Canvas {
            area: Svg::new(&mut body, size, class).into_drawing_area(),
        };
        draw(&canvas)?;
        canvas.area.present().map_err(failed)?;
    }
    let (width, height) = size;
    let head = maud::html! {
        title id={ (id) "-title" } { (title) }
        desc id={ (id) "-desc" } { (description) }
    };
    Ok(format!(
        "<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">{}{body}</svg>",
        head.into_string()
    ))
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

    /// A thin line through points, see-through.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn faint(&self, points: &[(i32, i32)], ink: Ink, opacity: f64) -> Result<()> {
        let style = ink.code().mix(opacity).stroke_width(1);
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

    /// The outline of a rectangle.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn frame(&self, corners: [(i32, i32); 2], ink: Ink) -> Result<()> {
        self.area
            .draw(&Rectangle::new(corners, ink.code().stroke_width(1)))
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
        self.outline(at, radius, ink)
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
        self.markers(&[at], index)
    }

    /// Marks of one subject that do not overlap.
    ///
    /// # Errors
    /// `Drawing`.
    pub fn markers(&self, places: &[(i32, i32)], index: usize) -> Result<()> {
        let ink = Ink::Subject(index);
        let each =
            |draw: &dyn Fn((i32, i32)) -> Result<()>| places.iter().try_for_each(|at| draw(*at));
        let polygon = |points: Vec<(i32, i32)>| {
            self.area
                .draw(&Polygon::new(points, ink.code().filled()))
                .map_err(failed)
        };
        match index % 5 {
            0 => each(&|at| self.dot(at, 5, ink, 1.0)),
            1 => each(&|at| self.square(at, 4, ink)),
            2 => each(&|(x, y)| polygon(vec![(x, y - 6), (x + 6, y + 5), (x - 6, y + 5)])),
            3 => each(&|(x, y)| polygon(vec![(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)])),
            _ => {
                // Paper first under all of them, so that the rings are one path.
                each(&|at| self.dot(at, 4, Ink::Paper, 1.0))?;
                each(&|at| self.outline(at, 4, ink))
            }
        }
    }

    fn outline(&self, at: (i32, i32), radius: i32, ink: Ink) -> Result<()> {
        self.area
            .draw(&Circle::new(at, radius, ink.code().stroke_width(2)))
            .map_err(failed)
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
        let font = FontDesc::new(FontFamily::SansSerif, f64::from(size), style);
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
