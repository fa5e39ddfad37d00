//! User and group ids up to the largest the driver declares are kept from archive to container.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chown, file, write};

/// The promise.
pub const CASE: Case = Case {
    name: "large_ids_are_kept",
    promise: "User and group ids up to the largest the driver declares are kept from archive to container.",
    why: "Ids above 2 097 151 do not fit the old header; cut ids give files to somebody else.",
    origin: "catalogue MT7 (huge ids); GNU base-256 and PAX ids",
    covers: &["MT7"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: Some("max_id"),
    broken_by: &[Fault::OwnersLost, Fault::IdsCut],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.arbitrary_owners {
        return Err(Stop::not_applicable(
            "owners other than the caller cannot be stored here",
        ));
    }
    let largest = capabilities.max_id;
    let base = context.layer(
        None,
        &[
            file("a", "1"),
            chown("a", largest, largest.min(2_097_151)),
            file("b", "2"),
            chown("b", largest.min(2_097_152), largest),
            file("c", "3"),
            chown("c", 65_535, largest.min(65_536)),
        ],
    )?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[chown("c", largest, largest), write("a", 0, "x")])?;
    container.check()?;
    if largest == u32::MAX - 1 {
        return Ok(Outcome::Pass);
    }
    Ok(Outcome::Deviates(format!("ids go up to {largest}")))
}
