//! A limit of inodes that a driver does not declare is an error, never ignored, and leaves the other limits as they were.

use std::fs::File;

use drivers::{ErrorKind, Quota};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;

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

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.quota_inodes;
    let base = context.base()?;
    let container = context.container(Some(&base))?;
    let (key, absent) = (container.key.clone(), context.key()?);
    let driver = context.driver()?;
    let limit = Quota {
        bytes: None,
        inodes: Some(INODES),
    };
    check::refused(
        "a limit of nothing",
        ErrorKind::NotFound,
        driver.limit(&absent, limit),
    )?;
    check::refused(
        "limits of nothing",
        ErrorKind::NotFound,
        driver.quota(&absent),
    )?;
    let before = driver.quota(&key)?;
    let limited = driver.limit(&key, limit);
    if !declared {
        let reason = limited.as_ref().err().map(ToString::to_string);
        check::refused("a limit of inodes", ErrorKind::Unsupported, limited)?;
        check::same("the limits after that", before, driver.quota(&key)?)?;
        return check::declared("quota_inodes", declared, false, reason.unwrap_or_default());
    }
    check::that(
        limited.is_ok(),
        "a limit that is declared is taken",
        format!("{limited:?}"),
    )?;
    check::same("the limits", limit, driver.quota(&key)?)?;
    let made = (0..2 * INODES)
        .map(|number| File::create(container.path(number.to_string())).map(drop))
        .position(|outcome| {
            outcome.is_err_and(|error| error.raw_os_error() == Some(Errno::DQUOT.raw_os_error()))
        });
    check::declared(
        "quota_inodes",
        declared,
        made.is_some_and(|made| made as u64 <= INODES),
        format!("files that could be made: {made:?}"),
    )
}
