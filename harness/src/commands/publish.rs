//! `layerbench publish`: a static site from runs. The pages are `reports::site`'s; here runs are found, read one or two
//! at a time, and written.

use std::path::Path;

use reports::Results;
use reports::site::{self, Card, PairCard, Redactor, Site};
use sha2::{Digest as _, Sha256};

use crate::cli::PublishArgs;
use crate::{exit, packed, progress};

mod inputs;
mod place;
mod secrets;

use place::Place;

pub(super) fn run(args: &PublishArgs) -> anyhow::Result<u8> {
    let runs = inputs::find(&args.runs)?;
    let mut place = Place::open(&args.out)?;
    let redactor = (!args.no_redact).then(|| secrets::redactor(&args.words));
    let site = Site {
        title: args.title.clone(),
        url: args.url.clone(),
    };
    let mut cards: Vec<Card> = Vec::new();
    for path in runs {
        match super::report::read(&path) {
            Ok((_, results)) => take(&mut place, &mut cards, results, redactor.as_ref())?,
            Err(error) => progress::say(&format!("layerbench: left out: {error:#}")),
        }
    }
    if cards.is_empty() {
        return Err(exit::coded(
            exit::NOTHING,
            format!(
                "there is no run to publish in {}; layerbench run makes one",
                names(&args.runs)
            ),
        ));
    }
    cards.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
    let pairs = compare(&mut place, &site, &cards, args.pairs)?;
    for card in &cards {
        let page = site::run::run(&site, card, &cards, &pairs);
        place.put(
            &format!("{}index.html", site::frame::run_dir(&card.id)),
            page.as_bytes(),
        )?;
    }
    place.put(
        "compare/index.html",
        site::pairs::pairs(&site, &cards, &pairs).as_bytes(),
    )?;
    place.put("feed.xml", site::feed::feed(&site, &cards).as_bytes())?;
    // Last: whoever reads meanwhile finds all that it leads to.
    place.put("index.html", site::index::index(&site, &cards).as_bytes())?;
    place.close()?;
    progress::say(&format!(
        "layerbench: wrote {} ({} runs, {} comparisons)",
        args.out.join("index.html").display(),
        cards.len(),
        pairs.len()
    ));
    Ok(exit::OK)
}

fn names(paths: &[std::path::PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(", ")
}

/// Writes the report and the records of one run, unless it is there already.
fn take(
    place: &mut Place,
    cards: &mut Vec<Card>,
    mut results: Results,
    redactor: Option<&Redactor>,
) -> anyhow::Result<()> {
    if let Some(redactor) = redactor {
        results = redactor
            .results(&results)
            .map_err(|e| exit::coded(exit::USAGE, e.to_string()))?;
    }
    let json = serde_json::to_string(&results)? + "\n";
    let id = id(&results, &json);
    let records = packed::pack(&json)?;
    let dir = site::frame::run_dir(&id);
    let file = format!("{dir}{}", packed::FILE);
    if cards.iter().any(|card| card.id == id) {
        // The same run may come from where it was made and from a site.
        if !place.holds(&file, &records)? {
            progress::say(&format!(
                "layerbench: {id} is there twice with different records: the first is taken"
            ));
        }
        return Ok(());
    }
    place.put(&file, &records)?;
    place.put(
        &format!("{dir}report.html"),
        reports::render(&results).as_bytes(),
    )?;
    cards.push(Card::new(&id, &results));
    Ok(())
}

/// What a run is called in links: its name; one that has none, or one that is no part of a path, is named after what it
/// holds.
fn id(results: &Results, json: &str) -> String {
    let run = &results.run;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !run.id.is_empty() && run.id.chars().all(is_plain) && !run.id.starts_with('.') {
        return run.id.clone();
    }
    let digest = Sha256::digest(json.as_bytes());
    let digest: String = digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let time: String = run
        .started
        .replace(':', "-")
        .chars()
        .filter(|c| is_plain(*c))
        .collect();
    format!("{}-{digest}", time.trim_start_matches('.'))
        .trim_start_matches('-')
        .to_owned()
}

/// Compares every two runs, those with the newest first, as many as are wanted.
fn compare(
    place: &mut Place,
    site: &Site,
    cards: &[Card],
    most: usize,
) -> anyhow::Result<Vec<PairCard>> {
    let read = |place: &Place, card: &Card| -> anyhow::Result<Results> {
        let path = place.path(&format!(
            "{}{}",
            site::frame::run_dir(&card.id),
            packed::FILE
        ));
        super::report::read(&path).map(|(_, results)| results)
    };
    let mut pairs = Vec::new();
    for (at, b) in cards.iter().enumerate().rev() {
        if at == 0 || pairs.len() >= most {
            break;
        }
        let newer = read(place, b)?;
        for a in cards[..at].iter().rev().take(most - pairs.len()) {
            let older = read(place, a)?;
            let (card, page) = site::pair::pair(site, (a, &older), (b, &newer));
            place.put(
                &format!("{}index.html", site::frame::pair_dir(&a.id, &b.id)),
                page.as_bytes(),
            )?;
            pairs.push(card);
        }
    }
    Ok(pairs)
}

/// The hexadecimal digest of a file's content.
fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a path leads nowhere but below where it begins.
fn is_below(path: &Path) -> bool {
    use std::path::Component;
    !path.as_os_str().is_empty()
        && path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}
