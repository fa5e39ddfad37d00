//! A page parsed, and what the tests ask of it.

use scraper::{ElementRef, Html, Node, Selector};

pub(crate) fn parse(page: &str) -> Html {
    Html::parse_document(page)
}

pub(crate) fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

/// All that a selector finds below an element, in order.
pub(crate) fn all<'a>(of: ElementRef<'a>, text: &str) -> Vec<ElementRef<'a>> {
    of.select(&selector(text)).collect()
}

/// The first that a selector finds below an element.
pub(crate) fn first<'a>(of: ElementRef<'a>, text: &str) -> Option<ElementRef<'a>> {
    all(of, text).into_iter().next()
}

/// The text below an element, every run of blanks as one.
pub(crate) fn text(of: ElementRef<'_>) -> String {
    let text: String = of.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text before the first line break of an element.
pub(crate) fn head(of: ElementRef<'_>) -> String {
    let mut text = String::new();
    for child in of.children() {
        match child.value() {
            Node::Element(element) if element.name() == "br" => break,
            Node::Text(part) => text.push_str(part),
            _ => text.extend(ElementRef::wrap(child).into_iter().flat_map(|e| e.text())),
        }
    }
    text.trim().to_owned()
}

/// The text that stands in an element itself, not in others within.
pub(crate) fn own(of: ElementRef<'_>) -> String {
    let parts = of.children().filter_map(|child| match child.value() {
        Node::Text(part) => Some(part.to_string()),
        _ => None,
    });
    let text: String = parts.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every number of a text: `[1.18, 1.3]` has two.
pub(crate) fn numbers(text: &str) -> Vec<f64> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter_map(|part| part.trim_matches('.').parse().ok())
        .collect()
}
