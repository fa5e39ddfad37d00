//! Names as long as the driver declares (255 bytes on a plain filesystem) can be made, written and deleted; longer ones are ENAMETOOLONG.

use std::fs;

use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::oracle::op::{dir, file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "longest_names_can_be_deleted",
    promise: "Names as long as the driver declares (255 bytes on a plain filesystem) can be made, written and deleted; longer ones are ENAMETOOLONG.",
    why: "A marker of four bytes more does not fit beside a name of 255.",
    origin: "fuse-overlayfs (NAME_MAX reduced by four); AUFS whiteouts of long names",
    covers: &["WO10"],
    level: Level::Should,
    theme: Theme::Whiteouts,
    capability: Some("name_max"),
    broken_by: &[],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let longest = context.capabilities()?.name_max as usize;
    let base = context.layer(
        None,
        &[
            file("n".repeat(longest), "1"),
            dir("d".repeat(longest)),
            file("k".repeat(longest), "kept"),
        ],
    )?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        remove("n".repeat(longest)),
        remove("d".repeat(longest)),
        write("k".repeat(longest), 0, "K"),
        file("e".repeat(longest), "new"),
    ])?;
    container.check()?;
    let longer = fs::write(container.path("l".repeat(longest + 1)), "");
    check::errno("a longer name", Errno::NAMETOOLONG, longer)?;
    let committed = context.commit(container)?;
    context.check_layer(&committed)?;
    if longest == 255 {
        return Ok(Outcome::Pass);
    }
    Ok(Outcome::Deviates(format!(
        "names have at most {longest} bytes, not 255"
    )))
}
