//! A path 200 directories deep and a directory of 5000 names are whole in a layer and in a container that changes them.

use std::collections::BTreeSet;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, dir, file, remove, rename, write};

/// The promise.
pub const CASE: Case = Case {
    name: "deep_paths_and_wide_directories_are_kept",
    promise: "A path 200 directories deep and a directory of 5000 names are whole in a layer and in a container that changes them.",
    why: "Package caches and node_modules are deep and wide; a listing cut short loses files without a word.",
    origin: "fuse-overlayfs stress tests (deep and wide trees)",
    covers: &["DP3"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::WritesLost],
    run,
};

const DEPTH: usize = 200;
const WIDTH: usize = 5000;

fn run(context: &mut Context<'_>) -> Verdict {
    let mut ops = Vec::new();
    let mut path = String::from("deep");
    ops.push(dir(&path));
    for _ in 1..DEPTH {
        path.push_str("/d");
        ops.push(dir(&path));
    }
    ops.push(file(format!("{path}/bottom"), "here"));
    ops.push(dir("wide"));
    ops.extend((0..WIDTH).map(|number| file(name(number), "")));
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let mut names: BTreeSet<Vec<u8>> = (0..WIDTH).map(|n| leaf(&name(n))).collect();
    check::same("names in the layer", WIDTH, container.names("wide")?.len())?;
    let changes: [Op; 6] = [
        write(format!("{path}/bottom"), 4, " too"),
        file(format!("{path}/own"), "mine"),
        remove(name(0)),
        remove(name(WIDTH - 1)),
        rename(name(1), "wide/renamed"),
        file("wide/new", "mine"),
    ];
    container.apply(&changes)?;
    for gone in [0, 1, WIDTH - 1] {
        names.remove(&leaf(&name(gone)));
    }
    names.extend([b"renamed".to_vec(), b"new".to_vec()]);
    for remounted in [false, true] {
        if remounted {
            context.mount(&mut container)?;
        }
        let seen = container.names("wide")?;
        let differ: Vec<_> = names.symmetric_difference(&seen).take(3).collect();
        check::that(
            differ.is_empty(),
            "every name of the wide directory",
            format!("{} names, {differ:?}", seen.len()),
        )?;
        check::same(
            "the deepest file",
            b"here too".to_vec(),
            container.read(format!("{path}/bottom"))?,
        )?;
    }
    container.check()?;
    Ok(Outcome::Pass)
}

fn name(number: usize) -> String {
    format!("wide/a name of ordinary length {number}")
}

fn leaf(path: &str) -> Vec<u8> {
    path.trim_start_matches("wide/").as_bytes().to_vec()
}
