//! A page made of hostile strings, with its script running: nothing of them runs, and the page still works.

use serde_json::json;

use crate::pipe::Browser;
use crate::poison::{self, EVIL, poisoned};
use crate::tab::{DESK, Tab};
use crate::{Test, common, pages};

pub(crate) const TESTS: &[Test] = &[
    ("hostile_strings_do_not_run", evil),
    ("a_hostile_address_does_nothing", address),
];

fn evil(browser: &mut Browser) {
    let results = common::results(6);
    let places = poison::all(&results);
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let page = pages::of("evil", &poisoned(&results, &places, EVIL));
    let mut tab = Tab::open(browser, &page, DESK);
    tab.eval("window.evil = () => { throw new Error('it ran') }");
    tab.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
    // Whatever the script makes of the strings.
    tab.eval(
        "document.querySelectorAll('select, input').forEach(c => { \
           if (c.options) c.selectedIndex = c.options.length - 1; else if (c.type === 'checkbox') c.checked = true; else c.value = c.max || 'x'; \
           c.dispatchEvent(new Event('input', { bubbles: true })); c.dispatchEvent(new Event('change', { bubbles: true })); })",
    );
    tab.eval("document.querySelectorAll('th button').forEach(b => b.click())");
    assert_eq!(
        tab.eval("document.querySelectorAll('.evil, img').length"),
        json!(0)
    );
    tab.was_quiet();
}

fn address(browser: &mut Browser) {
    let page = pages::any();
    let url = format!("file://{}", page.canonicalize().unwrap().display());
    for fragment in [
        "#<img src=x onerror=alert(1)>",
        "#?theme=%22%3E%3Cb%3E&matrix=999&metric=nothing&workload=%00&sort=-",
        "#%ff%fe?=&&=1&theme=",
        "#nowhere?x=1",
        "#matrix?matrix=NaN&matrix=2&matrix-sort=1e9",
    ] {
        let mut tab = Tab::open_url(browser, &format!("{url}{fragment}"), DESK);
        assert!(
            tab.is("document.querySelector('#matrix td').checkVisibility()"),
            "{fragment}"
        );
        assert_eq!(
            tab.eval("document.querySelectorAll('img, b b').length"),
            json!(0)
        );
        tab.was_quiet();
    }
}
