//! Workload `diff`: a container on an image of many small files changes none, some, or many of them; then what changed is
//! looked for, written as a layer archive, and committed.
//!
//! It predicts what `docker diff`, `commit` and each step of a build cost on a driver, and whether that grows with what was
//! changed or with the image. It does not show compression or digests, which an engine adds to the archive.
//!
//! `changes` is measured from a dropped page cache (lukewarm: a container that has been running for long), and again at
//! once (warm). `changes-naive` compares the two whole trees, whatever the driver can do: the yardstick of its own way.
//! The driver's pending writes are synced before. On the control two directories are compared, in both phases; there is
//! nothing to commit.

use drivers::{Driver, Result};

use super::edits::Edits;
use super::{control, measure};
use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::layers::Layers;
use crate::tree::Tree;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "diff",
    question: "What does it cost to find, to export and to commit what a container changed?",
    phases: &[
        (
            "changes",
            "finding what the container changed of an image of `files` files",
        ),
        (
            "changes-naive",
            "the same by comparing the container's whole tree with the image's",
        ),
        (
            "export",
            "finding the changes and writing them as a layer archive, to nowhere",
        ),
        ("commit", "making the container layer a layer"),
    ],
    reach: Reach::Full,
    run,
};

/// Bytes of each file of an image.
const FILE: u32 = 512;

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let files = cell.scale.diff.diff_files.clone();
    let outcome = files.into_iter().try_for_each(|files| {
        cell.recorder.param("files", Some(files.to_string()));
        let tree = Tree { files, bytes: FILE };
        match cell.ground {
            Ground::Driver(driver) => on_tree(cell, driver, tree),
            Ground::HostDir(dir) => control::on_tree(cell, dir, tree),
        }
    });
    for name in ["files", "changes"] {
        cell.recorder.param(name, None);
    }
    cell.recorder.one_of_the_caches(None);
    outcome
}

fn on_tree(cell: &mut Cell<'_>, driver: &dyn Driver, tree: Tree) -> Result<()> {
    let environment = cell.environment;
    let image = tree.layer(driver, "diff", None)?;
    let counts = cell.scale.diff.changes(tree.files);
    for (place, count) in counts.into_iter().enumerate() {
        cell.recorder.param("changes", Some(count.to_string()));
        let name = format!("f{}c{count}", tree.files);
        let mut layers = Layers::new(driver);
        let mut container =
            Container::start(driver, key(cell, &name)?, cell.scratch, Some(&image))?;
        let edits = Edits {
            tree,
            count,
            seed: cell.seed,
        };
        edits.make(container.root())?;
        container.unmount()?;
        environment.sync()?;
        measure::changes(cell, &edits, || driver.changes(container.item()))?;
        // The yardstick depends on the files, hardly on how many of them were changed.
        if place == 1 {
            measure::naive(cell, &edits, || driver.changes_naive(container.item()))?;
        }
        measure::export(cell, |sink| driver.export(container.item(), sink))?;
        cell.recorder.one_of_the_caches(None);
        let layer = edits.layer(&image)?;
        cell.recorder.time_until_durable(
            "commit",
            || container.commit(&layer),
            || environment.sync(),
        )?;
        layers.add(layer);
        container.finish()?;
        layers.remove()?;
    }
    Ok(())
}
