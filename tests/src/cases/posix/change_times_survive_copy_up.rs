//! The change time of a lower file or directory moves only when something of it changes.

use std::fs::File;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare::show;
use crate::oracle::op::{Op, chmod, dir, file, link, rename, write};
use crate::posix::stamps;

/// The promise.
pub const CASE: Case = Case {
    name: "change_times_survive_copy_up",
    promise: "The change time of a lower file or directory moves only when something of it changes.",
    why: "Backup and build tools read a file again when its change time moved: after a copy-up, all directories above it too.",
    origin: "POSIX.1-2024 XBD 4.12 (file times update)",
    covers: &["CU3", "CU4", "CU6"],
    level: Level::Informs,
    theme: Theme::Posix,
    capability: Some("ctime_survives_copy_up"),
    broken_by: &[Fault::Flipped("ctime_survives_copy_up")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let declared = capabilities.ctime_survives_copy_up;
    let lower: Vec<Op> = ["open", "both", "chmod", "write", "rename", "link"]
        .iter()
        .flat_map(|name| [dir(name), file(format!("{name}/f"), "1")])
        .collect();
    let base = context.layer(None, &lower)?;
    let mut container = context.container(Some(&base))?;
    // What each call changes has its own change time moved; all of these have nothing changed.
    let watched: Vec<Vec<u8>> = [
        "", "open", "open/f", "both", "both/f", "chmod", "write", "link",
    ]
    .map(|path| path.as_bytes().to_vec())
    .into();
    let before = stamps::take(container.root(), &watched)?;
    stamps::tick([&before], capabilities.mtime_granularity_ns)?;
    drop(container.open_for_writing("both/f")?);
    let path = container.path("open/f");
    drop(
        File::options()
            .append(true)
            .open(&path)
            .attempt("open", &path)?,
    );
    container.apply(&[
        chmod("chmod/f", 0o600),
        write("write/f", 0, "2"),
        rename("rename/f", "rename/g"),
        link("link/f", "rename/h"),
    ])?;
    container.check()?;
    // What a FUSE daemon answered is kept by the kernel until then.
    context.mount(&mut container)?;
    let after = stamps::take(container.root(), &watched)?;
    let moved: Vec<String> = watched
        .iter()
        .filter(|path| {
            before.get(*path).map(|s| s.times[2]) != after.get(*path).map(|s| s.times[2])
        })
        .map(|path| show(path))
        .collect();
    container.check()?;
    check::declared(
        "ctime_survives_copy_up",
        declared,
        moved.is_empty(),
        format!(
            "the change times of {} move, though nothing of them was changed",
            moved.join(", ")
        ),
    )
}
