//! A child shows its parent's files with type, content, mode, owner, time, extended attributes and hard links.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "child_shows_all_of_its_parent",
    promise: "A child shows its parent's files with type, content, mode, owner, time, extended attributes and hard links.",
    why: "An image is what its files, owners, modes, times and attributes are; any lost one breaks some program.",
    origin: "moby graphtest (create snap); OCI layer.md (attributes a layer must carry)",
    covers: &["LS2", "DF2"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[
        Fault::XattrsLost,
        Fault::TimesLost,
        Fault::NanosecondsLost,
        Fault::OwnersLost,
        Fault::SpecialBitsLost,
        Fault::LinksSplit,
        Fault::CopiesLoseXattrs,
        Fault::CopiesLoseSpecialBits,
        Fault::DirectoryTimesLost,
        Fault::LinkAttributesLost,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    context.check_layer(&base)?;
    let child = context.layer(Some(&base), &[file("new", "1")])?;
    context.check_layer(&child)?;
    let container = context.container(Some(&child))?;
    container.check()?;
    let view = context.view(Some(&child))?;
    view.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
