//! Several threads that write to one lower file for the first time at once lose none of their bytes.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Barrier;
use std::thread;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "parallel_first_writes_all_count",
    promise: "Several threads that write to one lower file for the first time at once lose none of their bytes.",
    why: "Two processes that both write first must not lose one of the writes.",
    origin: "xfstests overlay/021, 032; fuse-overlayfs stress tests (same-file copy-up)",
    covers: &["CC1", "C24"],
    level: Level::Must,
    theme: Theme::Concurrency,
    capability: None,
    broken_by: &[Fault::WritesLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[file("f", vec![b'.'; THREADS * BLOCK]), file("kept", "1")],
    )?;
    let mut container = context.container(Some(&base))?;
    let (path, barrier) = (container.path("f"), Barrier::new(THREADS));
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (path, barrier) = (&path, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let file = File::options().write(true).open(path)?;
                    let block = vec![b'a' + number as u8; BLOCK];
                    file.write_all_at(&block, (number * BLOCK) as u64)
                })
            })
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    check::same("threads that ended", THREADS, outcomes.len())?;
    for outcome in outcomes {
        outcome.attempt("write", &path)?;
    }
    let content: Vec<u8> = (0..THREADS)
        .flat_map(|number| vec![b'a' + number as u8; BLOCK])
        .collect();
    container.predict(&[file("f", content)])?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

const THREADS: usize = 8;
const BLOCK: usize = 64 << 10;
