//! Asks a table of rules in one container.

use std::path::{Path, PathBuf};

use drivers::Capabilities;
use drivers::error::Attempt as _;

use super::act::act;
use super::judge::{Forecast, Losses, Seen, judge};
use super::row::Row;
use super::stamps;
use super::tally::Tally;
use crate::case::{Outcome, Stop, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::{Context, legal, matches};
use crate::oracle::compare::show;
use crate::oracle::model::Model;
use crate::oracle::op::{Op, mtime};
use crate::oracle::{archive, live};

const SECOND: u64 = 1_000_000_000;

/// Asks every row of files of a lower layer. The tree, the link counts and the times must be right then and after a
/// remount, and the layer must be as it was.
///
/// # Errors
/// A failure, with the names of the rows that fail.
pub fn ask(context: &mut Context<'_>, rows: &[Row]) -> Verdict {
    table(context, rows, Patience::Little)
}

/// As [`ask`], and waits for the clock of a filesystem that keeps whole seconds only, so that it too has to show that a
/// change time moved: elsewhere that is asked anyway.
///
/// # Errors
/// A failure, with the names of the rows that fail.
pub fn ask_patiently(context: &mut Context<'_>, rows: &[Row]) -> Verdict {
    table(context, rows, Patience::Much)
}

/// How long the clock is waited for between the making of a file and a call on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Little,
    Much,
}

fn table(context: &mut Context<'_>, rows: &[Row], patience: Patience) -> Verdict {
    let capabilities = context.capabilities()?;
    let asked: Vec<Row> = rows
        .iter()
        .filter(|row| row.is_asked(&capabilities))
        .cloned()
        .collect();
    let rows = &asked[..];
    let sown: Vec<Op> = rows.iter().flat_map(Row::sown).collect();
    let base = context.layer(None, &sown)?;
    let mut container = context.container(Some(&base))?;
    let mut tally = Tally::default();
    let seen = call_all(container.root(), rows, &capabilities, patience)?;
    for (row, (paths, seen)) in rows.iter().zip(&seen) {
        let wrong = judge(row, paths, seen, losses(row, &capabilities, seen));
        if wrong.is_empty() {
            container.predict(&row.done())?;
        } else {
            tally.spoils(row);
        }
        sort(context, row, &wrong, patience, &mut tally)?;
    }
    let cleared = container.apply(&tally.spoilt);
    if tally.has_no_failure() {
        // What a deviation left may be so broken that it cannot be deleted: then the rest cannot be told from it.
        if tally.spoilt.is_empty() || cleared.is_ok() {
            cleared?;
            container.check()?;
            remounted(context, &mut container, rows, &seen, &tally)?;
        }
        context.check_layer(&base)?;
    }
    tally.verdict(rows.len())
}

/// What the driver declares to lose, and the row does not turn on; a call that is refused loses nothing.
fn losses(row: &Row, capabilities: &Capabilities, seen: &Seen) -> Losses {
    let loses = |name: &str, kept: bool| {
        let asked = row.capabilities.iter().any(|(asked, _)| *asked == name);
        let worked = seen.returned.is_ok() || !row.effects.is_empty() || !row.marks.is_empty();
        worked && !kept && !asked
    };
    let c = capabilities;
    Losses {
        access_times: loses("atime_survives_copy_up", c.atime_survives_copy_up),
        change_times: loses("ctime_survives_copy_up", c.ctime_survives_copy_up),
        directory_times: loses(
            "lower_dir_attributes_survive_copy_up",
            c.lower_dir_attributes_survive_copy_up,
        ),
        symlink_times: loses(
            "symlink_attributes_survive_copy_up",
            c.symlink_attributes_survive_copy_up,
        ),
        links: loses("hard_links_survive_copy_up", c.hard_links_survive_copy_up)
            || loses("link_counts_follow", c.link_counts_follow),
        change_marks: !seen.ticked,
    }
}

/// What differs from the model, in words.
fn differences(
    model: &Model,
    dir: &Path,
    capabilities: &Capabilities,
) -> Result<Option<String>, Stop> {
    match matches("the tree", model, dir, capabilities) {
        Ok(()) => Ok(None),
        Err(Stop(Outcome::Fail { actual, .. })) => {
            // The same words wherever it lies.
            Ok(Some(actual.replace(&dir.display().to_string(), "")))
        }
        Err(other) => Err(other),
    }
}

/// Makes every call, each in its row's directory under `root`.
fn call_all(
    root: &Path,
    rows: &[Row],
    capabilities: &Capabilities,
    patience: Patience,
) -> Result<Vec<(Forecast, Seen)>, Stop> {
    let mut ready = Vec::new();
    for row in rows {
        let paths = Forecast::of(row, capabilities)
            .map_err(|why| Stop::broken(format!("{}: {why}", row.name)))?;
        let before = stamps::take(&place(root, row), paths.before.keys())?;
        ready.push((paths, before));
    }
    let unit = capabilities.mtime_granularity_ns;
    let ticked = unit < SECOND || patience == Patience::Much;
    let between = match ticked {
        true => stamps::tick(ready.iter().map(|(_, before)| before), unit)?,
        false => stamps::tick([], unit)?,
    };
    let mut seen = Vec::new();
    for (row, (paths, before)) in rows.iter().zip(ready) {
        let dir = place(root, row);
        let returned = act(&dir, row.who, row.umask, &row.call)?;
        let after = stamps::take(&dir, paths.before.keys().chain(paths.after.keys()))?;
        let one = Seen {
            returned,
            before,
            after,
            between,
            ticked,
            differences: differences(&paths.model, &dir, capabilities)?,
        };
        seen.push((paths, one));
    }
    Ok(seen)
}

/// Where what is wrong with a row belongs.
fn sort(
    context: &mut Context<'_>,
    row: &Row,
    wrong: &[String],
    patience: Patience,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let capabilities = context.capabilities()?;
    let told = wrong.join(", ");
    let lacking: Vec<&str> = row
        .capabilities
        .iter()
        .filter(|(_, declared)| !declared(&capabilities))
        .map(|(name, _)| *name)
        .collect();
    if !lacking.is_empty() {
        if wrong.is_empty() {
            let lacking = lacking.join(" and ");
            tally.fails(
                row,
                format!("it holds, though {lacking} is declared as false"),
            );
        } else {
            tally.deviates(row, told);
        }
    } else if !wrong.is_empty() {
        if on_the_backing(context, row, patience)? == wrong {
            tally.deviates_with_the_backing(row, told);
        } else {
            tally.fails(row, told);
        }
    }
    Ok(())
}

/// What is wrong with the row in a plain directory of the same backing filesystem.
fn on_the_backing(
    context: &mut Context<'_>,
    row: &Row,
    patience: Patience,
) -> Result<Vec<String>, Stop> {
    let name = context.key()?;
    let dir = context.driver()?.plain_dir().join(name.as_str());
    let (row, capabilities) = (row.clone(), context.capabilities()?);
    let ask = move || {
        std::fs::create_dir(&dir)
            .attempt("make the directory", &dir)
            .map_err(|error| Stop::broken(error.to_string()))?;
        let asked = plant(&dir, &row, &capabilities)
            .and_then(|()| call_all(&dir, std::slice::from_ref(&row), &capabilities, patience));
        drivers::remove::tree(&dir)?;
        Ok(asked?
            .iter()
            .flat_map(|(paths, seen)| judge(&row, paths, seen, losses(&row, &capabilities, seen)))
            .collect())
    };
    context.aside().run(ask)
}

/// Makes in `dir` what the lower layer has of a row, with the same times.
fn plant(dir: &Path, row: &Row, capabilities: &Capabilities) -> Result<(), Stop> {
    live::apply(dir, &legal(&row.sown(), capabilities))?;
    let forecast = Forecast::of(row, capabilities)
        .map_err(|why| Stop::broken(format!("{}: {why}", row.name)))?;
    // Children before their directories.
    for path in forecast.before.keys().rev() {
        let time = [mtime(path, archive::WHEN.0, archive::WHEN.1).under(row.name.as_bytes())];
        live::apply(dir, &time)?;
    }
    Ok(())
}

/// The tree and the link counts are the same after a remount; what was not touched still has its times, and what was
/// still shows that.
fn remounted(
    context: &mut Context<'_>,
    container: &mut Container,
    rows: &[Row],
    seen: &[(Forecast, Seen)],
    tally: &Tally,
) -> Result<(), Stop> {
    let capabilities = context.capabilities()?;
    let counted = capabilities.link_counts_follow && capabilities.hard_links_survive_copy_up;
    context.mount(container)?;
    for (row, (forecast, seen)) in rows.iter().zip(seen) {
        if !tally.is_whole(row) {
            continue;
        }
        let now = stamps::take(&place(container.root(), row), forecast.after.keys())?;
        for (path, before) in &seen.after {
            let what = format!("{}: {} after a remount", row.name, show(path));
            let Some(now) = now.get(path) else {
                return Err(Stop::fail(format!("{what} is there"), "it is not"));
            };
            if counted {
                check::same(&format!("links of {what}"), before.links, now.links)?;
            }
            let marks = row.marks.get(path).copied().unwrap_or_default();
            let lost = marks.may[1]
                || before.is_dir && !capabilities.lower_dir_attributes_survive_copy_up
                || before.is_link && !capabilities.symlink_attributes_survive_copy_up;
            let untouched = before.times[1] < seen.between;
            let same = if untouched {
                lost || before.times[1] == now.times[1]
            } else {
                now.times[1] >= seen.between
            };
            check::that(
                same,
                format!("the modification time of {what}: {:?}", before.times[1]),
                format!("{:?}", now.times[1]),
            )?;
            if capabilities.ctime_survives_copy_up {
                check::same(
                    &format!("the change time of {what}"),
                    before.times[2],
                    now.times[2],
                )?;
            }
        }
    }
    container.check()
}

fn place(root: &Path, row: &Row) -> PathBuf {
    live::place(root, row.name.as_bytes())
}
