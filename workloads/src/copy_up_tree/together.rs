//! First writes by several threads at once: each to files of its own, and all to one file.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};

use super::files::{self, BLOCKS, TREE, Tree};
use super::{Amounts, told};
use crate::cell::Cell;
use crate::made::wrong;
use crate::recorder::Metric;
use crate::stand::Stand;

fn append(path: &Path) -> Result<()> {
    OpenOptions::new()
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(b"x"))
        .attempt("append to", path)
}

/// Does `work` of each number below `threads`, in threads that begin at the same moment.
fn at_once(threads: u32, work: impl Fn(u32) -> Result<()> + Sync) -> Result<()> {
    let barrier = Barrier::new(threads as usize);
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        // All are joined, whatever the first says.
        let outcomes: Vec<Result<()>> = started
            .into_iter()
            .map(|thread| {
                thread.join().unwrap_or_else(|_| {
                    Err(Error::new(ErrorKind::Corrupt, "write from several threads")
                        .because("one of them panicked"))
                })
            })
            .collect();
        outcomes.into_iter().collect()
    })
}

/// One byte is appended to every file of a tree.
pub(super) fn own_files(cell: &mut Cell<'_>, tree: Tree, threads: u32) -> Result<()> {
    let fill = |dir: &Path| tree.write(dir);
    let lower = files::tree(tree, &fill);
    let mut stand = Stand::prepare(cell, &lower, &format!("a{}-{threads}", tree.files))?;
    let settled = stand.warm(cell)?;
    cell.recorder.caches(Some(&settled));
    cell.recorder.param("parallel", Some(threads.to_string()));
    let paths: Vec<PathBuf> = tree.names().map(|name| stand.root().join(name)).collect();
    let phase = "append-all";
    let environment = cell.environment;
    let before = stand.taken(cell)?;
    let took = cell.recorder.time_until_durable(
        phase,
        || {
            let began = Instant::now();
            at_once(threads, |number| {
                let mine = paths.iter().skip(number as usize);
                mine.step_by(threads as usize)
                    .try_for_each(|path| append(path))
            })?;
            Ok(began.elapsed().as_secs_f64())
        },
        || environment.sync(),
    )?;
    if took > 0.0 {
        let rate = f64::from(tree.files) / took;
        cell.recorder.value(phase, Metric::Rate, rate);
    }
    told(cell, &stand, phase, before, Some(u64::from(tree.files)))?;
    tree.check(&stand.root().join(TREE), 1)?;
    stand.finish()
}

/// One byte is appended to one file by each thread.
pub(super) fn one_file(cell: &mut Cell<'_>, amounts: &Amounts, threads: u32) -> Result<()> {
    let fill = |dir: &Path| files::write_singles(amounts, dir);
    let lower = files::singles(amounts, &fill);
    let mut stand = Stand::prepare(cell, &lower, &format!("s{threads}"))?;
    let settled = stand.warm(cell)?;
    cell.recorder.caches(Some(&settled));
    cell.recorder.param("parallel", Some(threads.to_string()));
    let path = stand.root().join(BLOCKS);
    let phase = "append-same";
    let environment = cell.environment;
    let before = stand.taken(cell)?;
    cell.recorder.time_until_durable(
        phase,
        || at_once(threads, |_| append(&path)),
        || environment.sync(),
    )?;
    told(cell, &stand, phase, before, Some(u64::from(threads)))?;
    let length = path.metadata().attempt("stat", &path)?.len();
    if length != amounts.tree_block_file_bytes + u64::from(threads) {
        return Err(wrong(&path, format!("it has {length} bytes")));
    }
    stand.finish()
}
