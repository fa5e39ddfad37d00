//! The file of the store that a driver names is the one whose pages a container's reading fills.

use std::os::fd::AsFd as _;
use std::path::Path;

use drivers::Item;
use drivers::error::Attempt as _;
use drivers::sys::cachestat::cached;
use rustix::fs::{Advice, fadvise};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "backing_file_is_what_is_read",
    promise: "The file of the store that a driver names for a container's file has its content, and reading it through the container brings its pages in.",
    why: "Whether a start is cold is proven on that file: were it another, warm starts would be called cold.",
    origin: "layerbench: cold starts; cachestat(2)",
    covers: &["ID6"],
    level: Level::Must,
    theme: Theme::Identity,
    capability: None,
    broken_by: &[Fault::WrongFileNamed],
    run,
};

const LENGTH: usize = 256 << 10;

fn run(context: &mut Context<'_>) -> Verdict {
    let lowest = context.layer(
        None,
        &[
            file("below", fixture::noise(61, LENGTH)),
            file("hidden", fixture::noise(62, LENGTH)),
        ],
    )?;
    let base = context.layer(Some(&lowest), &[file("hidden", fixture::noise(63, LENGTH))])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("own", fixture::noise(64, LENGTH))])?;
    container.apply(&[file("hidden", fixture::noise(65, LENGTH))])?;
    context.driver()?.sync()?;
    let item = Item::Container(&container.key);
    let mut named = 0;
    for name in ["below", "hidden", "own"] {
        let Some(backing) = context.driver()?.backing_file(item, Path::new(name))? else {
            continue;
        };
        named += 1;
        let content = std::fs::read(&backing).attempt("read", &backing)?;
        check::that(
            content == container.read(name)?,
            format!("the file named for {name} has its content"),
            backing.display().to_string(),
        )?;
        let inside = container.open(name)?;
        let below = std::fs::File::open(&backing).attempt("open", &backing)?;
        for file in [&inside, &below] {
            fadvise(file.as_fd(), 0, None, Advice::DontNeed)
                .attempt("drop the pages of", &backing)?;
        }
        drop((inside, below));
        let pages = cached(&backing)?;
        if pages.pages > 0 {
            // A store in memory: its pages are the file.
            continue;
        }
        container.read(name)?;
        let pages = cached(&backing)?;
        check::that(
            pages.pages >= pages.of,
            format!(
                "all {} pages of {} are cached once {name} was read",
                pages.of,
                backing.display()
            ),
            format!("{} pages", pages.pages),
        )?;
    }
    if named == 0 {
        return Ok(Outcome::NotApplicable(
            "each container has files of its own".to_owned(),
        ));
    }
    Ok(Outcome::Pass)
}
