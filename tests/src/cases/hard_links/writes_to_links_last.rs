//! What is written to one name of a linked lower file is there under that name after an unmount, in whatever order the names were looked up.

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{dir, file, link, write};

/// The promise.
pub const CASE: Case = Case {
    name: "writes_to_links_last",
    promise: "What is written to one name of a linked lower file is there under that name after an unmount, in whatever order the names were looked up.",
    why: "A program that wrote, closed and read its file back finds the old content after the next start.",
    origin: "layerbench, found by a random sequence on fuse-overlayfs 1.10; catalogue HL1",
    covers: &["HL1"],
    level: Level::Must,
    theme: Theme::HardLinks,
    capability: Some("writes_to_links_last"),
    broken_by: &[Fault::Flipped("writes_to_links_last"), Fault::WritesLost],
    run,
};

/// Each file's names in the order they are looked up; the first is written to.
const FILES: [[&str; 2]; 2] = [["a/one", "b/one"], ["b/two", "a/two"]];

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.writes_to_links_last;
    let base = context.layer(
        None,
        &[
            dir("a"),
            dir("b"),
            file("a/one", "old"),
            link("a/one", "b/one"),
            file("a/two", "old"),
            link("a/two", "b/two"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    for names in FILES {
        for name in names {
            container.stat(name)?;
        }
        live::apply(container.root(), &[write(names[0], 0, "new")])?;
    }
    let mut lost = Vec::new();
    for remounted in [false, true] {
        if remounted {
            context.mount(&mut container)?;
        }
        for [name, _] in FILES {
            if container.read(name)? == b"new" {
                continue;
            }
            if !remounted {
                return Err(Stop::fail(format!("{name}: new, once written"), "old"));
            }
            lost.push(format!("{name} is old again after an unmount"));
        }
    }
    check::declared(
        "writes_to_links_last",
        declared,
        lost.is_empty(),
        lost.join("; "),
    )
}
