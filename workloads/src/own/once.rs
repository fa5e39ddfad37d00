//! One cell of a workload of the user's: every state of the caches, in the layer and on a volume; each time with a
//! container of its own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use drivers::sys::rooted::Running;
use drivers::{Driver, Error, ErrorKind, Item, LayerId, Result};

use super::commands::Commands;
use super::copy::ImageCopy;
use super::{
    CLEANUP, CREATE, LEFT, LOAD, Own, Phase, READY, REMOVE, RUN, SETUP, STOP, TOTAL, files,
};
use crate::bill::Bill;
use crate::cell::{Cell, Ground, Place};
use crate::container::{Container, key};
use crate::environment::{CacheState, Probe, Settled};
use crate::recorder::Metric;
use crate::room::Room;
use crate::volume::{Volume, directory};
use crate::warmth::{TRIES, read_all};

/// Everything the cell asks for.
pub(super) fn all(own: &Own, cell: &mut Cell<'_>) -> Result<()> {
    let stand = match (cell.ensure_image()?, cell.ground) {
        (Place::Layer(top), Ground::Driver(driver)) => Stand::Driver(driver, top),
        (Place::Directory(image), Ground::HostDir(dir)) => {
            Stand::Directory(image, dir.join(&own.name))
        }
        _ => return Err(Error::new(ErrorKind::Corrupt, "find the image of the cell")),
    };
    let found = match &stand {
        Stand::Driver(driver, top) => {
            let view = driver.view(Item::Layer(top))?;
            let found = files::of(own, view.path());
            view.close()?;
            found?
        }
        Stand::Directory(image, _) => files::of(own, image)?,
    };
    let targets: &[Option<&str>] = match (&own.volume, &stand) {
        (None, _) => &[None],
        (Some(_), Stand::Driver(..)) => &[Some("layer"), Some("volume")],
        (Some(_), Stand::Directory(..)) => &[Some("hostdir")],
    };
    for &target in targets {
        cell.recorder.param("target", target.map(str::to_owned));
        let one = One {
            own,
            stand: &stand,
            files: &found,
            on_volume: target == Some("volume"),
        };
        one.in_each_state(cell)?;
    }
    cell.recorder.param("target", None);
    cell.recorder.one_of_the_caches(None);
    Ok(())
}

/// Where the commands are run.
#[derive(Debug)]
enum Stand<'a> {
    /// In containers on this layer.
    Driver(&'a dyn Driver, LayerId),
    /// On copies of this directory, made at that path.
    Directory(PathBuf, PathBuf),
}

/// What all passes at one target have in common.
#[derive(Debug, Clone, Copy)]
struct One<'a> {
    own: &'a Own,
    stand: &'a Stand<'a>,
    files: &'a [PathBuf],
    /// Its directory is a volume.
    on_volume: bool,
}

/// Numbers are taken of a pass, or it only reads what the next one is to find in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Rehearsal,
    Measured,
}

impl One<'_> {
    fn in_each_state(self, cell: &mut Cell<'_>) -> Result<()> {
        let (mut done, mut why) = (Vec::new(), None);
        for &wanted in &self.own.caches {
            let settled = self.pass(cell, wanted, &mut done)?;
            if settled.state == CacheState::Warm && wanted != CacheState::Warm {
                // Nothing can be dropped here.
                why = why.or(settled.refused);
            }
        }
        if done.is_empty() {
            tracing::info!("{}: {}", self.own.name, why.unwrap_or_default());
            self.pass(cell, CacheState::Warm, &mut done)?;
        }
        Ok(())
    }

    /// Measures from a state of the caches, or from what comes nearest; not twice from the same.
    fn pass(
        self,
        cell: &mut Cell<'_>,
        wanted: CacheState,
        done: &mut Vec<CacheState>,
    ) -> Result<Settled> {
        if wanted == CacheState::Warm && done.is_empty() {
            self.once(cell, Pass::Rehearsal)?;
        }
        let copy = self.stand.copy()?;
        let root = copy.as_ref().map(ImageCopy::path);
        let mut settled = self.settle(cell, wanted, root)?;
        for _ in 1..TRIES {
            // Somebody else dropped the caches of the machine meanwhile.
            if wanted == CacheState::Warm && settled.refused.is_some() {
                match root {
                    Some(root) => read_all(root, self.files)?,
                    None => self.once(cell, Pass::Rehearsal)?,
                }
                settled = self.settle(cell, wanted, root)?;
            }
        }
        let nothing_dropped = settled.state == CacheState::Warm && wanted != CacheState::Warm;
        if nothing_dropped || done.contains(&settled.state) {
            return Ok(settled);
        }
        if self.own.caches.len() > 1 {
            cell.recorder.one_of_the_caches(Some(&settled));
        } else {
            cell.recorder.caches(Some(&settled));
        }
        done.push(settled.state);
        match copy {
            Some(copy) => self.on_copy(cell, Pass::Measured, copy)?,
            None => self.once(cell, Pass::Measured)?,
        }
        Ok(settled)
    }

    fn settle(self, cell: &Cell<'_>, wanted: CacheState, copy: Option<&Path>) -> Result<Settled> {
        let probe = match (self.stand, copy) {
            _ if self.files.is_empty() => Probe::Nothing,
            (_, Some(copy)) => Probe::Directory(copy, self.files),
            (Stand::Driver(_, top), None) => Probe::Item(Item::Layer(top), self.files),
            (Stand::Directory(image, _), None) => Probe::Directory(image, self.files),
        };
        cell.environment.settle(wanted, probe)
    }

    /// All commands in a container of their own, or on a copy of the image.
    fn once(self, cell: &mut Cell<'_>, pass: Pass) -> Result<()> {
        let (driver, top) = match self.stand {
            Stand::Driver(driver, top) => (*driver, top),
            Stand::Directory(..) => {
                return match self.stand.copy()? {
                    Some(copy) => self.on_copy(cell, pass, copy),
                    None => Ok(()),
                };
            }
        };
        let mut container = Container::plan(driver, key(cell, "own")?, cell.scratch)?;
        let created = timed(cell, pass, CREATE, Sync::No, || {
            container.prepare(Some(top))?;
            container.mount()
        })?;
        self.commands(cell, pass, container.root(), created)?;
        cell.environment.sync()?;
        if pass == Pass::Measured {
            let usage = driver.usage(container.item())?;
            #[expect(
                clippy::cast_precision_loss,
                reason = "byte and inode counts below 2^53"
            )]
            for (metric, value) in [
                (Metric::Allocated, usage.exclusive_bytes as f64),
                (Metric::Inodes, usage.exclusive_inodes as f64),
            ] {
                cell.recorder.value(LEFT.0, metric, value);
            }
        }
        timed(cell, pass, REMOVE, Sync::No, || container.teardown())?;
        container.finish()
    }

    fn on_copy(self, cell: &mut Cell<'_>, pass: Pass, copy: ImageCopy) -> Result<()> {
        self.commands(cell, pass, copy.path(), 0.0)?;
        copy.close()
    }

    /// The commands in a root that took `created` seconds to make.
    fn commands(self, cell: &mut Cell<'_>, pass: Pass, root: &Path, created: f64) -> Result<()> {
        let own = self.own;
        let commands = Commands::of(own, root)?;
        // The directory is there wherever it is, so that all do the same.
        let volume = match &own.volume {
            Some(inside) if self.on_volume => {
                Some(Volume::mount(cell.plain, root, inside, commands.user)?)
            }
            Some(inside) => {
                directory(root, inside, commands.user)?;
                None
            }
            None => None,
        };
        let room = Room::furnish(root)?;
        if let Some(line) = &own.setup {
            timed(cell, pass, SETUP, Sync::Yes, || {
                commands.run("setup", line, None)
            })?;
        }
        let waited = match &own.ready {
            None => timed(cell, pass, RUN, Sync::Yes, || {
                commands.run("run", &own.run, None)
            })?,
            Some(ready) => {
                ready.is_free()?;
                let (mut server, mut bill) = (None, Bill::default());
                let waited = timed(cell, pass, READY, Sync::No, || {
                    server = Some(commands.serve(ready)?);
                    Ok(())
                })?;
                let mut billed = |cell: &mut Cell<'_>, phase: Phase, server: Option<&Running>| {
                    if let (Some(server), Pass::Measured) = (server, pass) {
                        bill.add(&mut cell.recorder, phase.0, server);
                    }
                };
                billed(cell, READY, server.as_ref());
                if let Some(line) = &own.load {
                    timed(cell, pass, LOAD, Sync::Yes, || {
                        commands.run("load", line, server.as_ref())
                    })?;
                    billed(cell, LOAD, server.as_ref());
                }
                timed(cell, pass, STOP, Sync::No, || {
                    server.take().map_or(Ok(()), |server| commands.stop(server))
                })?;
                if pass == Pass::Measured {
                    bill.settle(&mut cell.recorder, STOP.0);
                }
                waited
            }
        };
        if let Some(line) = &own.cleanup {
            timed(cell, pass, CLEANUP, Sync::No, || {
                commands.run("cleanup", line, None)
            })?;
        }
        if pass == Pass::Measured {
            cell.recorder.value(TOTAL.0, Metric::Time, created + waited);
        }
        room.close()?;
        volume.map_or(Ok(()), Volume::close)
    }
}

/// Whether a phase is also timed until what it wrote is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sync {
    Yes,
    No,
}

/// Does something, and gives the seconds it took; in a measured pass they are recorded, too.
fn timed(
    cell: &mut Cell<'_>,
    pass: Pass,
    phase: Phase,
    sync: Sync,
    work: impl FnOnce() -> Result<()>,
) -> Result<f64> {
    let environment = cell.environment;
    let work = || {
        let began = Instant::now();
        work()?;
        Ok(began.elapsed().as_secs_f64())
    };
    match (pass, sync) {
        (Pass::Rehearsal, _) => work(),
        (Pass::Measured, Sync::No) => cell.recorder.time(phase.0, work),
        (Pass::Measured, Sync::Yes) => cell
            .recorder
            .time_until_durable(phase.0, work, || environment.sync()),
    }
}

impl Stand<'_> {
    /// On the control, a fresh copy of the image; containers are made by the driver.
    fn copy(&self) -> Result<Option<ImageCopy>> {
        match self {
            Self::Driver(..) => Ok(None),
            Self::Directory(image, at) => ImageCopy::of(image, at.clone()).map(Some),
        }
    }
}
