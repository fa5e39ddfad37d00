//! The cases by keyboard: presets, a word to look for, and the address that keeps both.

use serde_json::json;

use crate::choices::rows;
use crate::pipe::Browser;
use crate::tab::{DESK, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("cases_are_chosen_by_preset", preset),
    ("cases_are_found_by_a_word", word),
    ("a_link_to_a_case_opens_it", anchor),
];

fn preset(browser: &mut Browser) {
    let page = pages::whole();
    let mut tab = Tab::open(browser, &page, DESK);
    let all = rows(&mut tab, "conformance");
    let options = tab.eval("[...document.querySelector('#cases-show').options].map(o => o.value)");
    let options = options.as_array().unwrap().clone();
    assert!(options.len() > 4, "{options:?}");
    tab.reach("#cases-show");
    let mut fewer = 0;
    for option in &options[1..] {
        tab.press("ArrowDown");
        tab.until(&format!(
            "document.querySelector('#cases-show').value === {option}"
        ));
        let shown = rows(&mut tab, "conformance");
        let said = format!("{shown} of {all} cases");
        assert!(tab.text("#cases-shown").contains(&said), "{option}: {said}");
        fewer += u64::from(shown < all);
    }
    assert!(fewer > 2);
    let shown = rows(&mut tab, "conformance");
    // The address follows a moment later.
    let last = options.last().unwrap();
    tab.until(&format!(
        "new URLSearchParams(location.hash.split('?')[1]).get('cases') === {last}"
    ));
    tab.reload();
    assert_eq!(rows(&mut tab, "conformance"), shown);
    tab.was_quiet();
}

fn word(browser: &mut Browser) {
    let page = pages::whole();
    let mut tab = Tab::open(browser, &page, DESK);
    tab.reach("#cases-text");
    for letter in ["r", "e", "n", "a", "m", "e"] {
        tab.press(letter);
    }
    tab.until("[...document.querySelectorAll('#conformance tbody tr:not(.group)')].filter(r => r.checkVisibility()).length === 1");
    assert!(tab.is(&format!(
        "document.querySelector('#{}').checkVisibility()",
        case()
    )));
    tab.was_quiet();
}

/// The row of a case, by its id.
fn case() -> String {
    let name = reports::anchor::anchor("rename_of_a_lower_directory");
    format!("case-{name}")
}

fn anchor(browser: &mut Browser) {
    let page = pages::whole();
    let row = case();
    let url = format!("file://{}#{row}", page.canonicalize().unwrap().display());
    let mut tab = Tab::open_url(browser, &url, DESK);
    let seen = tab.eval(&format!(
        "(() => {{ const e = document.querySelector('#{row}').getBoundingClientRect(); return e.top >= 0 && e.top < innerHeight; }})()"
    ));
    assert_eq!(seen, json!(true));
    tab.was_quiet();
}
