//! In a live container a file may be called .wh.something, and something stays.

use std::fs;

use drivers::{ErrorKind, Item};

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "whiteout_prefix_is_an_ordinary_name",
    promise: "In a live container a file may be called .wh.something, and something stays.",
    why: "A live file called `.wh.x` is a file until it is exported.",
    origin: "OCI layer.md (.wh. is reserved in archives only); fuse-overlayfs ",
    covers: &["WO9"],
    level: Level::Informs,
    theme: Theme::Whiteouts,
    capability: Some("whiteout_prefix_is_an_ordinary_name"),
    broken_by: &[Fault::Flipped("whiteout_prefix_is_an_ordinary_name")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.whiteout_prefix_is_an_ordinary_name;
    let base = context.layer(None, &[file("something", "1")])?;
    let mut container = context.container(Some(&base))?;
    let made = fs::write(container.path(".wh.something"), "mine");
    let names = container.names("")?;
    let kept = names.contains(&b"something"[..]) && container.read("something").is_ok();
    let content = fs::read(container.path(".wh.something")).ok();
    let shown =
        kept && names.contains(&b".wh.something"[..]) && content.as_deref() == Some(&b"mine"[..]);
    if shown {
        // An archive has no word for such a file: better none than one that deletes `something`.
        container.unmount()?;
        let mut tar = Vec::new();
        let driver = context.driver()?;
        let exported = driver.export(Item::Container(&container.key), &mut tar);
        check::refused("its export", ErrorKind::BadInput, exported)?;
        context.mount(&mut container)?;
        let after = fs::read(container.path(".wh.something")).ok();
        check::same("its content after a remount", Some(b"mine".to_vec()), after)?;
    }
    check::declared(
        "whiteout_prefix_is_an_ordinary_name",
        declared,
        shown,
        format!(
            "making .wh.something: {}; something is {}",
            made.map_or_else(|error| error.to_string(), |()| "no error".to_owned()),
            if kept { "still there" } else { "gone" },
        ),
    )
}
