//! A subvolume that a container makes inside itself is content like any other: committed with it, shown in children, removed with it.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::AsFd as _;

use drivers::error::Attempt as _;
use drivers::sys::btrfs;
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::rooms::Rooms;

/// The promise.
pub const CASE: Case = Case {
    name: "nested_subvolumes_go_with_their_container",
    promise: "A subvolume that a container makes inside itself is content like any other: committed with it, shown in children, removed with it.",
    why: "Docker in Docker on btrfs makes thousands; a removal that stops at them leaks them and blocks the container's name.",
    origin: "moby btrfs driver tests (subvolume deletion), moby 38207; containers/storage btrfs",
    covers: &["LC4", "C59"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::Lie(&lies::SUBVOLUMES_ARE_NOT_MADE)],
    run,
};

const BYTES: usize = 3 << 20;

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let rooms = Rooms::of(context)?;
    let container = context.container(Some(&base))?;
    match make(&container, "outer") {
        Err(error) if is_foreign(&error) => {
            context.remove(container)?;
            return Err(Stop::not_applicable(format!(
                "no subvolume can be made in a container: {error}"
            )));
        }
        other => other.attempt("make a subvolume", "outer")?,
    }
    check::that(
        container.path("outer").is_dir(),
        "a subvolume that was made is there",
        "it is not",
    )?;
    fill(&container, "outer", 1)?;
    fs::create_dir(container.path("outer/d")).attempt("make", "outer/d")?;
    make(&container, "outer/d/inner").attempt("make a subvolume", "outer/d/inner")?;
    fill(&container, "outer/d/inner", 2)?;
    make(&container, "sealed").attempt("make a subvolume", "sealed")?;
    fill(&container, "sealed", 3)?;
    let sealed = container.open("sealed")?;
    btrfs::set_read_only(sealed.as_fd(), true).attempt("seal", "sealed")?;
    drop(sealed);

    // Committed, they are the layer's, and a child has its own.
    let layer = context.commit(container)?;
    let child = context.container(Some(&layer))?;
    for path in ["outer/file", "outer/d/inner/file", "sealed/file"] {
        check::same(path, BYTES, child.read(path)?.len())?;
    }
    let path = child.path("outer/d/inner/file");
    fs::write(&path, "mine").attempt("write", &path)?;
    make(&child, "outer/own").attempt("make a subvolume", "outer/own")?;
    let sibling = context.container(Some(&layer))?;
    check::same(
        "a sibling's file",
        BYTES,
        sibling.read("outer/d/inner/file")?.len(),
    )?;
    check::that(
        fs::symlink_metadata(sibling.path("outer/own")).is_err(),
        "no sibling sees what a container made",
        "outer/own is there",
    )?;
    context.remove(child)?;
    context.remove(sibling)?;
    context.driver()?.remove(drivers::Item::Layer(&layer))?;
    rooms.check(context)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

/// Whether the filesystem does not know what a subvolume is.
fn is_foreign(error: &std::io::Error) -> bool {
    [Errno::NOTTY, Errno::OPNOTSUPP, Errno::NOSYS, Errno::INVAL]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

fn make(container: &Container, path: &str) -> std::io::Result<()> {
    let whole = container.path(path);
    let (above, name) = (whole.parent(), whole.file_name());
    let above = File::open(above.unwrap_or(&whole))?;
    let name = CString::new(name.unwrap_or_default().as_encoded_bytes())?;
    btrfs::create(above.as_fd(), &name)
}

fn fill(container: &Container, subvolume: &str, seed: u64) -> check::Checked {
    let path = container.path(format!("{subvolume}/file"));
    Ok(fs::write(&path, crate::fixture::noise(seed, BYTES)).attempt("write", &path)?)
}
