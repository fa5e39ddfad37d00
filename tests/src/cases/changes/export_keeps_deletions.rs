//! Deletions are exported as whiteouts, one for a whole directory, and work wherever the export is applied.

use drivers::Item;
use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "export_keeps_deletions",
    promise: "Deletions are exported as whiteouts, one for a whole directory, and work wherever the export is applied.",
    why: "Deletions lost on push bring deleted secrets back.",
    origin: "moby 23863; OCI layer.md (whiteouts); catalogue DF8",
    covers: &["DF8", "C10"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[
        Fault::ExportedDeletionsLost,
        Fault::ExportedDeletionsAreDevices,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            file("d/b", "2"),
            dir("e"),
            dir("e/f"),
            file("e/f/g", "3"),
            file("h", "4"),
            dir("g"),
            file("g/x", "5"),
            dir("g/y"),
            file("g/y/z", "6"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let change = [
        remove("d/a"),
        remove("e"),
        remove("h"),
        remove("d/b"),
        file("d/b", "new"),
        remove("g"),
        dir("g"),
        file("g/new", "7"),
    ];
    container.apply(&change)?;
    container.unmount()?;
    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&container.key), &mut tar)?;
    let mut names = Vec::new();
    for entry in tar::Archive::new(&tar[..])
        .entries()
        .attempt("read the export of", container.key.as_str())?
    {
        let entry = entry.attempt("read the export of", container.key.as_str())?;
        names.push(String::from_utf8_lossy(&entry.path_bytes()).into_owned());
    }
    let mut markers: Vec<_> = names
        .iter()
        .filter(|name| name.contains(".wh."))
        .map(|name| name.trim_start_matches("./").to_owned())
        .collect();
    // A directory made again hides what it held as a whole or name by name, but no name twice.
    let mut again: Vec<_> = markers
        .extract_if(.., |marker| marker.starts_with("g/"))
        .collect();
    again.sort();
    check::that(
        again == ["g/.wh..wh..opq"] || again == ["g/.wh.x", "g/.wh.y"],
        "an opaque marker for a directory made again, or a marker for each name it held",
        format!("{again:?}"),
    )?;
    check::same(
        "markers",
        vec![".wh.e".to_owned(), ".wh.h".to_owned(), "d/.wh.a".to_owned()],
        {
            let mut sorted = markers;
            sorted.sort();
            sorted
        },
    )?;
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    Ok(Outcome::Pass)
}
