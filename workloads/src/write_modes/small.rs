//! Small files: replaced as editors and package managers do, and churned as caches and mail spools do.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use drivers::Result;
use drivers::error::Attempt as _;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::ops::Ops;
use crate::cell::Cell;
use crate::made::wrong;

/// Bytes of each file.
const BYTES: usize = 2 << 10;

/// Makes `count` files.
pub(super) fn fill(dir: &Path, count: u32) -> Result<()> {
    for number in 0..count {
        let path = dir.join(name(number));
        std::fs::write(&path, [b'o'; BYTES]).attempt("write", &path)?;
    }
    Ok(())
}

fn name(number: u32) -> String {
    format!("f{number}")
}

/// The files that are there before.
pub(super) fn names(count: u32) -> Vec<PathBuf> {
    (0..count).map(|number| name(number).into()).collect()
}

/// Every file is replaced: the new content is written to another name, synced, and renamed over the old one.
pub(super) fn replace(cell: &mut Cell<'_>, dir: &Path, phase: &'static str) -> Result<()> {
    let count = cell.scale.write_modes.modes_files;
    let new = dir.join("new.tmp");
    let mut ops = Ops::new()?;
    let environment = cell.environment;
    cell.recorder.time_until_durable(
        phase,
        || {
            ops.begin();
            for number in 0..count {
                let path = dir.join(name(number));
                ops.one(|| {
                    let mut file = File::create(&new)?;
                    file.write_all(&[b'n'; BYTES])?;
                    file.sync_all()?;
                    std::fs::rename(&new, &path)
                })
                .attempt("replace", &path)?;
            }
            let handle = File::open(dir).attempt("open", dir)?;
            handle.sync_all().attempt("sync", dir)?;
            ops.end();
            Ok(())
        },
        || environment.sync(),
    )?;
    ops.record(cell, phase);
    let expected: Model = (0..count).map(|n| (n, vec![b'n'; BYTES])).collect();
    check(dir, &expected)
}

/// What files there should be: their numbers and contents.
type Model = BTreeMap<u32, Vec<u8>>;

#[derive(Debug, Clone, Copy)]
enum Step {
    Make(u32),
    Append(u32),
    Rewrite(u32),
    Rename(u32, u32),
    Delete(u32),
}

/// So many steps, drawn by `seed`, and what they leave.
fn plan(files: u32, steps: u32, seed: u64) -> (Vec<Step>, Model) {
    let mut model: Model = (0..files).map(|n| (n, vec![b'o'; BYTES])).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut next = files;
    let mut planned = Vec::with_capacity(steps as usize);
    for _ in 0..steps {
        let choice = rng.random_range(0..5_u32);
        let at = rng.random_range(0..model.len().max(1));
        let step = match (choice, model.keys().nth(at).copied()) {
            (1, Some(old)) => Step::Append(old),
            (2, Some(old)) => Step::Rewrite(old),
            (3, Some(old)) => Step::Rename(old, next),
            (4, Some(old)) => Step::Delete(old),
            _ => Step::Make(next),
        };
        match step {
            Step::Make(new) => {
                model.insert(new, vec![b'm'; BYTES]);
                next += 1;
            }
            Step::Append(old) => model.entry(old).or_default().extend([b'a'; 100]),
            Step::Rewrite(old) => {
                model.insert(old, vec![b'w'; BYTES]);
            }
            Step::Rename(old, new) => {
                let content = model.remove(&old).unwrap_or_default();
                model.insert(new, content);
                next += 1;
            }
            Step::Delete(old) => {
                model.remove(&old);
            }
        }
        planned.push(step);
    }
    (planned, model)
}

fn take(dir: &Path, step: Step) -> std::io::Result<()> {
    let path = |number| dir.join(name(number));
    match step {
        Step::Make(new) => std::fs::write(path(new), [b'm'; BYTES]),
        Step::Append(old) => OpenOptions::new()
            .append(true)
            .open(path(old))?
            .write_all(&[b'a'; 100]),
        Step::Rewrite(old) => std::fs::write(path(old), [b'w'; BYTES]),
        Step::Rename(old, new) => std::fs::rename(path(old), path(new)),
        Step::Delete(old) => std::fs::remove_file(path(old)),
    }
}

/// Files are made, appended to, written anew, renamed and deleted, in an order drawn by the cell's seed.
pub(super) fn churn(cell: &mut Cell<'_>, dir: &Path, phase: &'static str) -> Result<()> {
    let amounts = &cell.scale.write_modes;
    let (steps, model) = plan(amounts.modes_files, amounts.modes_churn_steps, cell.seed);
    let mut ops = Ops::new()?;
    let environment = cell.environment;
    cell.recorder.time_until_durable(
        phase,
        || {
            ops.begin();
            for step in steps {
                ops.one(|| take(dir, step))
                    .attempt("take a step of the churn in", dir)?;
            }
            let handle = File::open(dir).attempt("open", dir)?;
            rustix::fs::syncfs(&handle).attempt("sync", dir)?;
            ops.end();
            Ok(())
        },
        || environment.sync(),
    )?;
    ops.record(cell, phase);
    check(dir, &model)
}

/// The directory holds just these files, with their contents. What else a root has (`lost+found`) is not looked at.
fn check(dir: &Path, expected: &Model) -> Result<()> {
    for (number, content) in expected {
        let path = dir.join(name(*number));
        if std::fs::read(&path).attempt("read", &path)? != *content {
            return Err(wrong(&path, "it does not hold what was written"));
        }
    }
    let listed = std::fs::read_dir(dir).attempt("list", dir)?;
    let there = listed
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"f"))
        .count();
    if there != expected.len() {
        return Err(wrong(
            dir,
            format!("it has {there} files, not {}", expected.len()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_churn_leaves_what_its_plan_says_and_a_lost_file_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), 10).unwrap();
        let (steps, model) = plan(10, 500, 7);
        for step in steps {
            take(dir.path(), step).unwrap();
        }
        check(dir.path(), &model).unwrap();
        let lost = dir.path().join(name(*model.keys().next().unwrap()));
        std::fs::write(&lost, "other").unwrap();
        assert!(check(dir.path(), &model).is_err());
        std::fs::remove_file(&lost).unwrap();
        assert!(check(dir.path(), &model).is_err());
        assert_ne!(plan(10, 500, 8).1, model);
    }
}
