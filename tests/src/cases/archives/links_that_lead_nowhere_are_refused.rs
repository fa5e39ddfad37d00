//! A link without a target, or with one that no filesystem takes, is malformed; nothing of it becomes a file.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::raw::Raw;
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "links_that_lead_nowhere_are_refused",
    promise: "A link without a target, or with one that no filesystem takes, is malformed; nothing of it becomes a file.",
    why: "A reader that takes an empty target for the directory itself links or deletes the whole layer.",
    origin: "moby and containerd archive tests (empty and .. link names); catalogue MT2, MT3",
    covers: &["MT2", "MT3"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let long = "x/".repeat(3000);
    let links = |kind: u8, target: &[u8]| Raw::new().file("f", b"1").link(kind, "l", target).end();
    let long_link = Raw::new().long(b'K', &long).link(b'2', "l", b"").end();
    let yard = Yard::new(context, None)?;
    for (what, tar) in [
        ("a symbolic link to nothing", links(b'2', b"")),
        ("a hard link to nothing", links(b'1', b"")),
        ("a hard link to the root", links(b'1', b"./")),
        ("a hard link to the directory above", links(b'1', b"..")),
        (
            "a hard link to itself, which is not there",
            links(b'1', b"l"),
        ),
        ("a symbolic link to a path of 6000 bytes", long_link),
    ] {
        yard.refuses(context, what, &tar)?;
    }
    // The directory above is a place like any other for a symbolic link.
    let layer = context.layer_of(None, &links(b'2', b".."))?;
    let view = context.view(Some(&layer))?;
    let target = std::fs::read_link(view.path("l")).unwrap_or_default();
    check::same("the target", std::path::PathBuf::from(".."), target)?;
    Ok(Outcome::Pass)
}
