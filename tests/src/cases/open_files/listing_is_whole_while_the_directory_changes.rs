//! Listing a directory of 200 names while others are made and removed in it gives each name that stays exactly once, and
//! afresh after a rewind.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use drivers::error::Attempt as _;
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom, open, seek};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "listing_is_whole_while_the_directory_changes",
    promise: "Listing a directory of 200 names while others are made and removed in it gives each name that stays exactly once, and afresh after a rewind.",
    why: "`rm -r` leaves files behind, and backups miss or repeat them, where a listing loses its place.",
    origin: "xfstests overlay/077; fuse-overlayfs 36; POSIX readdir, rewinddir; catalogue FD7",
    covers: &["FD7"],
    level: Level::Must,
    theme: Theme::OpenFiles,
    capability: Some("listing_is_whole_while_changed"),
    broken_by: &[
        Fault::Lie(&lies::SEEK_DOES_NOTHING),
        Fault::Flipped("listing_is_whole_while_changed"),
    ],
    run,
};

type Names = BTreeSet<Vec<u8>>;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.listing_is_whole_while_changed;
    let mut ops = vec![dir("d"), dir("e")];
    ops.extend((0..100).map(|number| file(format!("d/lower-{number}"), "1")));
    ops.extend((0..80).map(|number| file(format!("e/lower-{number}"), "1")));
    let base = context.layer(None, &ops)?;
    let ops: Vec<Op> = (0..75)
        .map(|number| match number {
            0..25 => remove(format!("d/lower-{}", number * 2)),
            _ => file(format!("d/middle-{number}"), "2"),
        })
        .collect();
    let top = context.layer(Some(&base), &ops)?;
    let mut container = context.container(Some(&top))?;
    let ops: Vec<Op> = (0..75)
        .map(|number| file(format!("d/own-{number}"), "3"))
        .collect();
    container.apply(&ops)?;
    let (twice, lost) = while_changing(&mut container)?;
    while_emptying(&mut container)?;
    container.check()?;
    check::declared(
        "listing_is_whole_while_changed",
        declared,
        twice == 0 && lost == 0,
        format!("{twice} names are listed twice, and {lost} not at all"),
    )
}

/// Some of the names go and others come when a part is listed; how many are then given twice, and how many not at all.
fn while_changing(container: &mut Container) -> Result<(usize, usize), Stop> {
    let before = container.names("d")?;
    check::same("names in the directory", 200, before.len())?;
    let mut listing = Listing::new(container, "d")?;
    let mut found = listing.some(1)?;
    let removed: Names = before.iter().step_by(4).cloned().collect();
    let ops: Vec<Op> = removed
        .iter()
        .map(|name| remove([b"d/", &name[..]].concat()))
        .chain((0..40).map(|number| file(format!("d/made-{number}"), "4")))
        .collect();
    container.apply(&ops)?;
    found.extend(listing.some(usize::MAX)?);
    let unique: Names = found.iter().cloned().collect();
    let twice = found.len() - unique.len();
    let lost = before
        .difference(&removed)
        .filter(|name| !unique.contains(*name))
        .count();
    let now = container.names("d")?;
    let strange = unique
        .iter()
        .filter(|name| !before.contains(*name) && !now.contains(*name));
    check::same("names that never were", 0, strange.count())?;

    listing.rewind()?;
    let again = listing.some(usize::MAX)?;
    check::same("names after a rewind, each once", now.len(), again.len())?;
    check::that(
        again.into_iter().collect::<Names>() == now,
        "after a rewind the names that are there now",
        "others",
    )?;
    Ok((twice, lost))
}

/// As `rm -r` does it: what is listed is removed, part by part, and at the end nothing is left.
fn while_emptying(container: &mut Container) -> Result<(), Stop> {
    let mut listing = Listing::new(container, "e")?;
    loop {
        let names = listing.some(1)?;
        if names.is_empty() {
            break;
        }
        for name in names {
            container.apply(&[remove([b"e/", &name[..]].concat())])?;
        }
    }
    check::same("names left", Names::new(), container.names("e")?)?;
    container.apply(&[remove("e")])
}

/// An open directory, listed in parts.
struct Listing {
    path: PathBuf,
    fd: OwnedFd,
}

impl Listing {
    fn new(container: &Container, at: &str) -> Result<Self, Stop> {
        let path = container.path(at);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = open(&path, flags, Mode::empty()).attempt("open", &path)?;
        Ok(Self { path, fd })
    }

    /// The names of the next parts, as many as fit a small buffer each; fewer or none at the end.
    fn some(&mut self, parts: usize) -> Result<Vec<Vec<u8>>, Stop> {
        let mut names = Vec::new();
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut listing = RawDir::new(&self.fd, &mut buffer);
        let mut done = 0;
        while done < parts
            && let Some(entry) = listing.next()
        {
            let name = entry
                .attempt("list", &self.path)?
                .file_name()
                .to_bytes()
                .to_vec();
            if name != b"." && name != b".." {
                names.push(name);
            }
            // Names already read but not looked at would be lost.
            if listing.is_buffer_empty() && !names.is_empty() {
                done += 1;
            }
        }
        Ok(names)
    }

    fn rewind(&self) -> Result<(), Stop> {
        seek(&self.fd, SeekFrom::Start(0)).attempt("rewind", &self.path)?;
        Ok(())
    }
}
