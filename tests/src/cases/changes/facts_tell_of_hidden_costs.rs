//! The driver's facts say whether changes are found without comparing whole trees, and why not if not; and they warn where
//! the driver's root is a plain directory inside a subvolume of the host.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use drivers::error::Attempt as _;
use rustix::fs::statfs;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;

/// The promise.
pub const CASE: Case = Case {
    name: "facts_tell_of_hidden_costs",
    promise: "The driver's facts say whether changes are found without comparing whole trees, and why not if not; and they warn where the driver's root is a plain directory inside a subvolume of the host.",
    why: "A kernel default that turns the fast way off makes builds twice as slow, and snapshots of the host miss the data or hold on to it, silently.",
    origin: "container-libs 1077 (native diff silently off); home-assistant/operating-system 2773 (METACOPY, REDIRECT_DIR); moby 33226 (host snapshots)",
    covers: &["C41", "C42", "C61"],
    level: Level::Should,
    theme: Theme::Changes,
    capability: Some("native_changes"),
    broken_by: &[Fault::Flipped("native_changes")],
    run,
};

/// linux/magic.h.
const BTRFS: i64 = 0x9123_683e;
/// The inode of a subvolume's own directory.
const SUBVOLUME: u64 = 256;

fn run(context: &mut Context<'_>) -> Verdict {
    let driver = context.driver()?;
    let native = driver.capabilities().native_changes;
    let mut said = driver.facts();
    said.retain(|(key, _)| key == "native_diff");
    check::same("facts named native_diff", 1, said.len())?;
    let how = said.swap_remove(0).1;
    let (mode, why) = how.split_once(", ").unwrap_or((&how, ""));
    check::same("native_diff", if native { "on" } else { "off" }, mode)?;
    check::that(
        native || why.starts_with("because ") && why.len() > 20,
        "a reason for comparing whole trees",
        &how,
    )?;
    // Not every subject tells where it stands; those of the suite do.
    if let Ok(root) = context.root() {
        let own = root.dir.clone();
        if statfs(&own).attempt("look at", &own)?.f_type == BTRFS {
            subvolumes(context, &own)?;
        }
    }
    Ok(Outcome::Pass)
}

fn subvolumes(context: &mut Context<'_>, own: &Path) -> Result<(), Stop> {
    let warns = |facts: Vec<(String, String)>| {
        facts
            .iter()
            .any(|(key, value)| key == "warning" && value.contains("subvolume"))
    };
    let is_subvolume = own.metadata().attempt("look at", own)?.ino() == SUBVOLUME;
    check::same(
        "a warning about the root",
        !is_subvolume,
        warns(context.driver()?.facts()),
    )?;
    let inside = context.another_root(Path::new("inside"))?;
    let driver = context.open_at(&inside)??;
    let warned = warns(driver.facts());
    driver.close()?;
    context.end_roots()?;
    check::that(
        warned,
        "a warning about a root inside a subvolume",
        "no such warning",
    )
}
