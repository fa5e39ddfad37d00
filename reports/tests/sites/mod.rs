//! A whole site of made-up runs, as `layerbench publish` writes it.

use std::collections::BTreeMap;

use reports::Results;
use reports::site::{self, Card, Site};

use crate::common;

/// What it is called.
pub(crate) fn site() -> Site {
    Site {
        title: "Some runs".to_owned(),
        url: None,
    }
}

/// Three runs: two of one machine, the newest of another.
pub(crate) fn runs() -> Vec<(String, Results)> {
    let run = |id: &str, started: &str, host: &str, kernel: &str| {
        let mut results = common::results(6);
        results.run.id = id.to_owned();
        results.run.started = started.to_owned();
        results
            .host
            .insert("fingerprint".to_owned(), host.to_owned());
        results.host.insert("kernel".to_owned(), kernel.to_owned());
        (id.to_owned(), results)
    };
    vec![
        run("a-1", "2025-01-01T00:00:00Z", "00aa", "6.1.0"),
        run("b-2", "2026-02-01T00:00:00Z", "00aa", "6.12.0"),
        run("c-3", "2026-03-01T00:00:00Z", "00bb", "6.12.0"),
    ]
}

/// The whole site by path.
pub(crate) fn build(runs: &[(String, Results)]) -> BTreeMap<String, String> {
    let site = site();
    let cards: Vec<Card> = runs.iter().map(|(id, run)| Card::new(id, run)).collect();
    let mut files = BTreeMap::new();
    let mut pairs = Vec::new();
    for b in (0..runs.len()).rev() {
        for a in (0..b).rev() {
            let (x, y) = ((&cards[a], &runs[a].1), (&cards[b], &runs[b].1));
            let (card, page) = site::pair::pair(&site, x, y);
            let dir = site::frame::pair_dir(&cards[a].id, &cards[b].id);
            files.insert(format!("{dir}index.html"), page);
            pairs.push(card);
        }
    }
    for card in &cards {
        let dir = site::frame::run_dir(&card.id);
        files.insert(
            format!("{dir}index.html"),
            site::run::run(&site, card, &cards, &pairs),
        );
    }
    files.insert(
        "compare/index.html".to_owned(),
        site::pairs::pairs(&site, &cards, &pairs),
    );
    files.insert("index.html".to_owned(), site::index::index(&site, &cards));
    files.insert("feed.xml".to_owned(), site::feed::feed(&site, &cards));
    files
}
