//! `layerbench sweep`: removes what dead runs left, and says what it could not.

use std::fmt::Write as _;

use crate::cli::SweepArgs;
use crate::{exit, progress, workplace};

pub(super) fn run(args: &SweepArgs) -> anyhow::Result<u8> {
    let work = args.work.clone().unwrap_or_else(workplace::default_work);
    let swept = drivers::sandbox::sweep::sweep(&work)?;
    let mut text = String::new();
    for pid in &swept.ended {
        writeln!(text, "ended process {pid}")?;
    }
    for dir in &swept.removed {
        writeln!(text, "removed {}", dir.display())?;
    }
    for dir in &swept.alive {
        writeln!(text, "left alone {}: its run is alive", dir.display())?;
    }
    for error in &swept.failed {
        writeln!(text, "FAILED: {error}")?;
    }
    if text.is_empty() {
        writeln!(text, "nothing to sweep in {}", work.display())?;
    }
    progress::document(&text)?;
    Ok(if swept.failed.is_empty() {
        exit::OK
    } else {
        exit::OS
    })
}
