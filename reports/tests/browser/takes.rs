//! What a reader takes away: the data as files, a table as Markdown; from disk, under the page's own policy.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::pipe::Browser;
use crate::tab::{DESK, Tab, text};
use crate::{Test, common, pages};

pub(crate) const TESTS: &[Test] = &[
    ("the_data_is_saved_as_json_and_csv", saved),
    ("a_table_is_copied_as_markdown", copied),
];

/// The file that a press on a button saves.
fn save(tab: &mut Tab<'_>, button: &str) -> String {
    let dir = pages::dir().join("saved");
    std::fs::create_dir_all(&dir).unwrap();
    let context = tab.context.clone();
    let allow = json!({ "behavior": "allowAndName", "browserContextId": context, "downloadPath": dir, "eventsEnabled": true });
    tab.browser
        .call(None, "Browser.setDownloadBehavior", allow)
        .unwrap();
    tab.reach(button);
    tab.press("Enter");
    let ended = |e: &Value| {
        e["method"] == "Browser.downloadProgress" && e["params"]["state"] != "inProgress"
    };
    let event = tab.browser.event(ended).unwrap();
    assert_eq!(event["params"]["state"], "completed", "{event}");
    let path: PathBuf = dir.join(text(&event["params"]["guid"]));
    let saved = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    saved
}

fn saved(browser: &mut Browser) {
    let results = common::results(4);
    let page = pages::of("four", &results);
    let mut tab = Tab::open(browser, &page, DESK);
    let saved_json = save(&mut tab, "#save-json");
    let value: Value = serde_json::from_str(&saved_json).unwrap();
    assert!(value.is_object() || value.is_array());
    let table = save(&mut tab, "#save-csv");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), results.records.len() + 1);
    // Each value is there, with five digits at least.
    let head: Vec<&str> = lines[0].split(',').collect();
    assert_eq!((head[0], head[head.len() - 1]), ("subject", "value"));
    let mut values: Vec<f64> = lines[1..]
        .iter()
        .map(|line| line.rsplit(',').next().unwrap().parse().unwrap())
        .collect();
    let mut due: Vec<f64> = results.records.iter().map(|r| r.value).collect();
    values.sort_by(f64::total_cmp);
    due.sort_by(f64::total_cmp);
    for (value, due) in values.iter().zip(&due) {
        assert!((value - due).abs() <= due.abs() * 5e-5, "{value} for {due}");
    }
    tab.was_quiet();
}

fn copied(browser: &mut Browser) {
    let page = pages::any();
    let mut tab = Tab::open(browser, &page, DESK);
    let grant = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "browserContextId": tab.context });
    tab.browser
        .call(None, "Browser.grantPermissions", grant)
        .unwrap();
    tab.reach("#matrix button[title='Copy as Markdown']");
    tab.press("Enter");
    tab.until("document.activeElement.textContent === 'Copied'");
    let copied = text(&tab.eval("navigator.clipboard.readText()"));
    let lines: Vec<&str> = copied.lines().collect();
    assert!(lines.len() > 10, "{copied}");
    assert!(
        lines
            .iter()
            .all(|l| l.starts_with("| ") && l.ends_with(" |")),
        "{copied}"
    );
    assert!(lines[1].starts_with("| --- |"), "{copied}");
    let columns = lines[1].matches("---").count();
    // A bar within a cell is escaped.
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(lines.iter().all(|l| bars(l) == columns + 1), "{copied}");
    tab.was_quiet();
}
