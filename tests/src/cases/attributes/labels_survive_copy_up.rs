//! A security label of a file, directory or link of a layer is still there after its first write, in children, and in exports.

use std::fs;

use drivers::Item;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, file, rename, symlink, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "labels_survive_copy_up",
    promise: "A security label of a file, directory or link of a layer is still there after its first write, in children, and in exports.",
    why: "A file that loses its label at the first write is one the policy no longer protects, or no longer lets the service read.",
    origin: "containers/storage (labels dropped by the vfs copier); catalogue XA6",
    covers: &["XA6", "XA3"],
    level: Level::Should,
    theme: Theme::Attributes,
    capability: None,
    broken_by: &[Fault::XattrsLost],
    run,
};

const LABEL: &str = "security.selinux";

fn run(context: &mut Context<'_>) -> Verdict {
    if !context.capabilities()?.xattr_privileged {
        return Err(Stop::not_applicable(
            "security.* attributes cannot be stored here",
        ));
    }
    // With SELinux on, labels are its own: policies decide which a container's files get.
    if fs::read_to_string("/proc/self/attr/current")
        .is_ok_and(|label| !label.trim_end_matches('\0').is_empty())
        && fs::metadata("/sys/fs/selinux/enforce").is_ok()
    {
        return Err(Stop::not_applicable(
            "SELinux is on: the policy rules labels, not the driver",
        ));
    }
    let label =
        |path: &str, kind: &str| xattr(path, LABEL, format!("system_u:object_r:{kind}:s0\0"));
    let base = context.layer(
        None,
        &[
            file("f", "1"),
            label("f", "container_file_t"),
            dir("d"),
            label("d", "etc_t"),
            file("d/g", "2"),
            label("d/g", "shadow_t"),
            symlink("l", "f"),
            label("l", "bin_t"),
        ],
    )?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[write("f", 0, "3"), chmod("d", 0o700), chmod("d/g", 0o600)])?;
    container.check()?;
    container.apply(&[rename("l", "m"), rename("d/g", "g"), label("f", "tmp_t")])?;
    container.check()?;
    container.unmount()?;
    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
