//! What an ordinary user may not do is refused with the right error and leaves no trace in the container.

use drivers::Item;
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::live;
use crate::oracle::op::{chmod, chown, dir, file, mtime, remove, rename, truncate, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "refused_operation_changes_nothing",
    promise: "What an ordinary user may not do is refused with the right error and leaves no trace in the container.",
    why: "A write that is not permitted must not cost the copy, nor leave one.",
    origin: "xfstests overlay/004; unionmount suite (impermissible)",
    covers: &["CU5"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: None,
    broken_by: &[
        Fault::Lie(&lies::CHMOD_DOES_NOTHING),
        Fault::RootAlwaysChanged,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            file("f", "root's"),
            chmod("f", 0o600),
            file("public", "1"),
            dir("d"),
            file("d/x", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let attempts = [
        (write("f", 0, "x"), Errno::ACCESS),
        (truncate("f", 0), Errno::ACCESS),
        (write("public", 0, "x"), Errno::ACCESS),
        (chmod("public", 0o777), Errno::PERM),
        (chown("public", fixture::USER, fixture::USER), Errno::PERM),
        (mtime("public", 1, 1), Errno::PERM),
        (remove("public"), Errno::ACCESS),
        (rename("public", "p"), Errno::ACCESS),
        (file("d/new", ""), Errno::ACCESS),
    ];
    let root = container.root().to_owned();
    let outcomes = fixture::as_user(fixture::USER, || {
        attempts
            .iter()
            .map(|(op, _)| live::apply(&root, std::slice::from_ref(op)))
            .collect::<Vec<_>>()
    })?;
    for ((op, errno), outcome) in attempts.iter().zip(outcomes) {
        let got = outcome
            .as_ref()
            .err()
            .and_then(drivers::Error::raw_os_error);
        check::that(
            got == Some(errno.raw_os_error()),
            format!("{op:?} is refused: {errno}"),
            format!("{outcome:?}"),
        )?;
    }
    container.check()?;
    container.unmount()?;
    let changes = context.driver()?.changes(Item::Container(&container.key))?;
    check::same("changes", Vec::new(), changes)?;
    Ok(Outcome::Pass)
}
