//! The control: a tree and a copy of it that was changed, compared as any two directories are.

use std::path::Path;

use drivers::copy::{self, Method};
use drivers::error::Attempt as _;
use drivers::{Result, changes, export, remove};

use super::edits::Edits;
use super::measure;
use crate::cell::Cell;
use crate::tree::Tree;

/// Measures in directories of its own, which are gone afterwards.
pub(super) fn on_tree(cell: &mut Cell<'_>, hostdir: &Path, tree: Tree) -> Result<()> {
    let dir = hostdir.join("diff");
    std::fs::create_dir(&dir).attempt("create", &dir)?;
    let outcome = in_directory(cell, &dir, tree);
    let removed = remove::tree(&dir);
    outcome.and(removed)
}

fn in_directory(cell: &mut Cell<'_>, dir: &Path, tree: Tree) -> Result<()> {
    let [image, container] = ["image", "container"].map(|name| dir.join(name));
    std::fs::create_dir(&image).attempt("create", &image)?;
    tree.write(&image)?;
    for (place, count) in cell.scale.diff.changes(tree.files).into_iter().enumerate() {
        cell.recorder.param("changes", Some(count.to_string()));
        copy::tree(&image, &container, Method::BySize)?;
        let edits = Edits {
            tree,
            count,
            seed: cell.seed,
        };
        edits.make(&container)?;
        cell.environment.sync()?;
        let compare = || changes::compare(Some(&image), &container);
        measure::changes(cell, &edits, compare)?;
        if place == 1 {
            measure::naive(cell, &edits, compare)?;
        }
        measure::export(cell, |sink| export::write(&container, &compare()?, sink))?;
        cell.recorder.one_of_the_caches(None);
        remove::tree(&container)?;
    }
    Ok(())
}
