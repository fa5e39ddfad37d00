//! FICLONE makes one file of a container share its blocks with another, lower or new.

use drivers::error::Attempt as _;
use rustix::fs::ioctl_ficlone;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::file;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "files_can_be_cloned",
    promise: "FICLONE makes one file of a container share its blocks with another, lower or new.",
    why: "`cp --reflink` saves space and time only where the driver passes it through.",
    origin: "catalogue FD8 (FICLONE)",
    covers: &["FD8"],
    level: Level::Informs,
    theme: Theme::OpenFiles,
    capability: Some("reflink"),
    broken_by: &[
        Fault::Flipped("reflink"),
        Fault::Lie(&lies::CLONING_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let declared = capabilities.reflink;
    let content = fixture::noise(4, 128 << 10);
    let lower = fixture::noise(5, 128 << 10);
    let base = context.layer(None, &[file("lower", &lower), file("target", "")])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("a", &content), file("b", ""), file("c", "")])?;
    let from = container.open("a")?;
    from.sync_all().attempt("sync", container.path("a"))?;
    if !capabilities.fresh_files_can_be_cloned {
        // What fsync writes may be a log.
        context.driver()?.sync()?;
    }
    // Of a new file into a new one, of a lower file into a new one, and of a new file into a lower one.
    let mut cloned = Ok(());
    for (from, to, becomes) in [
        (&from, "b", &content),
        (&container.open("lower")?, "c", &lower),
        (&from, "target", &content),
    ] {
        let outcome = ioctl_ficlone(container.open_for_writing(to)?, from);
        if outcome.is_ok() {
            container.predict(&[file(to, becomes)])?;
        }
        cloned = cloned.and(outcome);
    }
    container.check()?;
    if declared {
        return check::declared(
            "reflink",
            declared,
            cloned.is_ok(),
            check::words("FICLONE", &cloned),
        );
    }
    // Most filesystems cannot: that is no deviation from a plain one, but must be as declared.
    check::that(cloned.is_err(), "no clone, as declared", "FICLONE works")?;
    Ok(Outcome::Deviates(check::words("FICLONE", &cloned)))
}
