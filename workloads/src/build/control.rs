//! The control: the same steps in one plain directory, the same copy, archive and unpacking, without any driver.

use std::path::Path;
use std::time::Instant;

use drivers::copy::{self, Method};
use drivers::error::Attempt as _;
use drivers::{Result, changes, export, remove};

use super::recipe::{self, PLACE};
use super::verify::same;
use super::workload::{archive_path, open_saved, record_payload};
use crate::cell::Cell;
use crate::image::{Platform, save};
use crate::pull::{PullOptions, unpack_into};
use crate::recorder::Metric;

/// Builds in a directory of its own, which is gone afterwards.
pub(super) fn run(cell: &mut Cell<'_>, hostdir: &Path) -> Result<()> {
    let dir = hostdir.join("build");
    std::fs::create_dir(&dir).attempt("create", &dir)?;
    let outcome = in_directory(cell, &dir);
    let removed = remove::tree(&dir);
    outcome.and(removed)
}

fn in_directory(cell: &mut Cell<'_>, dir: &Path) -> Result<()> {
    let environment = cell.environment;
    let steps = recipe::steps(&cell.scale.build, None);
    let [built, copied, loaded] = ["built", "copied", "loaded"].map(|name| dir.join(name));
    for dir in [&built, &copied] {
        std::fs::create_dir(dir).attempt("create", dir)?;
    }
    let change = cell.recorder.time_until_durable(
        "build",
        || {
            let began = Instant::now();
            steps.iter().try_for_each(|step| step.run(&built))?;
            Ok(began.elapsed().as_secs_f64())
        },
        || environment.sync(),
    )?;
    cell.recorder.value("change", Metric::Time, change);
    recipe::check(&built, &steps)?;

    cell.recorder.time_until_durable(
        "copy-from",
        || copy::tree(&built.join(PLACE), &copied.join(PLACE), Method::BySize),
        || environment.sync(),
    )?;
    let path = archive_path(cell);
    cell.recorder.time_until_durable(
        "save",
        || {
            let found = changes::compare(None, &copied)?;
            let mut archive = save::Archive::create(&path)?;
            archive.layer(|sink| export::write(&copied, &found, sink))?;
            archive.finish(&Platform::host())
        },
        || environment.sync(),
    )?;
    let options = PullOptions {
        limits: cell.limits,
        ..PullOptions::default()
    };
    cell.recorder.time_until_durable(
        "load",
        || unpack_into(&loaded, &open_saved(&path)?, &options),
        || environment.sync(),
    )?;
    record_payload(cell, &steps);
    same(&copied, &loaded)
}
