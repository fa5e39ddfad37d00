//! Reads an `<svg>` of the page: its paths as points, its texts.

/// A path: its classes, and every place it touches.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) classes: String,
    pub(crate) places: Vec<(f64, f64)>,
    /// Strokes without length: dots.
    pub(crate) dots: usize,
}

/// The value of an attribute in a tag.
pub(crate) fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let start = format!(" {name}=\"");
    tag.split_once(&start)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("", |(value, _)| value)
}

/// Width and height.
pub(crate) fn size(svg: &str) -> (f64, f64) {
    let numbers: Vec<f64> = attribute(svg, "viewBox")
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    (numbers[2], numbers[3])
}

/// Every path of an svg.
pub(crate) fn paths(svg: &str) -> Vec<Path> {
    svg.split("<path")
        .skip(1)
        .map(|tag| {
            let tag = tag.split('>').next().unwrap();
            let data = attribute(tag, "d");
            Path {
                classes: attribute(tag, "class").to_owned(),
                places: places(data),
                dots: data.matches("h0").count(),
            }
        })
        .collect()
}

/// Follows the steps of path data.
fn places(data: &str) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let (mut at, mut start) = ((0.0, 0.0), (0.0, 0.0));
    let mut rest = data;
    while let Some(command) = rest.chars().next() {
        rest = &rest[1..];
        let end = rest
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let numbers = numbers(&rest[..end]);
        rest = &rest[end..];
        at = match (command, numbers.as_slice()) {
            ('M', [x, y]) => (*x, *y),
            ('m' | 'l', [x, y]) => (at.0 + x, at.1 + y),
            ('h', [x]) => (at.0 + x, at.1),
            ('v', [y]) => (at.0, at.1 + y),
            ('a', [_, _, _, _, _, x, y]) => (at.0 + x, at.1 + y),
            ('z', []) => start,
            other => panic!("{other:?} in {data}"),
        };
        if command.eq_ignore_ascii_case(&'m') {
            start = at;
        }
        found.push(at);
    }
    found
}

/// `12-3 4`: a minus begins a number as a blank does.
fn numbers(text: &str) -> Vec<f64> {
    text.replace('-', " -")
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect()
}
