//! `layerbench history`: the runs an output directory keeps, one row each, broken ones with the reason.

use reports::Analysis;
use reports::record::{Outcome, Results, Role, Support};
use reports::table::Table;
use serde_json::{Value, json};

use crate::cli::{Format, HistoryArgs, rows};
use crate::runs::{self, Entry, State};
use crate::{exit, layout, progress};

pub(super) fn run(args: &HistoryArgs) -> anyhow::Result<u8> {
    let entries: Vec<Entry> = runs::list(&args.out)?.into_iter().map(runs::read).collect();
    let format = args.print.wanted();
    progress::document(&if format == Format::Json {
        let runs: Vec<Value> = entries.iter().map(json).collect();
        serde_json::to_string_pretty(&runs)? + "\n"
    } else if format != Format::Table {
        rows(&sheet(&entries), format)
    } else if entries.is_empty() {
        format!("no runs in {} yet\n", args.out.display())
    } else {
        text(&entries, layout::width())
    })?;
    Ok(exit::OK)
}

/// How a state is told.
fn word(state: &State) -> &'static str {
    match state {
        State::Complete => "complete",
        State::Interrupted => "interrupted",
        State::Running => "running",
        State::Torn => "torn",
        State::Broken(_) => "broken",
    }
}

/// The columns of a row.
const HEAD: [&str; 8] = [
    "run", "state", "kernel", "version", "profile", "rounds", "subjects", "cases",
];

/// A row for each run, what it found in the last column.
fn sheet(entries: &[Entry]) -> Table {
    let head = HEAD.iter().chain(&["result"]);
    let rows = entries.iter().map(|entry| {
        let mut row = row(entry);
        row.push(said(entry));
        row
    });
    Table {
        head: head.map(|name| (*name).to_owned()).collect(),
        rows: rows.collect(),
    }
}

/// A table, and under each row what the run found; where the table does not fit, that comes after it.
fn text(entries: &[Entry], width: usize) -> String {
    let table = Table {
        head: HEAD.map(str::to_owned).to_vec(),
        rows: entries.iter().map(row).collect(),
    };
    let tables: Vec<String> = table.split(width).iter().map(Table::text).collect();
    let mut text = String::new();
    let (between, after) = match tables.as_slice() {
        [only] => (only.as_str(), ""),
        _ => ("", "\n"),
    };
    if between.is_empty() {
        text = tables.join("\n") + after;
    }
    let mut rows = between.lines();
    text.extend(rows.by_ref().take(2).flat_map(|line| [line, "\n"]));
    for entry in entries {
        text.extend(rows.next().into_iter().flat_map(|line| [line, "\n"]));
        let head = if between.is_empty() {
            format!("{}  ", entry.id)
        } else {
            "    ".to_owned()
        };
        let said = said(entry);
        if !said.is_empty() {
            layout::hang(&mut text, &head, &said, width);
        }
    }
    text
}

/// The result in one sentence, or why there is none.
fn said(entry: &Entry) -> String {
    match &entry.state {
        State::Broken(reason) => reason.clone(),
        _ => headline(&entry.results),
    }
}

fn row(entry: &Entry) -> Vec<String> {
    let (run, state) = (&entry.results.run, word(&entry.state).to_owned());
    if matches!(entry.state, State::Broken(_)) {
        let mut row = vec![entry.id.clone(), state];
        row.resize(8, "-".to_owned());
        return row;
    }
    let kernel = entry.results.host.get("kernel");
    vec![
        entry.id.clone(),
        state,
        kernel.cloned().unwrap_or_else(|| "-".to_owned()),
        run.version.clone(),
        run.profile.clone(),
        if run.rounds == 0 {
            "-".to_owned()
        } else {
            run.rounds.to_string()
        },
        subjects(&entry.results).len().to_string(),
        cases(&entry.results),
    ]
}

/// `108`, or `3 of 108 failed`.
fn cases(results: &Results) -> String {
    let failed = count(results, &[Outcome::Fail, Outcome::Broken]);
    match (results.cases.len(), failed) {
        (0, _) => "-".to_owned(),
        (all, 0) => all.to_string(),
        (all, failed) => format!("{failed} of {all} failed"),
    }
}

fn count(results: &Results, outcomes: &[Outcome]) -> usize {
    let of = |case: &&reports::CaseResult| outcomes.contains(&case.outcome);
    results.cases.iter().filter(of).count()
}

/// Those under test that could run.
fn subjects(results: &Results) -> Vec<&str> {
    let tested = |s: &&reports::Subject| s.role == Role::Subject && s.support == Support::Ready;
    let names = results.subjects.iter().filter(tested);
    names.map(|subject| subject.name.as_str()).collect()
}

/// What was measured, in one sentence; nothing where nothing was.
fn headline(results: &Results) -> String {
    if results.records.is_empty() {
        return String::new();
    }
    let analysis = Analysis::new(results);
    let rows = reports::headline::rows(&analysis);
    reports::decide::sentence(&analysis, &reports::decide::decide(&analysis, &rows))
}

fn json(entry: &Entry) -> Value {
    let results = &entry.results;
    let run = &results.run;
    json!({
        "id": entry.id,
        "directory": entry.dir,
        "state": word(&entry.state),
        "reason": match &entry.state {
            State::Broken(reason) => Some(reason),
            _ => None,
        },
        "started": run.started,
        "host": runs::host(&entry.id, results),
        "kernel": results.host.get("kernel"),
        "version": run.version,
        "commit": run.commit,
        "profile": run.profile,
        "rounds": run.rounds,
        "seconds": results.end.as_ref().map(|end| end.seconds),
        "subjects": subjects(results),
        "cases": {
            "asked": results.cases.len(),
            "failed": count(results, &[Outcome::Fail]),
            "broken": count(results, &[Outcome::Broken]),
        },
        "records": results.records.len(),
        "headline": headline(results),
    })
}
