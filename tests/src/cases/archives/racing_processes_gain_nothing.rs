//! While an archive is applied, another process that can write to the layer's directory swaps directories and nodes for links
//! that lead outside: whatever becomes of the archive, nothing outside changes. Nor is a link taken for the layer itself.

use std::ffi::OsStr;
use std::path::Path;

use drivers::sys::racer::Racer;
use drivers::{Item, Kind, Limits};
use tar::EntryType;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::victim::Victim;

/// The promise.
pub const CASE: Case = Case {
    name: "racing_processes_gain_nothing",
    promise: "While an archive is applied, another process that can write to the layer's directory swaps directories and nodes for links that lead outside: nothing outside changes. Nor is a link taken for the layer itself.",
    why: "Between a look and a deed the thing looked at can become a link to the host: that is how `docker cp` was broken.",
    origin: "CVE-2018-15664; catalogue MT10; layerbench review (chmod of a fresh fifo followed links)",
    covers: &["MT10"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FollowLinks, Fault::ModesByPath],
    run,
};

/// Archives applied while somebody swaps.
const ROUNDS: u32 = 4;

fn run(context: &mut Context<'_>) -> Verdict {
    let victim = Victim::new(context)?;
    link_for_root(context, &victim)?;
    let tar = attack();
    let mut swaps = 0;
    for _ in 0..ROUNDS {
        let key = context.key()?;
        let driver = context.driver()?;
        driver.prepare(&key, None, Kind::Writable)?;
        let stage = driver.stage(&key)?.dir;
        let links = stage.join("links");
        std::fs::create_dir(&links).map_err(|error| Stop::broken(error.to_string()))?;
        for name in ["d", "pipe", "kept"] {
            let target = Path::new(victim.path()).join(if name == "d" { "" } else { name });
            std::os::unix::fs::symlink(target, links.join(name))
                .map_err(|error| Stop::broken(error.to_string()))?;
        }
        let pairs = [("d", "d"), ("pipe", "e/pipe"), ("kept", "e/kept")]
            .map(|(name, at)| (links.join(name), stage.join(at)));
        let racer = Racer::start(&pairs)?;
        // Whatever comes of it: the layer is not in its own hands.
        let outcome = driver.apply(&key, &mut &tar[..], &Limits::default());
        tracing::debug!("raced: {outcome:?}");
        swaps += racer.end();
        driver.remove(Item::Container(&key))?;
        victim.check("a race")?;
    }
    check::that(
        swaps > 10,
        "a race: many swaps in the time of a few archives",
        format!("{swaps} swaps"),
    )?;
    Ok(Outcome::Pass)
}

/// Things made again and again in directories that turn into links.
fn attack() -> Vec<u8> {
    let mut entries = vec![Entry::dir("d/"), Entry::dir("e/")];
    for _ in 0..60 {
        entries.extend([
            Entry::file("d/pwned", "pwned"),
            Entry::file("d/kept", "pwned"),
            Entry {
                mode: 0o6777,
                uid: 1000,
                ..Entry::new(EntryType::Fifo, "e/pipe")
            },
            Entry {
                mode: 0o6777,
                uid: 1000,
                xattrs: vec![(b"user.pwned".to_vec(), b"1".to_vec())],
                ..Entry::file("e/kept", "pwned")
            },
            Entry::link("d/linked", "e/kept"),
            Entry::file("d/.wh.kept", ""),
            Entry {
                mode: 0o777,
                uid: 1000,
                ..Entry::dir("d/")
            },
            Entry::file("d/d/kept", "pwned"),
        ]);
    }
    archive::write(&entries)
}

/// The directory of the layer is a link when the archive is applied.
fn link_for_root(context: &mut Context<'_>, victim: &Victim) -> Result<(), Stop> {
    let key = context.key()?;
    let driver = context.driver()?;
    driver.prepare(&key, None, Kind::Writable)?;
    let stage = driver.stage(&key)?.dir;
    let mut aside = stage.file_name().unwrap_or(OsStr::new("x")).to_owned();
    aside.push("-aside");
    let aside = stage.with_file_name(aside);
    // A mount point cannot be renamed: such a layer cannot be replaced either.
    if std::fs::rename(&stage, &aside).is_ok() {
        let broken = |error: std::io::Error| Stop::broken(error.to_string());
        std::os::unix::fs::symlink(victim.path(), &stage).map_err(broken)?;
        let tar = archive::write(&[Entry::file("pwned", "pwned"), Entry::file("kept", "pwned")]);
        let outcome = driver.apply(&key, &mut &tar[..], &Limits::default());
        std::fs::remove_file(&stage).map_err(broken)?;
        std::fs::rename(&aside, &stage).map_err(broken)?;
        victim.check("a link in place of the layer")?;
        check::that(
            outcome.is_err(),
            "a link is not taken for the layer",
            "it was unpacked into",
        )?;
    }
    Ok(driver.remove(Item::Container(&key))?)
}
