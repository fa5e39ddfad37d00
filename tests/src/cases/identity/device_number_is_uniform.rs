//! Lower, changed and new files and directories of one container report one device number.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, write};

/// The promise.
pub const CASE: Case = Case {
    name: "device_number_is_uniform",
    promise: "Lower, changed and new files and directories of one container report one device number.",
    why: "`find -xdev`, `tar --one-file-system` and backups skip what seems to be another device.",
    origin: "xfstests overlay/067; kernel overlayfs (st_dev); find -xdev, tar --one-file-system",
    covers: &["ID2"],
    level: Level::Informs,
    theme: Theme::Identity,
    capability: Some("uniform_device"),
    broken_by: &[Fault::Flipped("uniform_device")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.uniform_device;
    let base = context.layer(None, &[file("lower", "1"), file("changed", "2"), dir("d")])?;
    let top = context.layer(Some(&base), &[file("middle", "3"), file("d/x", "4")])?;
    let mut container = context.container(Some(&top))?;
    container.apply(&[write("changed", 0, "x"), file("new", "5")])?;
    let mut devices = BTreeSet::new();
    for path in ["", "lower", "middle", "changed", "new", "d", "d/x"] {
        devices.insert(container.stat(path)?.dev());
    }
    check::declared(
        "uniform_device",
        declared,
        devices.len() == 1,
        format!("there are {} device numbers", devices.len()),
    )
}
