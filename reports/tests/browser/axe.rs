//! axe-core finds nothing serious, in either theme, wide or narrow, with everything unfolded.
//!
//! `scripts/setup.sh tests` fetches it (scripts/axe.sh: version and checksum); without it this is skipped.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::pipe::Browser;
use crate::tab::{DESK, LOOKS, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("axe_finds_nothing_serious_in_any_look", nothing_serious),
    ("axe_finds_nothing_serious_on_a_site", site),
    ("axe_finds_what_is_wrong", finds),
];

/// Where scripts/axe.sh puts it.
pub(crate) fn axe() -> PathBuf {
    std::env::var_os("LAYERBENCH_AXE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/axe/axe.min.js"),
        PathBuf::from,
    )
}

/// Serious and critical violations, each with its first places.
fn violations(tab: &mut Tab<'_>) -> serde_json::Value {
    let source = std::fs::read_to_string(axe()).unwrap();
    tab.eval(&format!("{source}; 1"));
    tab.eval(
        "axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations \
           .filter(v => v.impact === 'serious' || v.impact === 'critical') \
           .map(v => [v.id, v.help, v.nodes.length, ...v.nodes.slice(0, 4).map(n => n.html.slice(0, 160) + ' -- ' + n.failureSummary)]))",
    )
}

fn nothing_serious(browser: &mut Browser) {
    let page = pages::any();
    for look in LOOKS {
        let mut tab = Tab::open(browser, &page, look);
        tab.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
        let found = violations(&mut tab);
        assert_eq!(found, json!([]), "{}: {found:#}", look.name());
    }
}

fn site(browser: &mut Browser) {
    for (name, page) in pages::site() {
        for look in LOOKS {
            let mut tab = Tab::open(browser, &page, look);
            let found = violations(&mut tab);
            assert_eq!(found, json!([]), "{name}, {}: {found:#}", look.name());
        }
    }
}

/// The other test would pass if axe did not run.
fn finds(browser: &mut Browser) {
    let page = pages::dir().join("unfriendly.html");
    std::fs::write(&page, "<!DOCTYPE html><title>x</title><button></button><p style='color:#ccc;background:#fff'>pale</p>").unwrap();
    let mut tab = Tab::open(browser, &page, DESK);
    let found = violations(&mut tab).to_string();
    for id in ["button-name", "color-contrast", "html-has-lang"] {
        assert!(found.contains(id), "{id}: {found}");
    }
}
