//! Target 3: a container's prepare, mount, unmount and remove on overlay2, against the bare system calls.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, Item, Kind, LayerId, Result};
use rustix::fs::{CWD, Mode, OFlags, mkdir, openat, rmdir};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags, fsconfig_create,
    fsconfig_set_fd, fsconfig_set_string, fsmount, fsopen, move_mount, unmount,
};
use workloads::fixture::{self, FixtureFile};

use crate::Bench;
use crate::blocks::{self, Arm};
use crate::table::{self, Column};

const TARGET: f64 = 1.3;
const LAYERS: u64 = 5;
/// Containers one after the other in one measurement.
const REPEATS: u32 = 20;

/// Containers of a driver.
pub(crate) struct Cycle<'a> {
    pub(crate) name: String,
    pub(crate) driver: &'a dyn Driver,
    /// What they stand on.
    pub(crate) top: &'a LayerId,
    /// Where they are mounted.
    pub(crate) at: &'a Path,
    /// Containers one after the other in one measurement.
    pub(crate) repeats: u32,
}

impl Arm for Cycle<'_> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn work(&mut self) -> Result<()> {
        for number in 0..self.repeats {
            let key = format!("c{number}").parse()?;
            self.driver.prepare(&key, Some(self.top), Kind::Writable)?;
            self.driver.mount(&key, self.at)?.unmount()?;
            self.driver.remove(Item::Container(&key))?;
        }
        Ok(())
    }
}

/// What a program of few lines would do: no records, no checks, nothing copied from the layers.
struct Bare<'a> {
    dir: PathBuf,
    lowers: &'a [PathBuf],
    at: &'a Path,
}

fn open(path: &Path) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).attempt("open", path)
}

impl Bare<'_> {
    fn one(&self, number: u32) -> Result<()> {
        let own = self.dir.join(number.to_string());
        let (upper, work) = (own.join("diff"), own.join("work"));
        for dir in [&own, &upper, &work] {
            mkdir(dir, Mode::from_raw_mode(0o755)).attempt("create the directory", dir)?;
        }
        let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC).attempt("open", "overlay")?;
        let set = |name: &str, path: &Path| {
            let dir = open(path)?;
            fsconfig_set_fd(context.as_fd(), name, dir.as_fd()).attempt("configure", path)
        };
        fsconfig_set_string(context.as_fd(), "source", "overlay").attempt("configure", self.at)?;
        for lower in self.lowers {
            set("lowerdir+", lower)?;
        }
        set("upperdir", &upper)?;
        set("workdir", &work)?;
        fsconfig_create(context.as_fd()).attempt("make an overlay for", self.at)?;
        let mount = fsmount(
            context.as_fd(),
            FsMountFlags::FSMOUNT_CLOEXEC,
            MountAttrFlags::empty(),
        )
        .attempt("make the mount for", self.at)?;
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
        move_mount(mount.as_fd(), "", CWD, self.at, flags).attempt("mount on", self.at)?;
        drop((mount, context));
        unmount(self.at, UnmountFlags::NOFOLLOW).attempt("unmount", self.at)?;
        // The kernel made the inner one.
        for dir in [&work.join("work"), &work, &upper, &own] {
            rmdir(dir).attempt("remove the directory", dir)?;
        }
        Ok(())
    }
}

impl Arm for Bare<'_> {
    fn name(&self) -> String {
        "system calls".to_owned()
    }

    fn work(&mut self) -> Result<()> {
        (0..REPEATS).try_for_each(|number| self.one(number))
    }
}

/// Measures and gives the table.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    let (ground, driver) = bench.overlay2("cycle")?;
    let at = bench.run.directory("cycle-mount")?;
    let mut layers: Vec<LayerId> = Vec::new();
    for number in 0..LAYERS {
        let files: Vec<FixtureFile> = (0..50)
            .map(|file| FixtureFile {
                name: format!("l{number}-f{file}"),
                size: 4096,
            })
            .collect();
        layers.push(fixture::layer(&*driver, "cycle", layers.last(), &files)?);
    }
    let lowers = lowers(&ground.root().dir)?;
    let Some(top) = layers.last() else {
        return Ok(Vec::new());
    };
    let dir = driver.plain_dir().join("bare");
    std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
    let mut ours = Cycle {
        name: "overlay2".to_owned(),
        driver: &*driver,
        top,
        at: &at,
        repeats: REPEATS,
    };
    let mut bare = Bare {
        dir,
        lowers: &lowers,
        at: &at,
    };
    let mut series = blocks::run(
        driver.plain_dir(),
        bench.blocks(20),
        &mut [&mut ours, &mut bare],
    )?;
    driver.close()?;
    ground.close()?;
    for one in &mut series {
        for value in one.wall.values_mut() {
            *value /= f64::from(REPEATS);
        }
    }
    let column = |i: usize| Column {
        name: &series[i].name,
        values: &series[i].wall,
    };
    Ok(vec![
        format!("### prepare + mount + unmount + remove of a container on {LAYERS} layers\n"),
        table::head(),
        table::row(&column(0), &column(1), Some(TARGET)),
        format!(
            "\nFor one container; each value is the mean of {REPEATS} in a row. The system calls: mkdir of three directories, \
             fsopen, fsconfig of the same layers by descriptor, fsmount, move_mount, umount2, rmdir of four."
        ),
    ])
}

/// The directories of the layers, the topmost first: they were made in the order of their numbers, and nothing else was.
fn lowers(root: &Path) -> Result<Vec<PathBuf>> {
    let entries = root.join("e");
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(&entries).attempt("list", &entries)? {
        let name = entry.attempt("list", &entries)?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
    }
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    Ok(numbers
        .into_iter()
        .map(|number| entries.join(number.to_string()).join("diff"))
        .collect())
}
