//! Workload `postgres`: a real PostgreSQL of the image, with its data in the container's layer and on a volume.
//!
//! initdb, start, pgbench's tables, its transactions (each a commit that waits for the disk), its queries that only read,
//! stop. Targets as in `write-heavy`: `layer-new`, `volume`, `hostdir` (the control: a plain directory that holds a copy of
//! the image). Server and clients meet on a socket inside the root; settings are PostgreSQL's own but for 32 MB of shared
//! buffers and no autovacuum, whose moment nobody knows.
//!
//! **Predicts** what a transactional database pays for living in a layer instead of a volume: transactions a second, their
//! median and 99th percentile, the time and space of its files. **Does not show** a database larger than the page cache,
//! nor one that has run for days: see `aging` for what time does to a store.

mod bench;
mod server;

use std::path::Path;

use drivers::{Driver, Error, ErrorKind, LayerId, Result};
use serde::{Deserialize, Serialize};

use crate::bill::Bill;
use crate::cell::{Cell, Ground, Place};
use crate::container::{Container, key};
use crate::recorder::Metric;
use crate::room::Room;
use crate::volume::{Volume, directory};
use crate::{Reach, Workload};
use server::Programs;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "postgres",
    question: "What does a database pay for living in a container's layer?",
    phases: &[
        ("initdb", "making the database cluster, until durable"),
        ("start", "from the start of the server until it is ready"),
        ("load", "pgbench's tables filled and indexed, until durable"),
        (
            "transactions",
            "pgbench's own mix, TPC-B like: five statements and a commit each",
        ),
        ("read-only", "pgbench's select-only transactions"),
        ("stop", "a fast shutdown with its checkpoint"),
        (
            "kept",
            "what the container's layer holds then: space and inodes",
        ),
    ],
    reach: Reach::Long,
    run,
};

/// How much it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amounts {
    /// `postgres`: pgbench's scale factor; one is 100,000 rows, some 15 MB.
    pub postgres_scale: u32,
    /// `postgres`: clients at once.
    pub postgres_clients: u32,
    /// `postgres`: transactions of each client.
    pub postgres_transactions: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            postgres_scale: 1,
            postgres_clients: 1,
            postgres_transactions: 20,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            postgres_scale: 1,
            postgres_clients: 2,
            postgres_transactions: 250,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            postgres_scale: 10,
            postgres_clients: 4,
            postgres_transactions: 2500,
        }
    }
}

/// Where the cluster is, inside the root.
const DATA: &str = "/var/lib/layerbench/postgres";

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let outcome = match (cell.ensure_image()?, cell.ground) {
        (Place::Layer(top), Ground::Driver(driver)) => on_driver(cell, driver, &top),
        (Place::Directory(image), Ground::HostDir(dir)) => {
            let copy = crate::own::ImageCopy::of(&image, dir.join("postgres"))?;
            on_root(cell, copy.path(), "hostdir").and_then(|()| copy.close())
        }
        _ => Err(Error::new(ErrorKind::Corrupt, "find the image of the cell")),
    };
    cell.recorder.param("target", None);
    outcome
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver, top: &LayerId) -> Result<()> {
    for target in ["layer-new", "volume"] {
        let container = Container::start(driver, key(cell, "pg")?, cell.scratch, Some(top))?;
        on_root(cell, container.root(), target)?;
        cell.environment.sync()?;
        let usage = driver.usage(container.item())?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "byte and inode counts below 2^53"
        )]
        for (metric, value) in [
            (Metric::Allocated, usage.exclusive_bytes as f64),
            (Metric::Inodes, usage.exclusive_inodes as f64),
        ] {
            cell.recorder.value("kept", metric, value);
        }
        container.finish()?;
    }
    Ok(())
}

/// Everything at one target. Guards take it all down again, the server first.
fn on_root(cell: &mut Cell<'_>, root: &Path, target: &str) -> Result<()> {
    cell.recorder.param("target", Some(target.to_owned()));
    let programs = Programs::find(root)?;
    let owner = Some(programs.user);
    let volume = if target == "volume" {
        Some(Volume::mount(cell.plain, root, Path::new(DATA), owner)?)
    } else {
        directory(root, Path::new(DATA), owner)?;
        None
    };
    let room = Room::furnish(root)?;
    let environment = cell.environment;

    cell.recorder.time_until_durable(
        "initdb",
        || programs.make_cluster(root),
        || environment.sync(),
    )?;
    let server = cell.recorder.time("start", || programs.serve(root))?;
    let mut bill = Bill::default();
    bill.add(&mut cell.recorder, "start", &server);
    bench::all(cell, &programs, root, &server, &mut bill)?;
    cell.recorder.time("stop", || server::stop(server))?;
    bill.settle(&mut cell.recorder, "stop");
    room.close()?;
    volume.map_or(Ok(()), Volume::close)
}
