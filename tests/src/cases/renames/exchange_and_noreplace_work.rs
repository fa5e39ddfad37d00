//! renameat2 exchanges two lower files, and refuses to replace one where told so.

use drivers::error::Attempt as _;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{file, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "exchange_and_noreplace_work",
    promise: "renameat2 exchanges two lower files, and refuses to replace one where told so.",
    why: "Atomic swaps and create-if-absent of package managers and databases rest on these flags.",
    origin: "fuse-overlayfs rename tests; catalogue RN4",
    covers: &["RN4"],
    level: Level::Should,
    theme: Theme::Renames,
    capability: Some("rename_flags"),
    broken_by: &[
        Fault::Flipped("rename_flags"),
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.rename_flags;
    let base = context.layer(None, &[file("a", "A"), file("b", "B"), file("c", "C")])?;
    let mut container = context.container(Some(&base))?;
    let rename2 = |from: &str, to: &str, flags| {
        renameat_with(CWD, container.path(from), CWD, container.path(to), flags)
    };
    let swapped = rename2("a", "b", RenameFlags::EXCHANGE);
    let replaced = rename2("c", "a", RenameFlags::NOREPLACE);
    let moved = rename2("c", "d", RenameFlags::NOREPLACE);
    if declared {
        swapped.attempt("exchange", container.path("a"))?;
        check::errno("NOREPLACE over a file", Errno::EXIST, replaced)?;
        moved.attempt("rename with NOREPLACE", container.path("c"))?;
        container.predict(&[
            rename("a", "t"),
            rename("b", "a"),
            rename("t", "b"),
            rename("c", "d"),
        ])?;
    } else if moved.is_ok() {
        container.predict(&[rename("c", "d")])?;
    }
    container.check()?;
    check::declared(
        "rename_flags",
        declared,
        swapped.is_ok() && moved.is_ok(),
        format!(
            "{}; {}",
            check::words("exchange", &swapped),
            check::words("noreplace", &moved)
        ),
    )
}
