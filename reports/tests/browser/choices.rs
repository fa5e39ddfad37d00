//! Everything by keyboard alone: themes, sorting, filters; and the address carries what was chosen.

use serde_json::json;

use crate::pipe::Browser;
use crate::tab::{DESK, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("the_theme_is_chosen_by_keyboard_and_kept", theme),
    ("a_column_is_sorted_by_keyboard", sort),
    ("rows_are_filtered_by_keyboard", filter),
    ("another_metric_is_shown_by_keyboard", metric),
];

/// What the address says after its fragment's `?`.
fn carries(tab: &mut Tab<'_>, wanted: &str) {
    tab.until(&format!("location.hash.includes({})", json!(wanted)));
}

fn theme(browser: &mut Browser) {
    let page = pages::any();
    let paper = "getComputedStyle(document.body).backgroundColor";
    let mut tab = Tab::open(browser, &page, DESK);
    let light = tab.eval(paper);
    tab.reach("#theme");
    // By its first letter: the arrows open a list on some systems.
    tab.press("d");
    carries(&mut tab, "theme=dark");
    let dark = tab.eval(paper);
    assert_ne!(light, dark);
    tab.reload();
    assert_eq!(tab.eval(paper), dark, "the address forgot it");
    tab.reach("#theme");
    tab.press("l");
    carries(&mut tab, "theme=light");
    assert_eq!(tab.eval(paper), light);
    tab.was_quiet();
}

/// The values by which a column sorts, of the rows that show, in order.
fn column(tab: &mut Tab<'_>, place: usize) -> Vec<f64> {
    let values = tab.eval(&format!(
        "[...[...document.querySelectorAll('#matrix table[data-sort]')].find(t => t.checkVisibility()).tBodies[0].rows] \
         .filter(r => r.checkVisibility() && !r.matches('.group')).map(r => r.cells[{place}].dataset.v ?? null)"
    ));
    let values = values.as_array().unwrap().iter();
    values.filter_map(|v| v.as_str()?.parse().ok()).collect()
}

fn sort(browser: &mut Browser) {
    let page = pages::any();
    let mut tab = Tab::open(browser, &page, DESK);
    let before = column(&mut tab, 1);
    assert!(before.len() > 5, "{before:?}");
    let head = "#matrix table[data-sort] thead th:nth-child(2)";
    let button = format!("{head} button");
    tab.reach(&button);
    tab.press("Enter");
    tab.until(&format!(
        "document.querySelector('{head}').ariaSort === 'ascending'"
    ));
    let up = column(&mut tab, 1);
    let mut sorted = before.clone();
    sorted.sort_by(f64::total_cmp);
    assert_eq!(up, sorted);
    tab.press("Space");
    tab.until(&format!(
        "document.querySelector('{head}').ariaSort === 'descending'"
    ));
    sorted.reverse();
    assert_eq!(column(&mut tab, 1), sorted);
    // Who gets the link sees the same.
    tab.until("location.hash.includes('=-1')");
    tab.reload();
    assert_eq!(column(&mut tab, 1), sorted);
    tab.reach(&button);
    tab.press("Enter");
    tab.until(&format!(
        "document.querySelector('{head}').ariaSort === null"
    ));
    assert_eq!(column(&mut tab, 1), before, "the order of the run is back");
    tab.was_quiet();
}

/// How many rows of a section show.
pub(crate) fn rows(tab: &mut Tab<'_>, section: &str) -> u64 {
    let count = tab.eval(&format!(
        "[...document.querySelectorAll('#{section} tbody tr:not(.group)')].filter(r => r.checkVisibility()).length"
    ));
    count.as_u64().unwrap()
}

fn filter(browser: &mut Browser) {
    let page = pages::any();
    let mut tab = Tab::open(browser, &page, DESK);
    let all = rows(&mut tab, "matrix");
    tab.reach("#matrix-workload");
    // The first after "all".
    tab.press("ArrowDown");
    carries(&mut tab, "workload=");
    let some = rows(&mut tab, "matrix");
    assert!(0 < some && some < all, "{some} of {all}");
    tab.reload();
    assert_eq!(rows(&mut tab, "matrix"), some);
    tab.was_quiet();
}

fn metric(browser: &mut Browser) {
    let page = pages::any();
    let mut tab = Tab::open(browser, &page, DESK);
    let options =
        tab.eval("[...document.querySelector('#matrix-metric').options].map(o => o.value)");
    let options: Vec<String> = options
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o.as_str().unwrap().to_owned())
        .collect();
    assert!(options.len() > 1, "{options:?}");
    tab.reach("#matrix-metric");
    let mut seen = vec![tab.text("#matrix")];
    for option in &options[1..] {
        tab.press("ArrowDown");
        carries(&mut tab, &format!("metric={option}"));
        assert!(rows(&mut tab, "matrix") > 0, "{option} shows nothing");
        let now = tab.text("#matrix");
        assert!(!seen.contains(&now), "{option} changes nothing");
        seen.push(now);
    }
    tab.was_quiet();
}
