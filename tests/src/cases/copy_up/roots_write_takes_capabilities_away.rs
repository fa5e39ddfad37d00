//! A lower file with capabilities loses them when root writes to it, cuts it or grows it, and at no lesser event.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::lies;
use crate::oracle::op::{chmod, file, truncate, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "roots_write_takes_capabilities_away",
    promise: "A lower file with capabilities loses them when root writes to it, cuts it or grows it, and at no lesser event.",
    why: "The capabilities were given to a program that is no longer this one.",
    origin: "Linux capabilities(7), security_inode_need_killpriv (no exception for root); google/gvisor 13282",
    covers: &["CU7", "C29"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: None,
    broken_by: &[
        Fault::XattrsLost,
        Fault::CopiesLoseXattrs,
        Fault::WritesLost,
        Fault::Lie(&lies::TRUNCATE_DOES_NOTHING),
    ],
    run,
};

const NAMES: [&str; 6] = ["written", "added to", "cut", "emptied", "grown", "kept"];

fn run(context: &mut Context<'_>) -> Verdict {
    if !context.capabilities()?.xattr_privileged {
        return Err(Stop::not_applicable(
            "file capabilities cannot be stored here",
        ));
    }
    let mut ops = Vec::new();
    for name in NAMES {
        ops.push(file(name, "program"));
        ops.push(chmod(name, 0o755));
        ops.push(xattr(name, "security.capability", fixture::capability()));
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    // The model, like Linux, takes the capabilities away with each change of content, and only then.
    container.apply(&[
        write("written", 0, "P"),
        write("added to", 7, "s"),
        truncate("cut", 3),
        truncate("emptied", 0),
        truncate("grown", 9000),
        chmod("kept", 0o700),
    ])?;
    container.check()?;
    for name in NAMES {
        check::same(
            &format!("whether {name:?} has capabilities"),
            name == "kept",
            has_capabilities(&container.path(name))?,
        )?;
    }
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

fn has_capabilities(path: &std::path::Path) -> Result<bool, Stop> {
    let mut value = [0_u8; 64];
    match rustix::fs::lgetxattr(path, "security.capability", &mut value) {
        Ok(_) => Ok(true),
        Err(rustix::io::Errno::NODATA) => Ok(false),
        Err(error) => Err(Stop::fail("capabilities can be read", error.to_string())),
    }
}
