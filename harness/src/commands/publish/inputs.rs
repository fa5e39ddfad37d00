//! The runs of some directories.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::{exit, packed, progress, records, runs};

/// How deep a directory of runs is searched: `YEAR/HOST/RUN` and one more.
const DEEPEST: usize = 4;

/// The directories, or files, that hold a run each; in the order of their names, so that nothing depends on the
/// filesystem's.
pub(super) fn find(places: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for place in places {
        if !place.exists() {
            return Err(exit::coded(
                exit::NO_INPUT,
                format!("there is no {}; layerbench run makes it", place.display()),
            ));
        }
        if place.is_file() {
            found.push(place.clone());
        } else if place.join("runs").is_dir() {
            // An output directory, or a site.
            found.extend(runs::list(place)?.into_iter().map(|(_, dir)| dir));
        } else {
            below(place, 0, &mut found)?;
        }
    }
    found.retain(|run| {
        let runs = runs::is_running(run);
        if runs {
            progress::say(&format!(
                "layerbench: left out: {} still runs",
                run.display()
            ));
        }
        !runs
    });
    Ok(found)
}

fn below(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let names = [records::FILE, "results.json", packed::FILE];
    if names.iter().any(|name| dir.join(name).is_file()) {
        found.push(dir.to_owned());
        return Ok(());
    }
    if depth == DEEPEST {
        return Ok(());
    }
    let what = || format!("could not list {}", dir.display());
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(what)? {
        let entry = entry.with_context(what)?;
        // A link, such as `latest`, leads to what is found by its own name.
        if entry.file_type().with_context(what)?.is_dir() {
            inside.push(entry.path());
        }
    }
    inside.sort();
    inside
        .iter()
        .try_for_each(|dir| below(dir, depth + 1, found))
}
