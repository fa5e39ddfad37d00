//! The page's style: small sheets, one a concern, in one inline text. Colours are variables of `base.css`; print comes last.

use std::sync::LazyLock;

/// In this order.
const PARTS: [&str; 7] = [
    include_str!("style/base.css"),
    include_str!("style/cards.css"),
    include_str!("style/tables.css"),
    include_str!("style/charts.css"),
    include_str!("style/conformance.css"),
    include_str!("style/words.css"),
    include_str!("style/print.css"),
];

/// The whole style as it stands in the page.
pub(crate) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| PARTS.concat());
    &TEXT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_loads_nothing_and_ends_where_it_ends() {
        for forbidden in ["url(", "@import", "</", "<!--"] {
            assert!(!text().contains(forbidden), "{forbidden}");
        }
        assert_eq!(text().matches('{').count(), text().matches('}').count());
    }
}
