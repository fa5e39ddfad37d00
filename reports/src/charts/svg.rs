//! What plotters draws on: SVG in few bytes, for a page that holds hundreds of plots.
//!
//! plotters' own SVG backend writes every attribute of every dot. Here shapes of one style that follow each other become
//! one `<path>`, places are written relative to the one before, and styles are classes of html/style/charts.css.

use std::convert::Infallible;
use std::fmt::Write as _;

use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle,
};

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// The size of small words; the style sheet sets it, that of bold ones, and that of all others.
pub(super) const SMALL: i32 = 11;

/// Widths of lines and dots that have a class (`w2`) in the style sheet; any other is an attribute.
const WIDTHS: [u32; 6] = [2, 4, 6, 8, 10, 12];
/// So do the ways to see through (`o5`).
const OPACITIES: [&str; 8] = [".16", ".24", ".25", ".3", ".36", ".5", ".6", ".62"];

/// How a path is shown: a class of html/style/charts.css.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Filled,
    Line,
    /// Strokes without length, with round ends.
    Dots,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Filled => "f",
            Self::Line => "l",
            Self::Dots => "d",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Style {
    kind: Kind,
    ink: String,
    opacity: String,
    width: u32,
}

/// A path that may still grow.
#[derive(Debug)]
struct Path {
    style: Style,
    data: String,
    /// Where the next relative step starts.
    at: BackendCoord,
}

/// A surface; what is drawn is in the text once [`DrawingBackend::present`] was called.
#[derive(Debug)]
pub(super) struct Svg<'a> {
    text: &'a mut String,
    size: (u32, u32),
    /// The class of a colour.
    class: fn((u8, u8, u8)) -> String,
    path: Option<Path>,
}

impl<'a> Svg<'a> {
    pub(super) fn new(
        text: &'a mut String,
        size: (u32, u32),
        class: fn((u8, u8, u8)) -> String,
    ) -> Self {
        Self {
            text,
            size,
            class,
            path: None,
        }
    }

    fn style(&self, kind: Kind, color: BackendColor, width: u32) -> Style {
        Style {
            kind,
            ink: (self.class)(color.rgb),
            opacity: opacity(color.alpha),
            width,
        }
    }

    /// Goes to a place of the path of that style: the one that is being written, or a new one.
    fn go(&mut self, style: Style, to: BackendCoord) -> &mut Path {
        if self.path.as_ref().is_none_or(|path| path.style != style) {
            self.flush();
        }
        if let Some(path) = &mut self.path {
            path.step('m', to);
        }
        self.path.get_or_insert_with(|| {
            let mut path = Path {
                style,
                data: String::new(),
                at: (0, 0),
            };
            path.step('M', to);
            path
        })
    }

    fn flush(&mut self) {
        let Some(Path { style, data, .. }) = self.path.take() else {
            return;
        };
        let _ = write!(self.text, "<path class=\"{}", style.kind.class());
        if !style.ink.is_empty() {
            let _ = write!(self.text, " {}", style.ink);
        }
        let wide = WIDTHS.contains(&style.width);
        if wide {
            let _ = write!(self.text, " w{}", style.width);
        }
        let faint = OPACITIES.contains(&style.opacity.as_str());
        if faint {
            let _ = write!(self.text, " o{}", &style.opacity[1..]);
        }
        self.text.push('"');
        if !wide && style.width != 1 {
            let _ = write!(self.text, " stroke-width=\"{}\"", style.width);
        }
        if !faint && !style.opacity.is_empty() {
            let _ = write!(self.text, " opacity=\"{}\"", style.opacity);
        }
        let _ = write!(self.text, " d=\"{data}\"/>");
    }
}

impl Path {
    /// A move or a line to a place, in as few letters as it takes.
    fn step(&mut self, command: char, to: BackendCoord) {
        let (dx, dy) = (to.0 - self.at.0, to.1 - self.at.1);
        match (command, dx, dy) {
            ('l', dx, 0) => self.write('h', &[dx]),
            ('l', 0, dy) => self.write('v', &[dy]),
            _ => self.write(command, &[dx, dy]),
        }
        self.at = to;
    }

    fn write(&mut self, command: char, numbers: &[i32]) {
        self.data.push(command);
        for (index, number) in numbers.iter().enumerate() {
            // A minus keeps numbers apart.
            let blank = if index > 0 && *number >= 0 { " " } else { "" };
            let _ = write!(self.data, "{blank}{number}");
        }
    }

    /// A line through places, from where the path is.
    fn lines(&mut self, through: impl IntoIterator<Item = BackendCoord>) {
        for to in through {
            self.step('l', to);
        }
    }

    /// Closes the figure that began at a place.
    fn close(&mut self, start: BackendCoord) {
        self.data.push('z');
        self.at = start;
    }
}

/// Two digits; nothing for what is not see-through.
fn opacity(alpha: f64) -> String {
    if alpha >= 1.0 {
        return String::new();
    }
    let text = format!("{alpha:.2}");
    text.trim_start_matches('0')
        .trim_end_matches('0')
        .to_owned()
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let kind = if fill { Kind::Filled } else { Kind::Line };
        let style = self.style(
            kind,
            style.color(),
            if fill { 1 } else { style.stroke_width() },
        );
        let path = self.go(style, (left, top));
        path.lines([(right, top), (right, bottom), (left, bottom)]);
        path.close((left, top));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let mut points = path.into_iter();
        if let Some(first) = points.next() {
            let style = self.style(Kind::Line, style.color(), style.stroke_width());
            self.go(style, first).lines(points);
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        if fill {
            let style = self.style(Kind::Dots, style.color(), 2 * radius);
            self.go(style, (x, y)).data.push_str("h0");
            return Ok(());
        }
        let style = self.style(Kind::Line, style.color(), style.stroke_width());
        let r = i32::try_from(radius).unwrap_or(0);
        let path = self.go(style, (x - r, y));
        let _ = write!(
            path.data,
            "a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 -{} 0",
            2 * r,
            2 * r
        );
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let mut corners = corners.into_iter();
        if let Some(first) = corners.next() {
            let style = self.style(Kind::Filled, style.color(), 1);
            let path = self.go(style, first);
            path.lines(corners);
            path.close(first);
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        self.flush();
        let ink = (self.class)(style.color().rgb);
        let side = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Right => "e",
            HPos::Center => "m",
        };
        let bold = match style.style() {
            FontStyle::Bold => "b",
            _ => "",
        };
        let small = if style.size() == f64::from(SMALL) {
            "k"
        } else {
            ""
        };
        let classes: Vec<&str> = [ink.as_str(), side, bold, small]
            .into_iter()
            .filter(|class| !class.is_empty())
            .collect();
        let _ = write!(self.text, "<text x=\"{x}\" y=\"{y}\"");
        if !classes.is_empty() {
            let _ = write!(self.text, " class=\"{}\"", classes.join(" "));
        }
        let _ = write!(
            self.text,
            ">{}</text>",
            maud::Render::render(text).into_string()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{Ink, svg};

    fn body(
        draw: impl FnOnce(&super::super::canvas::Canvas<'_>) -> crate::error::Result<()>,
    ) -> String {
        let text = svg("x", (10, 10), "t", "d", draw).unwrap();
        let (_, body) = text.split_once("</desc>").unwrap();
        body.trim_end_matches("</svg>").to_owned()
    }

    #[test]
    fn shapes_of_one_style_are_one_path() {
        let dots = body(|canvas| {
            canvas.dot((5, 5), 4, Ink::Subject(1), 0.45)?;
            canvas.dot((9, 5), 4, Ink::Subject(1), 0.45)?;
            canvas.dot((1, 7), 4, Ink::Subject(1), 0.45)
        });
        assert_eq!(
            dots,
            r#"<path class="d s1 w8" opacity=".45" d="M5 5h0m4 0h0m-8 2h0"/>"#
        );
        let grid = body(|canvas| {
            canvas.line((5, 0), (5, 9), Ink::Grid, 1)?;
            canvas.line((8, 0), (8, 9), Ink::Grid, 1)?;
            canvas.line((8, 0), (9, 9), Ink::Muted, 1)
        });
        assert_eq!(
            grid,
            r#"<path class="l g" d="M5 0v9m3-9v9"/><path class="l u" d="M8 0l1 9"/>"#
        );
    }

    #[test]
    fn every_class_is_in_the_style_sheet() {
        let style = include_str!("../html/style/charts.css");
        for width in super::WIDTHS {
            assert!(style.contains(&format!(".chart .w{width} {{ stroke-width: {width}; }}")));
        }
        for opacity in super::OPACITIES {
            let rule = format!(".chart .o{} {{ opacity: {opacity}; }}", &opacity[1..]);
            assert!(style.contains(&rule), "{rule}");
        }
        let faint = body(|canvas| canvas.dot((5, 5), 4, Ink::Subject(1), 0.5));
        assert_eq!(faint, r#"<path class="d s1 w8 o5" d="M5 5h0"/>"#);
    }

    #[test]
    fn figures_close_where_they_began() {
        let two = body(|canvas| {
            canvas.square((5, 5), 2, Ink::Text)?;
            canvas.square((5, 8), 2, Ink::Text)
        });
        assert_eq!(two, r#"<path class="f" d="M3 3h4v4h-4zm0 3h4v4h-4z"/>"#);
    }

    #[test]
    fn texts_are_never_markup() {
        use super::super::canvas::Anchor;
        let text = body(|canvas| canvas.text((1, 2), "<a b=\"c\">&", Ink::Muted, 11, Anchor::End));
        assert_eq!(
            text,
            r#"<text x="1" y="2" class="u e k">&lt;a b=&quot;c&quot;&gt;&amp;</text>"#
        );
    }
}
