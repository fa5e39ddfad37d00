//! Looking for changes on the clock, first from a dropped page cache, then again at once.

use std::io::Write;

use drivers::{Change, Result};

use super::edits::Edits;
use crate::cell::Cell;
use crate::environment::{CacheState, Probe};

/// Times `find` as `changes`: from a dropped page cache, and then from warm ones.
pub(super) fn changes(
    cell: &mut Cell<'_>,
    edits: &Edits,
    mut find: impl FnMut() -> Result<Vec<Change>>,
) -> Result<()> {
    let dropped = cell
        .environment
        .settle(CacheState::Lukewarm, Probe::Nothing)?;
    let found = if dropped.state == CacheState::Warm {
        // Nothing can be dropped here. This one is thrown away: it reads.
        find()?
    } else {
        cell.recorder.one_of_the_caches(Some(&dropped));
        cell.recorder.time("changes", &mut find)?
    };
    edits.check(&found)?;
    let mut warm = cell.environment.settle(CacheState::Warm, Probe::Nothing)?;
    if dropped.state == CacheState::Warm {
        warm.refused = dropped.refused;
    }
    cell.recorder.one_of_the_caches(Some(&warm));
    let found = cell.recorder.time("changes", find)?;
    edits.check(&found)
}

/// Times a comparison of whole trees, from the caches as they are now.
pub(super) fn naive(
    cell: &mut Cell<'_>,
    edits: &Edits,
    find: impl FnOnce() -> Result<Vec<Change>>,
) -> Result<()> {
    let found = cell.recorder.time("changes-naive", find)?;
    edits.check(&found)
}

/// Times `write` as `export`, from the caches as they are now; what it writes is thrown away.
pub(super) fn export(
    cell: &mut Cell<'_>,
    write: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<()> {
    cell.recorder.time("export", || write(&mut std::io::sink()))
}
