//! A reader's three questions, each answered within two clicks from the top of the page, and in view afterwards.

use std::path::Path;

use crate::pipe::Browser;
use crate::tab::{DESK, Look, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("which_driver_for_a_ci_builder", builder),
    ("is_the_copy_up_cheaper_and_how_sure", copy_up),
    ("why_does_directory_rename_differ", rename),
];

/// From the top: these clicks, then the words of an answer that is in view.
fn answer(browser: &mut Browser, clicks: &[&str], place: &str, check: impl Fn(&str)) {
    answer_on(browser, &pages::whole(), clicks, place, check);
}

/// The same of any page.
pub(crate) fn answer_on(
    browser: &mut Browser,
    page: &Path,
    clicks: &[&str],
    place: &str,
    check: impl Fn(&str),
) {
    assert!(clicks.len() <= 2, "{clicks:?}");
    for scripts in [true, false] {
        let mut tab = Tab::open(browser, page, Look { scripts, ..DESK });
        for click in clicks {
            tab.click(click);
        }
        let quoted = serde_json::json!(place);
        let seen = format!(
            "(() => {{ const e = document.querySelector({quoted}); if (!e || !e.checkVisibility()) return false; \
             const r = e.getBoundingClientRect(); return r.bottom > 0 && r.top < innerHeight; }})()"
        );
        if scripts {
            tab.until(&seen);
        }
        assert!(tab.is(&seen), "{place} is not in view; scripts: {scripts}");
        check(&tab.text(place));
    }
}

fn builder(browser: &mut Browser) {
    let card = "#summary .card:first-of-type";
    answer(browser, &["nav a[href='#summary']"], card, |said| {
        assert!(said.starts_with("CI builders"), "{said}");
        assert!(said.contains("overlay2@ext4"), "{said}");
        assert!(said.contains("[1."), "how sure: {said}");
    });
}

fn copy_up(browser: &mut Browser) {
    let clicks = ["nav a[href='#matrix']", "#matrix a[href='#w-copy-up']"];
    answer(browser, &clicks, "#w-copy-up", |said| {
        assert!(said.contains("copy-up"), "{said}");
    });
    // Driver against driver, by the size of the file.
    let clicks = ["nav a[href='#workloads']", ".jump a[href='#w-copy-up']"];
    answer(browser, &clicks, "#p-copy-up-append-first", |said| {
        assert!(said.contains("256 MiB"), "{said}");
        let pair = "zfs@zfs-fuse-0.7.0 against overlay2@ext4";
        let (_, row) = said.split_once(pair).unwrap_or_else(|| panic!("{said}"));
        let row = row.split(" against ").next().unwrap();
        assert!(
            row.matches("x faster [").count() + row.matches("x slower [").count() >= 4,
            "{row}"
        );
        assert!(said.contains("n = 12"), "{said}");
    });
    // With the script: a click on the contents, one choice in the list of workloads.
    let page = pages::whole();
    let mut tab = Tab::open(browser, &page, DESK);
    tab.click("nav a[href='#matrix']");
    tab.eval("document.querySelector('#matrix-workload').focus()");
    tab.press("c");
    let row = "[...document.querySelectorAll('#matrix tbody tr')].find(r => r.cells[0].innerText.startsWith('First write to a 256 MiB'))";
    tab.until(&format!(
        "(r => r && r.checkVisibility() && r.getBoundingClientRect().top < innerHeight)({row})"
    ));
    let heads = "[...document.querySelector('#matrix thead tr').cells].findIndex(c => c.textContent.startsWith(name))";
    for name in ["overlay2@ext4", "zfs@"] {
        let said = tab.eval(&format!(
            "(name => {row}.cells[{heads}].textContent.replace(/\\s+/g, ' '))({})",
            serde_json::json!(name)
        ));
        let said = crate::tab::text(&said);
        for part in ["[", "n = 12", "er "] {
            assert!(said.contains(part), "{name}: {said}");
        }
    }
}

fn rename(browser: &mut Browser) {
    let case = reports::anchor::anchor("rename_of_a_lower_directory");
    let case = format!("#case-{case}");
    let clicks = ["nav a[href='#conformance']", &format!("{case} summary")];
    answer(browser, &clicks, &format!("{case} dl"), |said| {
        assert!(
            said.contains("can be renamed, or stays where it was"),
            "{said}"
        );
        assert!(said.contains("the source is gone"), "{said}");
        assert!(said.contains("layerbench conform"), "{said}");
    });
}
