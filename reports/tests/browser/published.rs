//! The reader's questions of numbers, asked of the runs that this repository publishes: each is answered within two clicks, in
//! view, with how sure that is.

use std::path::{Path, PathBuf};

use crate::Test;
use crate::pipe::Browser;
use crate::questions::answer_on;

pub(crate) const TESTS: &[Test] = &[
    ("published_which_driver_for_a_ci_builder", builder),
    ("published_is_zfs_cheaper_to_copy_up_and_how_sure", copy_up),
    ("published_why_does_directory_rename_differ", rename),
];

/// The reports of docs/published, each with its text.
fn reports() -> Vec<(PathBuf, String)> {
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/published/runs");
    let mut all: Vec<PathBuf> = std::fs::read_dir(&runs)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("report.html"))
        .collect();
    all.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    all.into_iter().map(read).collect()
}

/// The newest report that has this in it.
fn with(mark: &str) -> PathBuf {
    let found = reports()
        .into_iter()
        .rev()
        .find(|(_, text)| text.contains(mark));
    found
        .unwrap_or_else(|| panic!("no published report has {mark}"))
        .0
}

fn builder(browser: &mut Browser) {
    let page = with("id=\"use-ci-builders\"");
    let card = "#use-ci-builders";
    answer_on(browser, &page, &["nav a[href='#summary']"], card, |said| {
        assert!(said.starts_with("CI builders"), "{said}");
        // Whoever is named, or that nobody is; by how much, with the interval and the rounds behind it.
        assert!(
            said.contains('✓') || said.contains("No clear winner"),
            "{said}"
        );
        assert!(
            said.contains("x [") && said.contains("n = "),
            "how sure: {said}"
        );
    });
}

/// `256 MiB` in bytes.
fn bytes(size: &str) -> u64 {
    let (number, unit) = size.split_once(' ').unwrap();
    let unit = ["B", "KiB", "MiB", "GiB"]
        .iter()
        .position(|known| *known == unit);
    number.parse::<u64>().unwrap() << (10 * unit.unwrap())
}

fn rename(browser: &mut Browser) {
    let case = reports::anchor::anchor("lower_directory_can_be_renamed");
    let page = with(&format!("id=\"case-{case}\""));
    let case = format!("#case-{case}");
    let clicks = ["nav a[href='#conformance']", &format!("{case} summary")];
    answer_on(browser, &page, &clicks, &format!("{case} dl"), |said| {
        assert!(said.contains("redirect_dir"), "{said}");
        assert!(said.contains("layerbench conform"), "{said}");
    });
}

fn copy_up(browser: &mut Browser) {
    let table = "#p-copy-up-append-first";
    // Of the runs that have such a table, the one with the largest file.
    let largest = |text: &str| {
        let at = text.find("id=\"p-copy-up-append-first\"")?;
        let heads = text[at..].split("</thead>").next()?;
        let last = heads
            .rsplit("<th scope=\"col\">")
            .next()?
            .split('<')
            .next()?;
        Some(bytes(last))
    };
    let all = reports();
    let (size, page) = all
        .into_iter()
        .filter_map(|(path, text)| Some((largest(&text)?, path)))
        .max()
        .expect("a published run has first writes by size");
    // A page of one workload has no list to jump in.
    let jump = ".jump a[href='#w-copy-up']";
    let text = std::fs::read_to_string(&page).unwrap();
    let clicks = ["nav a[href='#workloads']", jump];
    let clicks = &clicks[..1 + usize::from(text.contains("class=\"jump\""))];
    answer_on(browser, &page, clicks, table, |said| {
        let size = reports::number::size(&size.to_string());
        assert!(said.contains(&size), "{size}: {said}");
        let row = said.split(" against overlay2@").find(|row| {
            row.rsplit(' ')
                .next()
                .is_some_and(|name| name.starts_with("zfs@"))
        });
        assert!(row.is_some(), "zfs against overlay2: {said}");
        for part in ["[", "n = ", "▲ surely better"] {
            assert!(said.contains(part), "how sure: {said}");
        }
    });
}
