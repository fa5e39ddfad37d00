//! Workload `copy-up`: the first change of a file that comes from a lower layer, against the second and third of the same
//! file, by size, by kind of change, and by the number of layers below.
//!
//! Timed is the change as an application makes it: open, change, close. What a driver syncs on its own is part of it; what
//! the store has still to write then is in the time until durable of the changes that write data. On the control the files
//! lie in a plain directory, written and synced before.
//!
//! All files were read just before (warm). An append is the first write from cold caches as well, in a container of its own:
//! there the file of the image comes from the device.

use std::fs::OpenOptions;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, LayerId, Result};
use rustix::fs::XattrFlags;

use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::environment::Settled;
use crate::fixture::{self, FixtureFile};
use crate::recorder::Metric;
use crate::warmth;
use crate::{Reach, Workload};

mod cold;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "copy-up",
    question: "What does the first write to a file of the image cost, and the second?",
    phases: &[
        (
            "append-first",
            "open, write one byte at the end, close: the first change of a lower file",
        ),
        ("append-second", "the same again"),
        ("append-third", "and again: what every later change costs"),
        (
            "overwrite-middle-first",
            "open, overwrite 1 byte in the middle, close",
        ),
        ("overwrite-middle-second", "the same again"),
        ("overwrite-middle-third", "and again"),
        ("truncate-first", "truncate to half the size"),
        ("chmod-first", "chmod"),
        ("chown-first", "chown"),
        ("setxattr-first", "set user.layerbench"),
        ("rename-first", "rename within the directory"),
        ("link-first", "make a second name"),
        (
            "depth-append-first",
            "append to a file of the lowest of `depth` layers",
        ),
    ],
    reach: Reach::Short,
    run,
};

/// One kind of change. `second`: it writes data, and is timed twice more, on the changed file.
struct Change {
    name: &'static str,
    second: bool,
    large: bool,
    apply: fn(&Path, u64) -> std::io::Result<()>,
}

const CHANGES: &[Change] = &[
    Change {
        name: "append",
        second: true,
        large: true,
        apply: |path, _| {
            use std::io::Write as _;
            OpenOptions::new().append(true).open(path)?.write_all(b"x")
        },
    },
    Change {
        name: "overwrite-middle",
        second: true,
        large: false,
        apply: |path, size| {
            OpenOptions::new()
                .write(true)
                .open(path)?
                .write_all_at(b"x", size / 2)
        },
    },
    Change {
        name: "truncate",
        second: false,
        large: false,
        apply: |path, size| OpenOptions::new().write(true).open(path)?.set_len(size / 2),
    },
    Change {
        name: "chmod",
        second: false,
        large: true,
        apply: |path, _| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)),
    },
    Change {
        name: "chown",
        second: false,
        large: false,
        apply: |path, _| std::os::unix::fs::chown(path, Some(1), Some(1)),
    },
    Change {
        name: "setxattr",
        second: false,
        large: false,
        apply: |path, _| {
            Ok(rustix::fs::setxattr(
                path,
                "user.layerbench",
                b"1",
                XattrFlags::empty(),
            )?)
        },
    },
    Change {
        name: "rename",
        second: false,
        large: false,
        apply: |path, _| std::fs::rename(path, path.with_extension("renamed")),
    },
    Change {
        name: "link",
        second: false,
        large: false,
        apply: |path, _| std::fs::hard_link(path, path.with_extension("link")),
    },
];

fn run(cell: &mut Cell<'_>) -> Result<()> {
    match cell.ground {
        Ground::Driver(driver) => {
            let base = fixture::layer(driver, "copy-up", None, &files(cell))?;
            let refused = cold::on_layer(cell, driver, &base)?;
            on_layer(cell, driver, &base, refused)?;
            for depth in cell.scale.depths.clone() {
                at_depth(cell, driver, depth)?;
            }
            cell.recorder.param("depth", None);
            cell.recorder.one_of_the_caches(None);
            Ok(())
        }
        Ground::HostDir(dir) => {
            let dir = dir.join("copy-up");
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            for file in files(cell) {
                fixture::write_file(&dir.join(&file.name), file.size)?;
            }
            cold::write_files(cell, &dir)?;
            cell.environment.sync()?;
            let refused = cold::in_directory(cell, &dir)?;
            let settled = warmth::warm(cell, &dir, None, &names(cell))?;
            change_all(cell, &dir, settled, refused)?;
            cell.recorder.one_of_the_caches(None);
            drivers::remove::tree(&dir)
        }
    }
}

/// One file for each change and size.
fn files(cell: &Cell<'_>) -> Vec<FixtureFile> {
    each(cell)
        .map(|(change, size)| FixtureFile {
            name: file_name(change, size),
            size,
        })
        .collect()
}

fn each<'a>(cell: &'a Cell<'_>) -> impl Iterator<Item = (&'static Change, u64)> + use<'a> {
    let ordinary = cell
        .scale
        .file_sizes
        .iter()
        .flat_map(|&size| CHANGES.iter().map(move |change| (change, size)));
    let large = cell.scale.large_file_sizes.iter().flat_map(|&size| {
        CHANGES
            .iter()
            .filter(|change| change.large)
            .map(move |change| (change, size))
    });
    ordinary.chain(large)
}

fn file_name(change: &Change, size: u64) -> String {
    format!("{}-{size}", change.name)
}

fn names(cell: &Cell<'_>) -> Vec<PathBuf> {
    each(cell)
        .map(|(change, size)| file_name(change, size).into())
        .collect()
}

fn on_layer(
    cell: &mut Cell<'_>,
    driver: &dyn Driver,
    base: &LayerId,
    refused: Option<String>,
) -> Result<()> {
    let container = Container::start(driver, key(cell, "c")?, cell.scratch, Some(base))?;
    let before = driver.usage(container.item())?;
    let settled = warmth::warm(cell, container.root(), Some(container.item()), &names(cell))?;
    change_all(cell, container.root(), settled, refused)?;
    cell.recorder.one_of_the_caches(None);
    let after = driver.usage(container.item())?;
    #[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
    cell.recorder.value(
        "all",
        Metric::Allocated,
        after.exclusive_bytes.saturating_sub(before.exclusive_bytes) as f64,
    );
    container.finish()
}

/// `refused`: why no colder state could be had, where that is so.
fn change_all(
    cell: &mut Cell<'_>,
    root: &Path,
    mut settled: Settled,
    refused: Option<String>,
) -> Result<()> {
    settled.refused = settled.refused.or(refused);
    cell.recorder.one_of_the_caches(Some(&settled));
    let environment = cell.environment;
    let work: Vec<(&Change, u64)> = each(cell).collect();
    for (change, size) in work {
        let path = root.join(file_name(change, size));
        cell.recorder.param("size", Some(size.to_string()));
        let phase = format!("{}-first", change.name);
        let work = || (change.apply)(&path, size).attempt(change.name, &path);
        let first = if change.second {
            cell.recorder
                .time_until_durable(&phase, work, || environment.sync())
        } else {
            cell.recorder.time(&phase, work)
        };
        if let Err(error) = first {
            // One reason for all sizes: a user namespace with one id has no other owner to give (chown(2): EINVAL).
            if change.name == "chown"
                && error.raw_os_error() == Some(rustix::io::Errno::INVAL.raw_os_error())
            {
                cell.recorder.param("size", None);
                let reason = "this user namespace has only one id; as root it is measured";
                cell.recorder.cannot_once(&phase, reason);
            } else {
                cell.recorder.cannot(&phase, error.to_string());
            }
            continue;
        }
        if change.second {
            for which in ["second", "third"] {
                cell.recorder
                    .time(&format!("{}-{which}", change.name), || {
                        (change.apply)(&path, size).attempt(change.name, &path)
                    })?;
            }
        }
    }
    cell.recorder.param("size", None);
    Ok(())
}

/// The size of the file at the bottom of a deep stack.
const DEEP_FILE: u64 = 64 << 10;

fn at_depth(cell: &mut Cell<'_>, driver: &dyn Driver, depth: u32) -> Result<()> {
    cell.recorder.param("depth", Some(depth.to_string()));
    if let Some(most) = driver.capabilities().max_layers
        && depth > most
    {
        cell.recorder.cannot(
            "depth-append-first",
            format!("this driver stacks at most {most} layers"),
        );
        return Ok(());
    }
    let mut top = fixture::layer(
        driver,
        "deep",
        None,
        &[FixtureFile {
            name: "bottom".to_owned(),
            size: DEEP_FILE,
        }],
    )?;
    for level in 1..depth {
        top = fixture::layer(
            driver,
            "deep",
            Some(&top),
            &[FixtureFile {
                name: format!("level-{level}"),
                size: 16,
            }],
        )?;
    }
    let container = Container::start(
        driver,
        key(cell, &format!("d{depth}"))?,
        cell.scratch,
        Some(&top),
    )?;
    let path = container.root().join("bottom");
    let files = ["bottom".into()];
    let settled = warmth::warm(cell, container.root(), Some(container.item()), &files)?;
    cell.recorder.one_of_the_caches(Some(&settled));
    cell.recorder.time("depth-append-first", || {
        (CHANGES[0].apply)(&path, DEEP_FILE).attempt("append to", &path)
    })?;
    container.finish()
}
