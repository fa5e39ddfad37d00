//! A log: lines appended with one write(2) each.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use drivers::Result;
use drivers::error::Attempt as _;

use super::ops::Ops;
use crate::cell::Cell;
use crate::fixture;
use crate::made::wrong;

/// The log.
pub(super) const LOG: &str = "app.log";
/// Bytes of a line.
const LINE: usize = 120;

/// Makes the log that lines are appended to.
pub(super) fn fill(dir: &Path, bytes: u64) -> Result<()> {
    fixture::write_file(&dir.join(LOG), bytes)
}

/// Appends `lines`; `each_synced`: fdatasync(2) after each, as a log that must not lose an entry does.
pub(super) fn run(
    cell: &mut Cell<'_>,
    dir: &Path,
    phase: &'static str,
    lines: u32,
    each_synced: bool,
) -> Result<()> {
    let path = dir.join(LOG);
    let before = cell.scale.write_modes.modes_log_bytes;
    let mut ops = Ops::new()?;
    let environment = cell.environment;
    cell.recorder.time_until_durable(
        phase,
        || {
            ops.begin();
            // Opened inside: for a file of the image this is where the copy-up happens.
            let mut file = OpenOptions::new()
                .append(true)
                .open(&path)
                .attempt("open", &path)?;
            for number in 0..lines {
                let line = line(number);
                ops.one(|| {
                    file.write_all(&line)?;
                    if each_synced {
                        file.sync_data()?;
                    }
                    Ok::<(), std::io::Error>(())
                })
                .attempt("append to", &path)?;
            }
            file.sync_all().attempt("sync", &path)?;
            ops.end();
            Ok(())
        },
        || environment.sync(),
    )?;
    ops.record(cell, phase);
    check(&path, before, lines)
}

fn line(number: u32) -> [u8; LINE] {
    let mut line = [b'.'; LINE];
    line[LINE - 1] = b'\n';
    let text = format!("{number:010} an entry of the log ");
    line[..text.len()].copy_from_slice(text.as_bytes());
    line
}

/// The last line is the last that was written, and none is missing.
fn check(path: &Path, before: u64, lines: u32) -> Result<()> {
    use std::os::unix::fs::FileExt as _;
    let file = File::open(path).attempt("open", path)?;
    let length = file.metadata().attempt("stat", path)?.len();
    let expected = before + u64::from(lines) * LINE as u64;
    let mut last = [0; LINE];
    file.read_exact_at(&mut last, length.saturating_sub(LINE as u64))
        .attempt("read", path)?;
    if length != expected || last != line(lines.saturating_sub(1)) {
        return Err(wrong(
            path,
            format!("{length} bytes of {expected} are there"),
        ));
    }
    Ok(())
}
