//! Paths and link targets longer than a tar header holds are kept whole.

use std::fs;

use drivers::Item;
use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{dir, file, link, remove, symlink, write};

/// The promise.
pub const CASE: Case = Case {
    name: "long_paths_are_kept",
    promise: "Paths and link targets longer than a tar header holds are kept whole.",
    why: "Node modules and Java trees have paths that the old tar header cannot hold.",
    origin: "POSIX pax and GNU long names; catalogue MT7",
    covers: &["MT7", "DF11"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::LongPathsSkipped],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let mut ops = Vec::new();
    let mut path = String::new();
    for depth in 0..12 {
        path = format!(
            "{path}{}{}",
            if depth > 0 { "/" } else { "" },
            "directory-".repeat(8)
        );
        ops.push(dir(&path));
    }
    let leaf = format!("{path}/leaf");
    ops.push(file(&leaf, "deep"));
    ops.push(link(&leaf, "near"));
    ops.push(symlink("far", &leaf));
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[write(format!("{path}/leaf"), 0, "D"), remove("near")])?;
    container.unmount()?;
    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    context.mount(&mut container)?;
    let seen = container.read(&leaf)?;
    check::same("the leaf", b"Deep".to_vec(), seen)?;
    let view = context.driver()?.view(Item::Layer(&copy))?;
    let copied = live::place(view.path(), &leaf);
    let content = fs::read(&copied).attempt("read", &copied)?;
    check::same("the exported leaf", b"Deep".to_vec(), content)?;
    view.close()?;
    Ok(Outcome::Pass)
}
