//! Names as long as the driver declares (255 bytes on a plain filesystem) can be made, written and deleted, also in archives; longer ones are ENAMETOOLONG.

use std::fs;

use drivers::Item;

use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::archive::{self, Entry};
use crate::oracle::compare;
use crate::oracle::op::{dir, file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "longest_names_can_be_deleted",
    promise: "Names as long as the driver declares (255 bytes on a plain filesystem) can be made, written and deleted, also in archives; longer ones are ENAMETOOLONG.",
    why: "A marker of four bytes more is no legal name beside a name of 255: readers that make one fail, and the deletion is lost.",
    origin: "fuse-overlayfs (NAME_MAX reduced by four); AUFS whiteouts of long names",
    covers: &["WO10"],
    level: Level::Should,
    theme: Theme::Whiteouts,
    capability: Some("name_max"),
    broken_by: &[
        Fault::ExportedDeletionsLost,
        Fault::WhiteoutsForgotten,
        Fault::Flipped("name_max"),
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let longest = context.capabilities()?.name_max as usize;
    let inside = |letter: char| format!("in/{}", letter.to_string().repeat(longest));
    let base = context.layer(
        None,
        &[
            file("n".repeat(longest), "1"),
            dir("d".repeat(longest)),
            file("k".repeat(longest), "kept"),
            dir("in"),
            file(inside('n'), "1"),
            file(inside('k'), "kept"),
        ],
    )?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        remove("n".repeat(longest)),
        remove("d".repeat(longest)),
        write("k".repeat(longest), 0, "K"),
        file("e".repeat(longest), "new"),
        remove(inside('n')),
    ])?;
    container.check()?;
    let longer = fs::write(container.path("l".repeat(longest + 1)), "");
    check::errno("a longer name", Errno::NAMETOOLONG, longer)?;
    container.unmount()?;
    let mut tar = Vec::new();
    let driver = context.driver()?;
    driver.export(Item::Container(&container.key), &mut tar)?;
    let entries = archive::read(&tar).ok_or_else(|| Stop::fail("an archive", "a damaged one"))?;
    for entry in &entries {
        let name = entry
            .path
            .split(|&b| b == b'/')
            .find(|name| name.len() > 255);
        check::that(
            name.is_none(),
            "no name in the export is longer than any filesystem allows",
            compare::show(name.unwrap_or_default()),
        )?;
    }
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    let committed = context.commit(container)?;
    context.check_layer(&committed)?;
    // Writers that do not care put the marker before the whole name.
    let marker = archive::write(&[Entry::file(format!("in/.wh.{}", "n".repeat(longest)), "")]);
    let careless = context.layer_of(Some(&base), &marker)?;
    context.expect(&careless, Some(&base), &[remove(inside('n'))])?;
    context.check_layer(&careless)?;
    if longest == 255 {
        return Ok(Outcome::Pass);
    }
    Ok(Outcome::Deviates(format!(
        "names have at most {longest} bytes, not 255"
    )))
}
