//! Single files of the image: blocks overwritten here and there, and a file that is mostly a hole.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use drivers::Result;
use drivers::error::Attempt as _;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::files::{self, BLOCKS, SPARSE};
use super::{Amounts, told};
use crate::cell::Cell;
use crate::made::wrong;
use crate::stand::Stand;

const BLOCK: u64 = 4 << 10;

/// Both, in one container.
pub(super) fn run(cell: &mut Cell<'_>, amounts: &Amounts) -> Result<()> {
    let fill = |dir: &Path| files::write_singles(amounts, dir);
    let lower = files::singles(amounts, &fill);
    let mut stand = Stand::prepare(cell, &lower, "b")?;
    let settled = stand.warm(cell)?;
    cell.recorder.caches(Some(&settled));
    let size = amounts.tree_block_file_bytes;
    cell.recorder.param("size", Some(size.to_string()));
    for (number, phase) in (0_u8..).zip(["scattered-first", "scattered-second", "scattered-third"])
    {
        scattered(cell, &stand, amounts, number, phase)?;
    }
    let size = amounts.tree_sparse_bytes;
    cell.recorder.param("size", Some(size.to_string()));
    sparse(cell, &stand, amounts)?;
    cell.recorder.param("size", None);
    stand.finish()
}

/// Overwrites blocks at places of its own: every time others, so that each finds blocks of the image.
fn scattered(
    cell: &mut Cell<'_>,
    stand: &Stand<'_>,
    amounts: &Amounts,
    number: u8,
    phase: &str,
) -> Result<()> {
    let path = stand.root().join(BLOCKS);
    let blocks = (amounts.tree_block_file_bytes / BLOCK).max(1);
    let mut rng = ChaCha8Rng::seed_from_u64(cell.seed);
    let mut all: BTreeSet<u64> = BTreeSet::new();
    let each = u64::from(amounts.tree_blocks).min(blocks / 3);
    let mut mine = Vec::new();
    // The same draws for all three, of which each takes its own third.
    while (all.len() as u64) < each * 3 {
        let block = rng.random_range(0..blocks);
        if all.insert(block) && (all.len() as u64 - 1) / each.max(1) == u64::from(number) {
            mine.push(block);
        }
    }
    let data = vec![0x40 | number; BLOCK as usize];
    let environment = cell.environment;
    let before = stand.taken(cell)?;
    cell.recorder.time_until_durable(
        phase,
        || {
            let file = OpenOptions::new()
                .write(true)
                .open(&path)
                .attempt("open", &path)?;
            for block in &mine {
                file.write_all_at(&data, block * BLOCK)
                    .attempt("write", &path)?;
            }
            file.sync_all().attempt("sync", &path)
        },
        || environment.sync(),
    )?;
    told(cell, stand, phase, before, Some(each * BLOCK))?;
    let file = std::fs::File::open(&path).attempt("open", &path)?;
    let mut found = vec![0; BLOCK as usize];
    for block in mine {
        file.read_exact_at(&mut found, block * BLOCK)
            .attempt("read", &path)?;
        if found != data {
            return Err(wrong(&path, format!("block {block} was not overwritten")));
        }
    }
    Ok(())
}

fn sparse(cell: &mut Cell<'_>, stand: &Stand<'_>, amounts: &Amounts) -> Result<()> {
    let path = stand.root().join(SPARSE);
    let phase = "sparse-append";
    let environment = cell.environment;
    let before = stand.taken(cell)?;
    cell.recorder.time_until_durable(
        phase,
        || {
            OpenOptions::new()
                .append(true)
                .open(&path)
                .and_then(|mut file| file.write_all(b"x"))
                .attempt("append to", &path)
        },
        || environment.sync(),
    )?;
    told(cell, stand, phase, before, None)?;
    files::check_sparse(amounts, &path)
}
