//! Every name that readdir gives can be looked up, and type and inode number agree with what stat says.

use std::os::unix::fs::MetadataExt as _;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare;
use crate::oracle::op::{dir, fifo, file, remove, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "listing_agrees_with_stat",
    promise: "Every name that readdir gives can be looked up, and type and inode number agree with what stat says.",
    why: "A name that is listed but not there breaks `rm -r`, `find` and backups.",
    origin: "fuse-overlayfs 391, 309; xfstests overlay/038, 041",
    covers: &["ID4", "C8", "C25"],
    level: Level::Should,
    theme: Theme::Identity,
    capability: Some("d_type"),
    broken_by: &[Fault::Flipped("d_type")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.d_type;
    let base = context.layer(None, &fixture::everything())?;
    let top = context.layer(
        Some(&base),
        &[file("etc/new", "1"), remove("bin/sh"), fifo("var/pipe")],
    )?;
    let mut container = context.container(Some(&top))?;
    container.apply(&[
        write("etc/passwd", 0, "x"),
        file("var/live", "2"),
        dir("var/d"),
        remove("bin/su"),
    ])?;
    let mut unknown = 0;
    for path in ["", "etc", "bin", "var", "dev", "links"] {
        let at = container.path(path);
        let listing = rustix::fs::Dir::new(container.open(path)?).attempt("list", &at)?;
        for entry in listing {
            let entry = entry.attempt("list", &at)?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let full = if path.is_empty() {
                name.to_vec()
            } else {
                [path.as_bytes(), b"/", name].concat()
            };
            let meta = container.stat(&full)?;
            let kind = rustix::fs::FileType::from_raw_mode(meta.mode());
            if entry.file_type() == rustix::fs::FileType::Unknown {
                unknown += 1;
            } else {
                check::same(
                    &format!("the type of {}", compare::show(&full)),
                    kind,
                    entry.file_type(),
                )?;
            }
            check::same(
                &format!("the inode number of {}", compare::show(&full)),
                meta.ino(),
                entry.ino(),
            )?;
        }
    }
    check::declared(
        "d_type",
        declared,
        unknown == 0,
        format!("{unknown} names are listed without their type"),
    )
}
