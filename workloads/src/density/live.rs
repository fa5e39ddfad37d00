//! Idle containers: brought up step by step, looked at, taken down.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::usage::StoreSpace;
use drivers::{Driver, ErrorKind, Mount, Result, mount, mountinfo};

use super::{ENOUGH, value};
use crate::cell::Cell;
use crate::container::{Container, key};
use crate::environment::Glance;
use crate::fixture::{self, FixtureFile};
use crate::recorder::Metric;

/// Something mounted that costs as a container does. It is taken down when it is dropped, too.
enum Idle<'a> {
    Container(Container<'a>),
    Bound(Bound),
}

impl Idle<'_> {
    fn finish(self) -> Result<()> {
        match self {
            Self::Container(container) => container.finish(),
            Self::Bound(bound) => bound.finish(),
        }
    }
}

/// A directory of the store, bound to a mountpoint.
struct Bound {
    mount: Option<Mount>,
    at: PathBuf,
    dir: PathBuf,
}

impl Bound {
    fn new(dir: PathBuf, at: PathBuf) -> Result<Self> {
        std::fs::create_dir(&at).attempt("create the mountpoint", &at)?;
        let mut bound = Self {
            mount: None,
            at,
            dir,
        };
        std::fs::create_dir(&bound.dir).attempt("create", &bound.dir)?;
        bound.mount = Some(mount::bind(&bound.dir, &bound.at, false)?);
        Ok(bound)
    }

    fn teardown(&mut self) -> Result<()> {
        if let Some(mount) = self.mount.take() {
            mount.unmount()?;
        }
        for dir in [&self.at, &self.dir] {
            std::fs::remove_dir(dir).attempt("remove", dir)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        self.teardown()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        // After `finish` nothing is left to do; after a failure that one is told.
        drop(self.teardown());
    }
}

pub(super) fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver) -> Result<()> {
    let files: Vec<_> = (0..cell.scale.density.density_files)
        .map(|n| FixtureFile {
            name: format!("d{}/file-{n}", n % 10),
            size: 4096,
        })
        .collect();
    let base = fixture::layer(driver, "density", None, &files)?;
    let (scratch, prefix) = (cell.scratch, key(cell, "live")?);
    let space = || {
        driver.sync()?;
        driver.store_space()
    };
    let one = |n: u32| {
        let key = format!("{prefix}-{n}").parse()?;
        Container::start(driver, key, scratch, Some(&base)).map(Idle::Container)
    };
    let own = |idle: &[Idle<'_>]| own_inodes(driver, idle);
    bring_up(cell, &space, &one, &own, driver.daemon_usage().alive)
}

/// Where the store does not count inodes: what the driver counts of each container.
fn own_inodes(driver: &dyn Driver, idle: &[Idle<'_>]) -> Result<u64> {
    let of = |idle: &Idle<'_>| match idle {
        Idle::Container(container) => Ok(driver.usage(container.item())?.exclusive_inodes),
        Idle::Bound(_) => Ok(1),
    };
    idle.iter().map(of).sum()
}

pub(super) fn on_directory(cell: &mut Cell<'_>, dir: &Path) -> Result<()> {
    let dir = dir.join("density");
    std::fs::create_dir(&dir).attempt("create", &dir)?;
    let (environment, scratch) = (cell.environment, cell.scratch);
    let space = || {
        environment.sync()?;
        drivers::usage::of_store(&dir)
    };
    let one = |n: u32| {
        let (own, at) = (dir.join(n.to_string()), scratch.join(format!("bound-{n}")));
        Bound::new(own, at).map(Idle::Bound)
    };
    let own = |idle: &[Idle<'_>]| Ok(idle.len() as u64);
    let outcome = bring_up(cell, &space, &one, &own, 0);
    drivers::remove::tree(&dir)?;
    outcome
}

/// What is taken at one moment.
struct Taken {
    space: StoreSpace,
    mounts: usize,
    glance: Glance,
}

fn bring_up<'a>(
    cell: &mut Cell<'_>,
    space: &dyn Fn() -> Result<StoreSpace>,
    one: &dyn Fn(u32) -> Result<Idle<'a>>,
    own: &dyn Fn(&[Idle<'a>]) -> Result<u64>,
    daemons: u32,
) -> Result<()> {
    let environment = cell.environment;
    let look = || -> Result<Taken> {
        Ok(Taken {
            space: space()?,
            mounts: mountinfo::all()?.len(),
            glance: environment.glance()?,
        })
    };
    let mut counts = cell.scale.density.density_containers.clone();
    counts.sort_unstable();
    counts.dedup();
    let before = look()?;
    let mut idle: Vec<Idle<'a>> = Vec::new();
    for count in counts {
        cell.recorder.param("containers", Some(count.to_string()));
        let have = u32::try_from(idle.len()).unwrap_or(u32::MAX);
        let added = cell
            .recorder
            .time_mean("add", count.saturating_sub(have), || {
                for n in have..count {
                    idle.push(one(n)?);
                }
                Ok(())
            });
        match added {
            // What fits is an answer, too.
            Err(error) if error.kind() == ErrorKind::NoSpace => {
                let why = format!("the store was full with {} containers: {error}", idle.len());
                cell.recorder.cannot("live", why);
                break;
            }
            other => other?,
        }
        let after = look()?;
        let inodes = match (before.space.inodes, after.space.inodes) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => own(&idle)?,
        };
        let grown = after.space.bytes.saturating_sub(before.space.bytes);
        value(cell, "live", Metric::Allocated, grown);
        value(cell, "live", Metric::Inodes, inodes);
        let mounts = after.mounts.saturating_sub(before.mounts);
        value(cell, "live", Metric::Mounts, mounts as u64);
        memory(cell, count, &before.glance, &after.glance, daemons);
    }
    let all = u32::try_from(idle.len()).unwrap_or(u32::MAX);
    cell.recorder.param("containers", Some(all.to_string()));
    let down = cell.recorder.time_mean("take-down", all, || {
        // The last first: nobody else's shortcut.
        while let Some(one) = idle.pop() {
            one.finish()?;
        }
        Ok(())
    });
    cell.recorder.param("containers", None);
    down
}

fn memory(cell: &mut Cell<'_>, count: u32, before: &Glance, after: &Glance, daemons_before: u32) {
    let mut of = |whose: &str, before: u64, after: u64| {
        cell.recorder.param("of", Some(whose.to_owned()));
        value(cell, "live", Metric::Memory, after.saturating_sub(before));
        cell.recorder.param("of", None);
    };
    if after.daemons > before.daemons || daemons_before > 0 {
        of("daemons", before.daemons, after.daemons);
    }
    if count >= ENOUGH {
        of("kernel", before.kernel, after.kernel);
    }
}
