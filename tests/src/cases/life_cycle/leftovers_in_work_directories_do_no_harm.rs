//! What a crash left in a driver's working directories beside a container's content is neither shown nor in the way.

use std::fs;
use std::path::Path;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "leftovers_in_work_directories_do_no_harm",
    promise: "What a crash left in a driver's working directories beside a container's content is neither shown nor in the way.",
    why: "A crash in the middle of a copy leaves half a file there; a container that then cannot be mounted is lost.",
    origin: "xfstests overlay/024, 037 (leftovers in the work directory)",
    covers: &["LC7", "LC6"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::WritesLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        file("mine", "1"),
        remove("bin"),
        write("etc/passwd", 0, "mine"),
    ])?;
    container.unmount()?;
    let stage = context.driver()?.stage(&container.key)?.dir;
    let own = stage.parent().unwrap_or(&stage).to_owned();
    let mut beside = 0;
    for entry in fs::read_dir(&own).attempt("list", &own)? {
        let path = entry.attempt("list", &own)?.path();
        // Where datasets and subvolumes of other items lie side by side there are no working directories.
        let is_work = path.file_name().is_some_and(|name| name == "work");
        if is_work && path != stage && path.is_dir() {
            litter(&path)?;
            beside += 1;
        }
    }
    context.mount(&mut container)?;
    container.check()?;
    container.apply(&[
        write("etc/passwd", 4, "more"),
        remove("var"),
        file("later", "2"),
    ])?;
    container.check()?;
    context.restart_unmounted(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    context.driver()?.remove(drivers::Item::Layer(&layer))?;
    check::that(
        !own.join("work").exists() || beside == 0,
        "all of it goes with the item",
        "it is left",
    )?;
    if beside == 0 {
        return Err(Stop::not_applicable(
            "there is no working directory beside the content",
        ));
    }
    Ok(Outcome::Pass)
}

/// What overlayfs and its kin leave: numbered files, half-filled directories, whiteouts that were to be renamed. (A
/// directory two levels deeper they never make; overlayfs does not clear it, and mounts read-only.)
fn litter(work: &Path) -> check::Checked {
    let half = work.join("work/#2");
    fs::create_dir_all(&half).attempt("make", &half)?;
    for name in ["work/#1f", "work/#2/half", "#3"] {
        let path = work.join(name);
        fs::write(&path, "half").attempt("write", &path)?;
    }
    let whiteout = work.join("work/#4");
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        &whiteout,
        rustix::fs::FileType::CharacterDevice,
        rustix::fs::Mode::empty(),
        0,
    );
    match made {
        // In a user namespace no device can be made.
        Ok(()) | Err(rustix::io::Errno::PERM) => Ok(()),
        Err(errno) => Ok(Err(errno).attempt("make", &whiteout)?),
    }
}
