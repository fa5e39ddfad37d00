//! A lower file that is deleted while open can still be read and written through its descriptor, and then is gone.

use std::os::unix::fs::FileExt as _;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "unlinked_open_file_lives",
    promise: "A lower file that is deleted while open can still be read and written through its descriptor, and then is gone.",
    why: "Temporary files are unlinked while open by design.",
    origin: "pjdfstest unlink; fuse-overlayfs unlink tests",
    covers: &["FD3"],
    level: Level::Must,
    theme: Theme::OpenFiles,
    capability: None,
    broken_by: &[
        Fault::Lie(&lies::TRUNCATE_DOES_NOTHING),
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[file("read", "lower content"), file("both", "lower content")],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("own", "own content")])?;
    let read = container.open("read")?;
    let both = container.open_for_writing("both")?;
    let own = container.open_for_writing("own")?;
    container.apply(&[remove("read"), remove("both"), remove("own")])?;
    container.check()?;
    for (file, name) in [(&both, "both"), (&own, "own")] {
        let path = container.path(name);
        file.write_all_at(b"X", 0).attempt("write", &path)?;
        file.set_len(3).attempt("truncate", &path)?;
    }
    for (file, name, wanted) in [
        (&read, "read", &b"lower content"[..]),
        (&both, "both", b"Xow"),
        (&own, "own", b"Xwn"),
    ] {
        let mut content = vec![0; wanted.len() + 1];
        let length = file
            .read_at(&mut content, 0)
            .attempt("read", container.path(name))?;
        check::same(name, wanted.to_vec(), content[..length].to_vec())?;
    }
    drop((read, both, own));
    container.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
