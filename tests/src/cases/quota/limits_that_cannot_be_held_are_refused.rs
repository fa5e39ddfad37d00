//! A limit of inodes that a driver does not declare is an error, never ignored, and leaves the other limits as they were.

use std::fs::File;

use drivers::{ErrorKind, Quota};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::limits::{self, Who, by};

/// The promise.
pub const CASE: Case = Case {
    name: "limits_that_cannot_be_held_are_refused",
    promise: "A limit of inodes holds where it is declared; elsewhere it is an error, never ignored, and the other limits stay as they were.",
    why: "A limit that is taken and not held is found out when the disk is full.",
    origin: "moby vfs and overlay2 quota options; containers/storage (parsed only)",
    covers: &["QU3"],
    level: Level::Must,
    theme: Theme::Quota,
    capability: Some("quota_inodes"),
    broken_by: &[Fault::LimitsForgotten, Fault::Flipped("quota_inodes")],
    run,
};

const INODES: u64 = 50;
const LIMIT: Quota = Quota {
    bytes: None,
    inodes: Some(INODES),
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.quota_inodes;
    let base = context.base()?;
    let container = context.container(Some(&base))?;
    let (key, absent) = (container.key.clone(), context.key()?);
    let driver = context.driver()?;
    check::refused(
        "a limit of nothing",
        ErrorKind::NotFound,
        driver.limit(&absent, LIMIT),
    )?;
    check::refused(
        "limits of nothing",
        ErrorKind::NotFound,
        driver.quota(&absent),
    )?;
    let before = driver.quota(&key)?;
    if declared {
        held(context)?;
        return check::declared("quota_inodes", declared, true, "");
    }
    let limited = driver.limit(&key, LIMIT);
    let reason = limited.as_ref().err().map(ToString::to_string);
    check::refused("a limit of inodes", ErrorKind::Unsupported, limited)?;
    check::same("the limits after that", before, driver.quota(&key)?)?;
    let elsewhere = limits::with_the_option(context, held)?;
    let reason = reason.unwrap_or_default() + &elsewhere;
    check::declared("quota_inodes", declared, false, reason)
}

fn held(context: &mut Context<'_>) -> Result<String, Stop> {
    let base = context.base()?;
    let container = context.container(Some(&base))?;
    let driver = context.driver()?;
    let limited = driver.limit(&container.key, LIMIT);
    if !driver.capabilities().quota_inodes {
        let reason = limited.as_ref().err().map(ToString::to_string);
        check::refused("a limit of inodes", ErrorKind::Unsupported, limited)?;
        context.remove(container)?;
        return Ok(reason.unwrap_or_default());
    }
    check::that(
        limited.is_ok(),
        "a limit that is declared is taken",
        format!("{limited:?}"),
    )?;
    check::same("the limits", LIMIT, driver.quota(&container.key)?)?;
    let paths: Vec<_> = (0..2 * INODES)
        .map(|number| container.path(number.to_string()))
        .collect();
    let made = by(Who::Ordinary, || {
        Ok(paths
            .iter()
            .map(|path| File::create(path).map(drop))
            .position(|outcome| outcome.is_err_and(|error| limits::is_full(&error))))
    });
    // Work directories and the like, which come with the first mount, count too.
    let enough = INODES - 5..=INODES;
    check::that(
        made.as_ref()
            .is_ok_and(|made| made.is_some_and(|made| enough.contains(&(made as u64)))),
        format!("{enough:?} files can be made"),
        format!("{made:?}"),
    )?;
    context.remove(container)?;
    Ok(format!("a limit of {INODES} inodes holds"))
}
