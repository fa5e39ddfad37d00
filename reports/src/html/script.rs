//! The page's script: one inline text of small hand-written files, and the policy that lets exactly this text run.
//!
//! Everything can be read without it; controls are shown only when it runs. A file defines functions and hands `ready`
//! what is to run when the page is parsed; nothing but `start.js` touches the page before, so that tests can load the
//! other files without one. Several lines of text in backquotes would be changed by [`small`]: there are none.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// In this order; `start.js` is the last.
const PARTS: [&str; 12] = [
    include_str!("script/page.js"),
    include_str!("script/state.js"),
    include_str!("script/theme.js"),
    include_str!("script/sort.js"),
    include_str!("script/markdown.js"),
    include_str!("script/csv.js"),
    include_str!("script/matrix.js"),
    include_str!("script/conformance.js"),
    include_str!("script/weights.js"),
    include_str!("script/cards.js"),
    include_str!("script/print.js"),
    include_str!("script/start.js"),
];

/// The whole script as it stands in the page.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| format!("(() => {{\n\"use strict\";\n{}}})();", small(&PARTS)));
    &TEXT
}

/// Without comments of whole lines, indentation and empty lines.
pub(super) fn small(parts: &[&str]) -> String {
    let lines = parts.iter().flat_map(|part| part.lines()).map(str::trim);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

/// `'sha256-…'`: what a policy names an inline text by.
pub(crate) fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_small_and_ends_where_it_ends() {
        let text = text();
        // Of it 5 KiB are the sliders: they test for ties as Rust does.
        assert!(text.len() < 17 << 10, "{} bytes", text.len());
        for forbidden in [
            "</",
            "<!--",
            "eval(",
            "fetch(",
            "import ",
            "innerHTML",
            "http:",
            "https:",
        ] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
        for part in PARTS {
            for line in part.lines() {
                assert!(line.matches('`').count() % 2 == 0, "{line}");
            }
        }
    }

    #[test]
    fn comments_and_indents_go_and_strings_stay() {
        assert_eq!(
            small(&["// why\n  const a = '//b';\n\n", "f(a);\n"]),
            "const a = '//b';\nf(a);\n"
        );
    }

    #[test]
    fn a_source_is_the_digest_of_the_text() {
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert_eq!(
            source("alert(1)"),
            "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
        );
    }
}
