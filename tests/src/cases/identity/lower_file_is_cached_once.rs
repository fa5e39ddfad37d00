//! What one container has read of a lower file is in the page cache for the next container of the image.

use std::os::fd::AsFd as _;

use drivers::error::Attempt as _;
use drivers::sys::residency::resident_pages;
use rustix::fs::{Advice, fadvise};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "lower_file_is_cached_once",
    promise: "What one container has read of a lower file is in the page cache for the next container of the image.",
    why: "A hundred containers of one image keep one copy of its libraries in memory, or a hundred.",
    origin: "the founding documents (page cache shared between containers); catalogue ID6",
    covers: &["ID6"],
    level: Level::Informs,
    theme: Theme::Identity,
    capability: Some("shared_page_cache"),
    broken_by: &[Fault::Flipped("shared_page_cache")],
    run,
};

/// Long enough that no read-ahead of something else brings it in.
const LENGTH: usize = 1 << 20;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.shared_page_cache;
    let base = context.layer(None, &[file("library", fixture::noise(51, LENGTH))])?;
    let one = context.container(Some(&base))?;
    let two = context.container(Some(&base))?;
    context.driver()?.sync()?;
    for container in [&one, &two] {
        forget(container)?;
    }
    for container in [&one, &two] {
        let resident = resident(container)?;
        check::that(
            resident == 0,
            "nothing is cached after its pages are dropped",
            format!("{resident} bytes"),
        )?;
    }
    check::same("what is read", LENGTH, one.read("library")?.len())?;
    let (first, second) = (resident(&one)?, resident(&two)?);
    check::that(
        first >= LENGTH as u64,
        format!(
            "{} cached where they were read",
            fixture::bytes(LENGTH as u64)
        ),
        fixture::bytes(first),
    )?;
    let shared = second >= LENGTH as u64;
    check::that(
        shared || second == 0,
        "all or nothing is cached for the other container",
        fixture::bytes(second),
    )?;
    if declared {
        return check::declared(
            "shared_page_cache",
            true,
            shared,
            format!("{} cached for the other container", fixture::bytes(second)),
        );
    }
    // Files of their own in every container: no plain filesystem would do otherwise, but it must be as declared.
    check::that(!shared, "pages of their own, as declared", "shared pages")?;
    Ok(Outcome::Deviates(
        "each container reads a copy of its own into memory".to_owned(),
    ))
}

fn resident(container: &Container) -> Result<u64, Stop> {
    let (pages, _) = resident_pages(&container.path("library"))?;
    Ok((pages * rustix::param::page_size()) as u64)
}

/// Takes a file's pages out of the cache.
fn forget(container: &Container) -> Result<(), Stop> {
    let file = container.open("library")?;
    file.sync_all().attempt("sync", container.path("library"))?;
    fadvise(file.as_fd(), 0, None, Advice::DontNeed)
        .attempt("drop the pages of", container.path("library"))?;
    Ok(())
}
