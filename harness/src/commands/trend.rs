//! `layerbench trend`: where the numbers of the runs that are kept changed, for each host and set-up apart.

use reports::trend::rows::table;
use reports::trend::{Group, History, json, terminal};

use super::sought::Sought;
use crate::cli::{FilterArgs, Format, TrendArgs, rows};
use crate::runs::{self, State};
use crate::{exit, layout, progress};

pub(super) fn run(args: &TrendArgs) -> anyhow::Result<u8> {
    let groups = groups(&args.out, &args.filter, args.all)?;
    if groups.iter().all(|group| group.trends.is_empty()) {
        return Err(exit::coded(
            exit::NOTHING,
            format!(
                "no run in {} has numbers that fit; layerbench history lists the runs, --all takes every metric",
                args.out.display()
            ),
        ));
    }
    let format = args.print.wanted();
    progress::document(&if format == Format::Json {
        serde_json::to_string_pretty(&json::json(&groups))? + "\n"
    } else if format != Format::Table {
        rows(&table(&groups, args.all), format)
    } else {
        let width = layout::width();
        let texts: Vec<String> = groups
            .iter()
            .map(|group| layout::broken(&terminal::text(group, args.all, width), width))
            .collect();
        texts.join("\n\n")
    })?;
    Ok(exit::OK)
}

/// The series of every run of `out` that can be read.
pub(super) fn groups(
    out: &std::path::Path,
    filter: &FilterArgs,
    all: bool,
) -> anyhow::Result<Vec<Group>> {
    let mut history = History::new(filter.filter(all));
    let mut sought = Sought::new();
    for found in runs::list(out)? {
        let entry = runs::read(found);
        match &entry.state {
            State::Broken(reason) => {
                progress::say(&format!("layerbench: {} is left out: {reason}", entry.id));
            }
            // Its numbers are not complete yet.
            State::Running => {}
            State::Complete | State::Interrupted | State::Torn => {
                let host = runs::host(&entry.id, &entry.results);
                history.add(&entry.id, &host, &entry.results);
                sought.add(&entry.results);
            }
        }
    }
    sought.check(filter)?;
    Ok(history.groups())
}
