//! Quota groups and limits that somebody else set up on the same store are there and in force after layers and containers came and went, and none is left of what the driver removed.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use drivers::sandbox::{Ground, Run};
use drivers::sys::command;
use drivers::{Backing, Driver, ErrorKind, Host, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};

/// The promise.
pub const CASE: Case = Case {
    name: "quotas_of_others_are_left_alone",
    promise: "Quota groups and limits that somebody else set up on the same store are there and in force after layers and containers came and went, and none is left of what the driver removed.",
    why: "An engine switched off the quotas of its users when it removed a container, and left groups behind by the thousand.",
    origin: "moby 29325 (qgroups left behind), 34593; for-linux 78 (user quotas disabled)",
    covers: &["C60"],
    level: Level::Must,
    theme: Theme::Quota,
    capability: None,
    broken_by: &[Fault::QuotasEnded],
    run,
};

const LIMIT: Duration = Duration::from_secs(30);
const STORE: u64 = 320 << 20;

fn run(context: &mut Context<'_>) -> Verdict {
    // Quota groups belong to subvolumes; other stores have nothing of the kind that a removal could touch.
    let run = Run::create(&context.directory()?)?;
    let host = Host::detect();
    if let Some(missing) = Ground::missing(Backing::Btrfs, &host) {
        return Err(Stop::not_applicable(missing.what));
    }
    let ground = Ground::create(&run, "quotas", Backing::Btrfs, STORE, &host)?;
    let outcome = match context.open_at(ground.root())? {
        Ok(driver) => {
            let outcome = ask(context, &*driver);
            driver.close()?;
            outcome
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            Err(Stop::not_applicable(error.to_string()))
        }
        Err(error) => Err(error.into()),
    };
    ground.close()?;
    run.close()?;
    outcome
}

fn ask(context: &mut Context<'_>, driver: &dyn Driver) -> Verdict {
    let store = driver.plain_dir();
    btrfs(&["quota", "enable"], store)?;
    btrfs(&["qgroup", "create", "1/5"], store)?;
    btrfs(&["qgroup", "limit", "1G", "1/5"], store)?;
    let before = groups(store)?;
    let tar = archive::write(&[Entry::dir("d/"), Entry::file("d/f", "content")]);
    let (layer, keys) = (
        context.layer_id()?,
        [context.key()?, context.key()?, context.key()?],
    );
    driver.prepare(&keys[0], None, Kind::Writable)?;
    driver.apply(&keys[0], &mut &tar[..], &Limits::default())?;
    driver.commit(&keys[0], &layer)?;
    for key in &keys[1..] {
        driver.prepare(key, Some(&layer), Kind::Writable)?;
    }
    for key in &keys[1..] {
        driver.remove(Item::Container(key))?;
    }
    driver.remove(Item::Layer(&layer))?;
    driver.sync()?;
    // Deleted subvolumes go in the kernel's own time.
    btrfs(&["subvolume", "sync"], store)?;
    check::same("the groups and their limits", before, groups(store)?)?;
    Ok(Outcome::Pass)
}

/// The groups and the most they may refer to.
fn groups(store: &Path) -> Result<Vec<(String, String)>, Stop> {
    let text = btrfs(&["qgroup", "show", "--raw", "-r"], store)?;
    let mut groups = Vec::new();
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        if let (Some(id), Some(limit)) = (fields.next(), fields.nth(2))
            && id
                .split_once('/')
                .is_some_and(|(level, _)| level.parse::<u32>().is_ok())
        {
            groups.push((id.to_owned(), limit.to_owned()));
        }
    }
    Ok(groups)
}

fn btrfs(words: &[&str], store: &Path) -> Result<String, Stop> {
    let mut line: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
    line.push(store.as_os_str());
    match command::run(Path::new("btrfs"), &line, LIMIT) {
        Ok(output) => Ok(String::from_utf8_lossy(&output).into_owned()),
        Err(error) if error.kind() == ErrorKind::Missing => {
            Err(Stop::not_applicable(error.to_string()))
        }
        // Groups cannot be shown where quotas were switched off: an answer, not a mishap.
        Err(error) => Err(Stop::fail("quotas as they were set up", error.to_string())),
    }
}
