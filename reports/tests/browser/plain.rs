//! Without scripts: every number, every answer and every section is there all the same.

use serde_json::{Value, json};

use crate::pipe::Browser;
use crate::tab::{DESK, Look, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[(
    "without_scripts_nothing_is_missing_and_no_control_is_dead",
    same,
)];

/// The words of every table, picture and heading, whether or not they are folded away; what a script may add is left out.
const WORDS: &str = "[...document.querySelectorAll('h1, h2, h3, th, td, dt, dd, figcaption, svg title')]\
    .filter(e => !e.closest('[data-made-by-script]')).map(e => e.textContent.replace(/\\s+/g, ' ').trim())";

fn same(browser: &mut Browser) {
    let page = pages::any();
    let with = Tab::open(browser, &page, DESK).eval(WORDS);
    let look = Look {
        scripts: false,
        ..DESK
    };
    let mut tab = Tab::open(browser, &page, look);
    let without = tab.eval(WORDS);
    let count = |words: &Value| words.as_array().map_or(0, Vec::len);
    assert!(count(&without) > 500, "{} words", count(&without));
    for word in with.as_array().unwrap() {
        let kept = without.as_array().unwrap().contains(word);
        assert!(kept, "only a script says {word}");
    }
    // Buttons, sliders and lists do nothing without a script: they must not show. Boxes that only style sheets read may.
    let dead = tab.eval(
        "[...document.querySelectorAll('button, select, input:not([type=checkbox])')]\
         .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 80))",
    );
    assert_eq!(dead, json!([]));
    tab.was_quiet();
}
