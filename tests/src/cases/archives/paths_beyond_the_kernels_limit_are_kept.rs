//! A file at a path of 5000 bytes, longer than any system call takes, is unpacked, linked to, seen through a container,
//! and removed with its layer.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use drivers::error::Attempt as _;
use rustix::fs::{Mode, OFlags, openat};

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};

/// The promise.
pub const CASE: Case = Case {
    name: "paths_beyond_the_kernels_limit_are_kept",
    promise: "A file at a path of 5000 bytes, longer than any system call takes, is unpacked, linked to, seen through a container, and removed with its layer.",
    why: "A reader that hands whole paths to the kernel cuts or loses what lies deep; one that cannot remove it leaks the layer.",
    origin: "catalogue MT7 (path over 4 KiB); PATH_MAX of Linux",
    covers: &["MT7"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: Some("deep_paths"),
    broken_by: &[Fault::LongPathsSkipped, Fault::Flipped("deep_paths")],
    run,
};

/// Names in one another, 250 bytes each.
const DEPTH: usize = 20;

fn name() -> String {
    "n".repeat(250)
}

fn run(context: &mut Context<'_>) -> Verdict {
    let path = format!("{}leaf", format!("{}/", name()).repeat(DEPTH));
    check::that(
        path.len() > 4096,
        "a path over PATH_MAX",
        path.len().to_string(),
    )?;
    let lower = context.layer_of(None, &archive::write(&[Entry::file(&path, "deep")]))?;
    // Beside it in the same depth, and a link from the top: over the lower layer this has to look it up there.
    let beside = format!("{path}-beside");
    let tar = archive::write(&[Entry::file(&beside, "new"), Entry::link("near", &path)]);
    let upper = context.layer_of(Some(&lower), &tar)?;
    let container = context.container(Some(&upper))?;
    let names: Vec<_> = container.names("")?.into_iter().collect();
    let expected = vec![b"near".to_vec(), name().into_bytes()];
    check::same("what is in the root", expected, names)?;
    let near = container.read("near")?;
    check::same("the file through its link", b"deep".to_vec(), near)?;
    let found = [leaf(&container, "leaf"), leaf(&container, "leaf-beside")];
    let seen = matches!(&found, [Ok(one), Ok(other)] if one == "deep" && other == "new");
    let outcome = check::declared(
        "deep_paths",
        context.capabilities()?.deep_paths,
        seen,
        format!("at a path of {} bytes: {found:?}", path.len()),
    )?;
    context.remove(container)?;
    let whiteout = archive::write(&[Entry::file(format!(".wh.{}", name()), "")]);
    let empty = context.layer_of(Some(&upper), &whiteout)?;
    let view = context.view(Some(&empty))?;
    let names: Vec<_> = view.names("")?.into_iter().collect();
    check::same(
        "what is left under a whiteout of it all",
        vec![b"near".to_vec()],
        names,
    )?;
    context.remove(view)?;
    Ok(outcome)
}

/// Goes down name by name.
fn leaf(container: &Container, leaf: &str) -> drivers::Result<String> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let mut dir: OwnedFd = File::open(&container.at)
        .attempt("open", &container.at)?
        .into();
    for depth in 0..DEPTH {
        dir = openat(&dir, name(), flags | OFlags::DIRECTORY, Mode::empty())
            .attempt("open the directory at depth", depth.to_string())?;
    }
    let file = openat(&dir, leaf, flags, Mode::empty()).attempt("open", leaf)?;
    let mut text = String::new();
    File::from(file)
        .read_to_string(&mut text)
        .attempt("read", leaf)?;
    Ok(text)
}
