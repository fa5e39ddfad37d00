//! A container with a limit of bytes can write up to it and not beyond, whatever its image takes, over remounts and restarts.

use std::fs;

use drivers::error::Attempt as _;
use drivers::{ErrorKind, Quota};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::limits::{self, MIB, Who, above, below, grow};
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "quota_limits_own_writes",
    promise: "A container with a limit of bytes can write up to it and not beyond, whatever its image takes, over remounts and restarts.",
    why: "One container must not fill the disk of all; a limit that counts the image is reached before the container starts.",
    origin: "moby graphtest DriverTestSetQuota and quota package; containers/storage SetQuota (which passes when the write succeeds)",
    covers: &["QU1", "QU2"],
    level: Level::Should,
    theme: Theme::Quota,
    capability: Some("quota_bytes"),
    broken_by: &[Fault::Flipped("quota_bytes"), Fault::LimitsForgotten],
    run,
};

const LIMIT: Quota = Quota {
    bytes: Some(8 << 20),
    inodes: None,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.quota_bytes;
    if declared {
        held(context)?;
        return check::declared("quota_bytes", declared, true, "");
    }
    let base = context.base()?;
    let container = context.container(Some(&base))?;
    let (key, driver) = (container.key.clone(), context.driver()?);
    let limited = driver.limit(&key, LIMIT);
    let reason = limited.as_ref().err().map(ToString::to_string);
    check::refused(
        "a limit that is not declared",
        ErrorKind::Unsupported,
        limited,
    )?;
    check::same(
        "the limit after that",
        Quota::default(),
        driver.quota(&key)?,
    )?;
    let elsewhere = limits::with_the_option(context, held)?;
    let reason = reason.unwrap_or_default() + &elsewhere;
    check::declared("quota_bytes", declared, false, reason)
}

fn held(context: &mut Context<'_>) -> Result<String, Stop> {
    // With the image, the limit would be exceeded by what is to work.
    let base = context.layer(None, &[file("image", fixture::noise(900, 6 * MIB))])?;
    let mut container = context.container(Some(&base))?;
    let key = container.key.clone();
    let driver = context.driver()?;
    check::same(
        "the limit of a new container",
        Quota::default(),
        driver.quota(&key)?,
    )?;
    let limited = driver.limit(&key, LIMIT);
    check::that(
        limited.is_ok(),
        "a limit that is declared is taken",
        format!("{limited:?}"),
    )?;
    check::same("the limit", LIMIT, driver.quota(&key)?)?;
    below(&container, "one", 4)?;
    above(&container, "two")?;
    // What may pass limits of the filesystem may pass here, if that is said.
    let strict = driver.capabilities().quota_holds_the_privileged;
    let privileged = grow(&container, "privileged", 24, Who::Privileged);
    if limits::is_privileged() || privileged.is_ok() {
        check::same(
            "whether a process with CAP_SYS_RESOURCE is held to the limit",
            strict,
            privileged.is_err_and(|error| limits::is_full(&error)),
        )?;
    }
    // What is deleted can be written again.
    for name in ["one", "two", "privileged"] {
        let path = container.path(name);
        match fs::remove_file(&path) {
            // There was no room for so much as its name.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && name != "one" => {}
            other => other.attempt("unlink", &path)?,
        }
    }
    context.driver()?.sync()?;
    below(&container, "three", 4)?;
    // It survives a remount and a restart, and still holds.
    context.restart_unmounted(&mut container)?;
    check::same(
        "the limit after a restart",
        LIMIT,
        context.driver()?.quota(&key)?,
    )?;
    above(&container, "four")?;
    // Lifted, it is gone.
    let path = container.path("four");
    fs::remove_file(&path).attempt("unlink", &path)?;
    context.driver()?.limit(&key, Quota::default())?;
    context.driver()?.sync()?;
    below(&container, "five", 12)?;
    context.check_layer(&base)?;
    context.remove(container)?;
    Ok("a limit of 8 MiB holds".to_owned())
}
