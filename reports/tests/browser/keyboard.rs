//! The page by keyboard alone: every stop can be seen, what is folded opens, boxes are ticked.

use serde_json::Value;

use crate::pipe::Browser;
use crate::tab::{DESK, Look, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("every_stop_of_the_tab_key_can_be_seen", focus),
    ("the_first_stop_leads_past_the_contents", skip),
    ("what_is_folded_opens_by_keyboard", unfold),
];

/// No stop is outside the page, and each is marked.
fn focus(browser: &mut Browser) {
    let page = pages::any();
    let mut tab = Tab::open(browser, &page, DESK);
    let mut stops = 0;
    let mut unseen = Vec::new();
    for _ in 0..150 {
        tab.press("Tab");
        let here = tab.eval(
            "(() => { const e = document.activeElement; if (e === document.body) return null; const r = e.getBoundingClientRect(); \
             const s = getComputedStyle(e); const marked = s.outlineStyle !== 'none' || s.boxShadow !== 'none'; \
             return { what: e.outerHTML.slice(0, 90), fine: r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight && marked }; })()",
        );
        if here == Value::Null {
            break;
        }
        stops += 1;
        if here["fine"] != true {
            unseen.push(here["what"].clone());
        }
    }
    assert!(stops > 20, "{stops}");
    assert!(unseen.is_empty(), "{unseen:?}");
}

fn skip(browser: &mut Browser) {
    let page = pages::any();
    let mut tab = Tab::open(browser, &page, DESK);
    tab.press("Tab");
    assert_eq!(tab.text(":focus"), "Skip to the results");
    tab.press("Enter");
    tab.until("location.hash === '#main'");
    tab.press("Tab");
    assert!(tab.is("document.activeElement.closest('main')"));
    tab.was_quiet();
}

fn unfold(browser: &mut Browser) {
    let page = pages::whole();
    for scripts in [true, false] {
        let mut tab = Tab::open(browser, &page, Look { scripts, ..DESK });
        tab.reach("#conformance tbody details > summary");
        let open = "document.activeElement.parentElement.open";
        for (key, wanted) in [("Enter", true), ("Space", false), ("Enter", true)] {
            tab.press(key);
            assert_eq!(tab.is(open), wanted, "{key}");
        }
        let told = "document.activeElement.nextElementSibling.getBoundingClientRect().height > 50";
        assert!(tab.is(told));
    }
}
