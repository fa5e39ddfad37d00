//! Workload `write-modes`: the ways programs write that are neither a database's pages nor one long stream, on every
//! target: `layer-new`, `layer-lower`, `volume`, `hostdir` ([`crate::target`]).
//!
//! It predicts: a service that logs to a file (of the image: the first line pays for all of it), an embedded database that
//! stores through a mapping, an editor or a package manager that replaces files by renaming, a cache or a mail spool whose
//! small files come and go. Every phase ends with its data synced, so nobody gains by postponing; what the store has still
//! to write then is in the time until durable. What was written is read back, off the clock.
//!
//! It does not show more than one writer at a time, nor writing past the page cache (`fio` does both). Files are warm.

use drivers::Result;

use crate::cell::Cell;
use crate::target::{self, Job};
use crate::{Reach, Workload};

mod amounts;
mod append;
mod mapped;
mod ops;
mod small;

pub use amounts::Amounts;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "write-modes",
    question: "What do logs, mappings and small files that come and go cost, in the layer and in a volume?",
    phases: &[
        (
            "log-append",
            "lines of 120 bytes appended to a log, synced once at the end",
        ),
        ("log-append-fsync", "the same, each line synced"),
        (
            "mmap-write",
            "4 KiB pages stored at random places of a shared mapping, then msync",
        ),
        (
            "replace",
            "files replaced: written under another name, synced, renamed over the old one",
        ),
        (
            "churn",
            "small files made, appended to, written anew, renamed and deleted, synced at the end",
        ),
    ],
    reach: Reach::Full,
    run,
};

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let amounts = cell.scale.write_modes.clone();
    let (log, map, files) = (
        amounts.modes_log_bytes,
        amounts.modes_map_bytes,
        amounts.modes_files,
    );
    let jobs = [
        Job {
            name: "log-append",
            label: format!("write-modes log {log}"),
            fill: &|dir| append::fill(dir, log),
            warm: vec![append::LOG.into()],
            run: &|cell, dir| append::run(cell, dir, "log-append", amounts.modes_lines, false),
            lower: true,
        },
        Job {
            name: "log-append-fsync",
            label: format!("write-modes log {log}"),
            fill: &|dir| append::fill(dir, log),
            warm: vec![append::LOG.into()],
            run: &|cell, dir| {
                let lines = amounts.modes_synced_lines;
                append::run(cell, dir, "log-append-fsync", lines, true)
            },
            lower: true,
        },
        Job {
            name: "mmap-write",
            label: format!("write-modes map {map}"),
            fill: &|dir| mapped::fill(dir, map),
            warm: vec![mapped::DATA.into()],
            run: &|cell, dir| mapped::run(cell, dir, "mmap-write"),
            lower: true,
        },
        Job {
            name: "replace",
            label: format!("write-modes files {files}"),
            fill: &|dir| small::fill(dir, files),
            warm: small::names(files),
            run: &|cell, dir| small::replace(cell, dir, "replace"),
            lower: true,
        },
        Job {
            name: "churn",
            label: format!("write-modes files {files}"),
            fill: &|dir| small::fill(dir, files),
            warm: small::names(files),
            run: &|cell, dir| small::churn(cell, dir, "churn"),
            lower: true,
        },
    ];
    target::on_each(cell, &jobs)
}
