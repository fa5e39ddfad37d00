//! Opening a lower file for writing and closing it changes neither its content nor its times, and is no change of the container.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;

use drivers::Item;
use drivers::error::Attempt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::lies;
use crate::oracle::op::{chmod, file, mtime, truncate, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "opening_for_writing_changes_nothing",
    promise: "Opening a lower file for writing and closing it changes neither its content nor its times, and is no change of the container.",
    why: "Editors, loggers and lock files open for writing what they then only read; images must not grow by that.",
    origin: "kernel overlayfs document (copy-up when opened for writing); catalogue CU6",
    covers: &["CU6", "C16"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: Some("lower_dir_attributes_survive_copy_up"),
    broken_by: &[Fault::Lie(&lies::UTIMES_DO_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let mut ops = Vec::new();
    for (number, name) in ["read-write", "write", "append", "create", "path"]
        .iter()
        .enumerate()
    {
        let seconds = 1_100_000_000 + number as i64;
        ops.extend([
            file(name, fixture::noise(number as u64, 70_000)),
            chmod(name, 0o640),
            xattr(name, "user.note", "kept"),
            mtime(name, seconds, 123_456_789),
        ]);
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let before = container.stat("write")?;
    let at = |name: &str| container.path(name);
    let read_write = File::options()
        .read(true)
        .write(true)
        .open(at("read-write"));
    let opened = [
        read_write.attempt("open", at("read-write"))?,
        File::options()
            .write(true)
            .open(at("write"))
            .attempt("open", at("write"))?,
        File::options()
            .append(true)
            .open(at("append"))
            .attempt("open", at("append"))?,
        File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(at("create"))
            .attempt("open", at("create"))?,
    ];
    // While it is open, and after. What may be lost in copy-up may be lost here.
    container.predict(&[])?;
    container.check()?;
    drop(opened);
    container.check()?;
    let after = container.stat("write")?;
    check::same(
        "its modification time",
        before.mtime_nsec(),
        after.mtime_nsec(),
    )?;
    context.mount(&mut container)?;
    container.check()?;
    container.unmount()?;
    let mut changes = context.driver()?.changes(Item::Container(&container.key))?;
    let root_changed = changes.first().is_some_and(|change| change.path.is_empty());
    changes.retain(|change| !change.path.is_empty());
    check::same("changes", Vec::new(), changes)?;
    // The control: what is really written is a change, be it of a time alone.
    context.mount(&mut container)?;
    container.apply(&[truncate("write", 69_999), mtime("path", 1_200_000_000, 0)])?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let changes = context.driver()?.changes(Item::Layer(&layer))?;
    let paths: Vec<_> = changes
        .into_iter()
        .map(|change| change.path)
        .filter(|path| !path.is_empty())
        .collect();
    check::same(
        "changed files",
        vec![b"path".to_vec(), b"write".to_vec()],
        paths,
    )?;
    check::declared(
        "lower_dir_attributes_survive_copy_up",
        context.capabilities()?.lower_dir_attributes_survive_copy_up,
        !root_changed,
        "the directory of the files has another time",
    )
}
