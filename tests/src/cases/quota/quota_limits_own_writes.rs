//! A container with a limit of bytes can write up to it and not beyond, whatever its image takes, over remounts and restarts.

use std::fs::{self, File};
use std::io::Write as _;

use drivers::error::Attempt as _;
use drivers::{ErrorKind, Quota};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check::{self, Checked};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
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

const MIB: usize = 1 << 20;
const LIMIT: Quota = Quota {
    bytes: Some(8 << 20),
    inodes: None,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.quota_bytes;
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
    if !declared {
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
        return check::declared("quota_bytes", declared, false, reason.unwrap_or_default());
    }
    check::that(
        limited.is_ok(),
        "a limit that is declared is taken",
        format!("{limited:?}"),
    )?;
    check::same("the limit", LIMIT, driver.quota(&key)?)?;
    below(&container, "one", 4)?;
    above(&container, "two")?;
    // What is deleted can be written again.
    for name in ["one", "two"] {
        let path = container.path(name);
        fs::remove_file(&path).attempt("unlink", &path)?;
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
    check::declared("quota_bytes", declared, true, "")
}

fn below(container: &Container, name: &str, mib: usize) -> Checked {
    let outcome = grow(container, name, mib);
    check::that(
        outcome.is_ok(),
        format!("{mib} MiB can be written below the limit"),
        format!("{outcome:?}"),
    )
}

fn above(container: &Container, name: &str) -> Checked {
    let outcome = grow(container, name, 24);
    let full = [Errno::DQUOT, Errno::NOSPC].map(|errno| Some(errno.raw_os_error()));
    check::that(
        outcome
            .as_ref()
            .is_err_and(|error| full.contains(&error.raw_os_error())),
        "24 MiB above the limit are refused as EDQUOT or ENOSPC",
        format!("{outcome:?}"),
    )
}

/// Writes that much to a new file, down to the backing store.
fn grow(container: &Container, name: &str, mib: usize) -> std::io::Result<()> {
    let mut file = File::create(container.path(name))?;
    for part in 0..mib {
        file.write_all(&fixture::noise(1000 + part as u64, MIB))?;
        file.sync_all()?;
    }
    Ok(())
}
