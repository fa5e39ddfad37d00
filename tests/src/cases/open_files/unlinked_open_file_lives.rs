//! A lower file that is deleted while open can still be read, written, looked at and run through its descriptor, and then
//! is gone.

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::PathBuf;
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::command;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "unlinked_open_file_lives",
    promise: "A lower file that is deleted while open can still be read, written, looked at and run through its descriptor, and then is gone.",
    why: "Temporary files are unlinked while open by design.",
    origin: "pjdfstest unlink; fuse-overlayfs unlink tests; LTP execveat01 (an unlinked file)",
    covers: &["FD3"],
    level: Level::Must,
    theme: Theme::OpenFiles,
    capability: Some("unlinked_lower_file_has_no_links"),
    broken_by: &[
        Fault::Lie(&lies::TRUNCATE_DOES_NOTHING),
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
        Fault::Flipped("unlinked_lower_file_has_no_links"),
        Fault::Flipped("unlinked_file_can_be_opened"),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let program = fs::read("/bin/true").attempt("read", "/bin/true");
    let program = program.map_err(|error| Stop::broken(error.to_string()))?;
    let base = context.layer(
        None,
        &[
            file("read", "lower content"),
            file("both", "lower content"),
            file("true", program),
            chmod("true", 0o755),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[dir("d"), file("d/own", "own content")])?;
    let read = container.open("read")?;
    let both = container.open_for_writing("both")?;
    let own = container.open_for_writing("d/own")?;
    let program = container.open("true")?;
    container.apply(&[
        remove("read"),
        remove("both"),
        remove("d/own"),
        remove("true"),
    ])?;
    container.check()?;
    let mut linked = Vec::new();
    for (file, name) in [
        (&read, "read"),
        (&both, "both"),
        (&own, "d/own"),
        (&program, "true"),
    ] {
        let meta = file.metadata().attempt("stat", container.path(name))?;
        if meta.nlink() != 0 {
            linked.push(format!("{name}: {}", meta.nlink()));
        }
        check::that(
            meta.is_file() && meta.len() > 0,
            "still a file with content",
            format!("{meta:?}"),
        )?;
    }
    let mut closed = Vec::new();
    for (file, name) in [(&read, "read"), (&both, "both"), (&own, "d/own")] {
        if let Err(error) = File::open(descriptor(file)) {
            closed.push(format!("opening {name} again: {error}"));
        }
    }
    if let Err(Stop(why)) = runs(&program) {
        closed.push(why.reason());
    }
    for (file, name) in [(&both, "both"), (&own, "d/own")] {
        let path = container.path(name);
        file.write_all_at(b"X", 0).attempt("write", &path)?;
        file.set_len(3).attempt("truncate", &path)?;
    }
    for (file, name, wanted) in [
        (&read, "read", &b"lower content"[..]),
        (&both, "both", b"Xow"),
        (&own, "d/own", b"Xwn"),
    ] {
        let mut content = vec![0; wanted.len() + 1];
        let length = file
            .read_at(&mut content, 0)
            .attempt("read", container.path(name))?;
        check::same(name, wanted.to_vec(), content[..length].to_vec())?;
    }
    drop((read, both, own, program));
    container.check()?;
    context.check_layer(&base)?;
    let counts = check::declared(
        "unlinked_lower_file_has_no_links",
        capabilities.unlinked_lower_file_has_no_links,
        linked.is_empty(),
        format!(
            "names that fstat tells of deleted files: {}",
            linked.join(", ")
        ),
    )?;
    let runs = check::declared(
        "unlinked_file_can_be_opened",
        capabilities.unlinked_file_can_be_opened,
        closed.is_empty(),
        closed.join("; "),
    )?;
    Ok(if counts == Outcome::Pass {
        runs
    } else {
        counts
    })
}

/// Runs a file that has no name.
fn runs(program: &File) -> Result<(), Stop> {
    // A child looks its path up before its copy of the descriptor is closed.
    let path = descriptor(program);
    let output = command::output(&path, &[], Duration::from_secs(20))?;
    check::that(
        output.status.success(),
        "a deleted program runs",
        output.status.to_string(),
    )
}

fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}
