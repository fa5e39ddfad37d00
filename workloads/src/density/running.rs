//! Servers that run, one in each of so many containers of the image of the run: what they take in memory together. Where the
//! containers read one file of the store, their programs and libraries are in memory once; where each has a file of its own,
//! as often as there are containers.

use std::path::{Path, PathBuf};

use drivers::copy::{self, Method};
use drivers::sys::rooted::Running;
use drivers::{Driver, Error, ErrorKind, Item, LayerId, Result, remove};

use super::servers::{Found, SERVERS, Server};
use super::{ENOUGH, value};
use crate::cell::{Cell, Ground, Place};
use crate::container::{Container, key};
use crate::layers::Layers;
use crate::processes;
use crate::recorder::Metric;
use crate::room::Room;

/// A server with what it runs in.
struct Serving<'a> {
    running: Running,
    room: Option<Room>,
    container: Option<Container<'a>>,
}

/// Where servers run.
enum Where<'a> {
    Containers(&'a dyn Driver, LayerId),
    Directory(PathBuf),
}

/// Every server in every number of containers.
pub(super) fn measure(cell: &mut Cell<'_>) -> Result<()> {
    if cell.recorder.is_counted() {
        return Ok(());
    }
    let outcome = match (cell.ensure_image()?, cell.ground) {
        (Place::Layer(top), Ground::Driver(driver)) => all(cell, &Where::Containers(driver, top)),
        (Place::Directory(image), _) => all(cell, &Where::Directory(image)),
        (Place::Layer(_), Ground::HostDir(dir)) => {
            Err(Error::new(ErrorKind::Corrupt, "find the image in").path(dir))
        }
    };
    for name in ["program", "containers", "of"] {
        cell.recorder.param(name, None);
    }
    outcome
}

fn all(cell: &mut Cell<'_>, place: &Where<'_>) -> Result<()> {
    let mut absent = Vec::new();
    for server in SERVERS {
        let Some(found) = find(place, server)? else {
            absent.push(server.name);
            continue;
        };
        cell.recorder.param("program", Some(server.name.to_owned()));
        match one(cell, place, &found) {
            // It fails in this image, or may not run: no reason not to ask the others.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Unsupported
                        | ErrorKind::Daemon
                        | ErrorKind::TimedOut
                        | ErrorKind::NoSpace
                ) =>
            {
                cell.recorder.cannot("running", error.to_string());
            }
            other => other?,
        }
        cell.recorder.param("containers", None);
    }
    cell.recorder.param("program", None);
    if !absent.is_empty() {
        let names = absent.join(", ");
        cell.recorder.cannot(
            "running",
            format!("the image lacks {names} (scripts/debian-image.sh makes one that has it)"),
        );
    }
    Ok(())
}

fn find(place: &Where<'_>, server: &'static Server) -> Result<Option<Found>> {
    match place {
        Where::Containers(driver, top) => {
            let view = driver.view(Item::Layer(top))?;
            let found = server.find(view.path());
            view.close()?;
            found
        }
        Where::Directory(image) => server.find(image),
    }
}

/// One server in every number of containers.
fn one(cell: &mut Cell<'_>, place: &Where<'_>, found: &Found) -> Result<()> {
    if !found.has_first() {
        return in_each_number(cell, place, found);
    }
    match place {
        Where::Containers(driver, top) => {
            let mut layers = Layers::new(*driver);
            let with_first = first_layer(cell, *driver, top, found)?;
            layers.add(with_first.clone());
            in_each_number(cell, &Where::Containers(*driver, with_first), found)?;
            layers.remove()
        }
        Where::Directory(image) => {
            let most = cell.scale.density.density_running.iter().max();
            let most = most.copied().unwrap_or(0) as usize;
            let made = Made {
                dirs: (0..most)
                    .filter_map(|number| found.data(number))
                    .map(|data| image.join(data))
                    .collect(),
            };
            made.make(image, found)?;
            in_each_number(cell, place, found)?;
            made.remove()
        }
    }
}

/// A layer on the image that holds what the server begins with: containers start from there, as from an image that has it.
fn first_layer(
    cell: &Cell<'_>,
    driver: &dyn Driver,
    top: &LayerId,
    found: &Found,
) -> Result<LayerId> {
    let key = key(cell, "first")?;
    let mut container = Container::start(driver, key, cell.scratch, Some(top))?;
    let room = Room::furnish(container.root())?;
    found.make_first(container.root())?;
    room.close()?;
    container.unmount()?;
    // Made anew in each cell: no two are the same.
    let name = format!("{} {}", cell.name, found.server.name);
    let id = LayerId::chain(Some(top), &crate::fixture::digest(&name))?;
    container.commit(&id)?;
    container.finish()?;
    Ok(id)
}

/// On the control: what each server begins with, in the directory of the image, which has to be as it was in the end.
struct Made {
    dirs: Vec<PathBuf>,
}

impl Made {
    fn make(&self, image: &Path, found: &Found) -> Result<()> {
        let Some((first, others)) = self.dirs.split_first() else {
            return Ok(());
        };
        let room = Room::furnish(image)?;
        found.make_first(image)?;
        room.close()?;
        others
            .iter()
            .try_for_each(|dir| copy::tree(first, dir, Method::BySize).map(drop))
    }

    fn remove(&self) -> Result<()> {
        let there = self
            .dirs
            .iter()
            .filter(|dir| dir.symlink_metadata().is_ok());
        there.map(|dir| remove::tree(dir)).fold(Ok(()), Result::and)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // After `remove` nothing is there; after a failure that one is told.
        drop(self.remove());
    }
}

/// Bytes that were seen while all of them ran.
struct Seen {
    servers: Option<u64>,
    /// Of the driver's daemons, and only where it has some: what they grew by.
    daemons: Option<u64>,
    /// What the kernel's own memory grew by.
    kernel: u64,
}

fn in_each_number(cell: &mut Cell<'_>, place: &Where<'_>, found: &Found) -> Result<()> {
    for count in cell.scale.density.density_running.clone() {
        cell.recorder.param("containers", Some(count.to_string()));
        let seen = together(cell, place, found, count as usize)?;
        let Some(bytes) = seen.servers else {
            let why = "the kernel does not tell the memory of processes (smaps_rollup)";
            cell.recorder.cannot("running", why);
            continue;
        };
        value(cell, "running", Metric::Memory, bytes);
        let each = bytes / u64::from(count.max(1));
        let kernel = (count >= ENOUGH).then_some(seen.kernel);
        for (whose, bytes) in [
            ("each", Some(each)),
            ("daemons", seen.daemons),
            ("kernel", kernel),
        ] {
            let Some(bytes) = bytes else { continue };
            cell.recorder.param("of", Some(whose.to_owned()));
            value(cell, "running", Metric::Memory, bytes);
            cell.recorder.param("of", None);
        }
    }
    Ok(())
}

/// So many servers at once. They are ended whatever comes of it.
fn together(cell: &Cell<'_>, place: &Where<'_>, found: &Found, count: usize) -> Result<Seen> {
    let before = cell.environment.glance()?;
    let shared = match place {
        Where::Directory(image) => Some(Room::furnish(image)?),
        Where::Containers(..) => None,
    };
    let mut serving = Vec::with_capacity(count);
    let started: Result<()> = (0..count).try_for_each(|number| {
        serving.push(serve(cell, place, found, number)?);
        Ok(())
    });
    let seen = started.and_then(|()| {
        let shares = serving.iter().map(|one| processes::memory(&one.running));
        let servers = shares.sum();
        let after = cell.environment.glance()?;
        let daemons = match place {
            Where::Containers(driver, _) if driver.daemon_usage().alive > 0 => {
                // The servers are processes of ours, too.
                let ours = serving.iter().map(|one| processes::alone(&one.running));
                ours.sum::<Option<u64>>().map(|ours| {
                    let grown = after.daemons.saturating_sub(before.daemons);
                    grown.saturating_sub(ours)
                })
            }
            Where::Containers(..) | Where::Directory(_) => None,
        };
        Ok(Seen {
            servers,
            daemons,
            kernel: after.kernel.saturating_sub(before.kernel),
        })
    });
    let ended = serving
        .into_iter()
        .map(|one| end(found, one))
        .fold(Ok(()), Result::and);
    let closed = shared.map_or(Ok(()), Room::close);
    let seen = seen?;
    ended.and(closed)?;
    Ok(seen)
}

fn serve<'a>(
    cell: &Cell<'_>,
    place: &Where<'a>,
    found: &Found,
    number: usize,
) -> Result<Serving<'a>> {
    match place {
        Where::Directory(image) => Ok(Serving {
            running: found.start(image, number)?,
            room: None,
            container: None,
        }),
        Where::Containers(driver, top) => {
            let key = key(cell, &format!("run-{number}"))?;
            let container = Container::start(*driver, key, cell.scratch, Some(top))?;
            let room = Room::furnish(container.root())?;
            Ok(Serving {
                // Each has a root of its own: nobody else is there.
                running: found.start(container.root(), 0)?,
                room: Some(room),
                container: Some(container),
            })
        }
    }
}

fn end(found: &Found, serving: Serving<'_>) -> Result<()> {
    let ended = found.end(serving.running);
    let closed = serving.room.map_or(Ok(()), Room::close);
    let finished = serving.container.map_or(Ok(()), Container::finish);
    ended.and(closed).and(finished)
}
