//! Workload `copy-up-tree`: what it costs to change many files of the image, or few bytes of a large one.
//!
//! It predicts: an entrypoint that gives its data directory to another user (`chown -R`), a Dockerfile that does
//! `RUN chmod -R`, an update that moves a directory, an application that opens all its files for writing when it starts, a
//! database whose files come with the image. Beside time each phase tells the space and the inodes it took, and where bytes
//! were written, how many the store allocated for each (`amplification`).
//!
//! Whether a change of owner copies data (overlayfs does, unless `metacopy=on`), and whether a copy shares blocks (on a
//! filesystem with reflinks), is the subject's: the same phases are measured, and differ. On the control the files lie in a
//! plain directory, written and synced before.
//!
//! It does not show what a driver costs once its files were written: all phases but `chown-again` and the later
//! `scattered` ones are first changes. All files are in the page cache, but for `chown-all`, which is measured from cold
//! caches as well.

use drivers::Result;

use crate::cell::Cell;
use crate::recorder::Metric;
use crate::stand::{Stand, Taken};
use crate::{Reach, Workload};
use files::Tree;

mod amounts;
mod files;
mod places;
mod together;
mod whole;

pub use amounts::Amounts;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "copy-up-tree",
    question: "What does it cost to change many files of the image, or little of a large one?",
    phases: &[
        (
            "chown-all",
            "every file and directory of a tree is given to another user, as by chown -R",
        ),
        (
            "chown-again",
            "the same once more: now all of it is the container's own",
        ),
        ("chmod-all", "every mode is changed, as by chmod -R"),
        (
            "move-tree",
            "what mv does: rename the directory; where that is refused, copy it and delete it",
        ),
        (
            "append-all",
            "one byte is appended to every file of a tree, by `parallel` threads",
        ),
        (
            "append-same",
            "one byte is appended to one file of the image by each of `parallel` threads at once",
        ),
        (
            "scattered-first",
            "4 KiB blocks are overwritten at random places of one file of the image, then synced",
        ),
        ("scattered-second", "the same at other places"),
        ("scattered-third", "the same at other places again"),
        (
            "sparse-append",
            "one byte is appended to a file of the image that is mostly a hole",
        ),
    ],
    reach: Reach::Full,
    run,
};

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let amounts = cell.scale.copy_up_tree.clone();
    for &files in &amounts.tree_files {
        let tree = Tree {
            files,
            file_bytes: amounts.tree_file_bytes,
        };
        cell.recorder.param("files", Some(files.to_string()));
        whole::attributes(cell, tree)?;
        whole::moving(cell, tree)?;
        for &threads in amounts.tree_parallel.iter().filter(|&&n| n > 0) {
            together::own_files(cell, tree, threads)?;
        }
        cell.recorder.param("parallel", None);
        cell.recorder.param("files", None);
    }
    for &threads in amounts.tree_parallel.iter().filter(|&&n| n > 1) {
        together::one_file(cell, &amounts, threads)?;
    }
    cell.recorder.param("parallel", None);
    places::run(cell, &amounts)?;
    cell.recorder.caches(None);
    Ok(())
}

/// Tells what a phase took of the store, and for `written` bytes how many were allocated for each.
#[expect(
    clippy::cast_precision_loss,
    reason = "byte and inode counts below 2^53"
)]
fn told(
    cell: &mut Cell<'_>,
    stand: &Stand<'_>,
    phase: &str,
    before: Taken,
    written: Option<u64>,
) -> Result<()> {
    let after = stand.taken(cell)?;
    let bytes = after.bytes.saturating_sub(before.bytes) as f64;
    cell.recorder.value(phase, Metric::Allocated, bytes);
    let inodes = after.inodes.saturating_sub(before.inodes) as f64;
    cell.recorder.value(phase, Metric::Inodes, inodes);
    if let Some(written) = written.filter(|&written| written > 0) {
        let each = bytes / written as f64;
        cell.recorder.value(phase, Metric::Amplification, each);
    }
    Ok(())
}
