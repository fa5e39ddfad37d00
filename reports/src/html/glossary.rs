//! The words a reader may not know, each with an example.

use maud::{Markup, html};

use crate::anchor::anchor;
use crate::glossary::TERMS;

/// The section's body.
pub(super) fn section() -> Markup {
    html! {
        details {
            summary { (TERMS.len()) " words of this page, each with an example" }
            dl.glossary {
                @for term in TERMS {
                    dt id={ "word-" (anchor(term.word)) } { (code(term.word)) }
                    dd { (code(term.meaning)) ". " span.muted { "Example: " (code(term.example)) } }
                }
            }
        }
    }
}

/// Text with what stands between backquotes as code.
fn code(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
