//! The jobs: plain file writing, timed one by one.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use drivers::Result;
use drivers::error::Attempt as _;
use hdrhistogram::Histogram;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::sqlite;
use crate::cell::Cell;
use crate::recorder::Metric;

/// The file that is overwritten.
pub const DATA: &str = "data.bin";
const BLOCK: usize = 4 << 10;

/// A job: its phase, and how it is done in a directory.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) run: fn(&mut Cell<'_>, &str, &Path) -> Result<()>,
}

/// Jobs on files that were made where they are.
pub(super) const ON_NEW_FILES: &[Job] = &[
    Job {
        name: "random-write",
        run: |cell, phase, dir| random(cell, phase, dir, cell.scale.random_writes, false),
    },
    Job {
        name: "random-write-fsync",
        run: |cell, phase, dir| random(cell, phase, dir, cell.scale.synced_writes, true),
    },
    Job {
        name: "sequential-write",
        run: sequential,
    },
    Job {
        name: "small-files",
        run: small_files,
    },
    Job {
        name: "sqlite-wal",
        run: |cell, phase, dir| sqlite::transactions(cell, phase, dir, "WAL"),
    },
    Job {
        name: "sqlite-rollback",
        run: |cell, phase, dir| sqlite::transactions(cell, phase, dir, "DELETE"),
    },
];

/// Jobs on a file that comes from a lower layer.
pub(super) const ON_LOWER_FILES: &[Job] = &[
    Job {
        name: "random-write",
        run: |cell, phase, dir| random(cell, phase, dir, cell.scale.random_writes, false),
    },
    Job {
        name: "random-write-fsync",
        run: |cell, phase, dir| random(cell, phase, dir, cell.scale.synced_writes, true),
    },
];

/// The longest operation that is told from longer ones, nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// Times of single operations in nanoseconds, 3 significant digits. It has its full width from the start: one that grows
/// as it is filled would take what is beyond its width for the greatest it knows.
pub(super) fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_max(LONGEST, 3).map_err(|e| {
        drivers::Error::new(drivers::ErrorKind::Io, "make a histogram").because(e.to_string())
    })
}

/// Records what a phase of `ops` operations took, and its latencies.
pub(super) fn record(
    cell: &mut Cell<'_>,
    phase: &str,
    seconds: f64,
    ops: u32,
    latencies: Histogram<u64>,
) {
    if seconds > 0.0 {
        cell.recorder
            .value(phase, Metric::Rate, f64::from(ops) / seconds);
    }
    cell.recorder.latencies(phase, latencies);
}

fn random(cell: &mut Cell<'_>, phase: &str, dir: &Path, ops: u32, each_synced: bool) -> Result<()> {
    let path = dir.join(DATA);
    let blocks = (cell.scale.write_file_bytes / BLOCK as u64).max(1);
    let mut rng = ChaCha8Rng::seed_from_u64(cell.seed);
    let data = vec![0xA5_u8; BLOCK];
    let mut latencies = histogram()?;
    let environment = cell.environment;
    let mut took = 0.0;
    let work = || {
        let start = Instant::now();
        // Opened inside: for a lower file this is where the copy-up happens.
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .attempt("open", &path)?;
        for _ in 0..ops {
            let at = rng.random_range(0..blocks) * BLOCK as u64;
            let began = Instant::now();
            file.write_all_at(&data, at).attempt("write", &path)?;
            if each_synced {
                file.sync_data().attempt("sync", &path)?;
            }
            latencies
                .saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        file.sync_all().attempt("sync", &path)?;
        took = start.elapsed().as_secs_f64();
        Ok(())
    };
    cell.recorder
        .time_until_durable(phase, work, || environment.sync())?;
    record(cell, phase, took, ops, latencies);
    Ok(())
}

fn sequential(cell: &mut Cell<'_>, phase: &str, dir: &Path) -> Result<()> {
    let path = dir.join("sequential.bin");
    let bytes = cell.scale.write_file_bytes * 2;
    let data = vec![0x5A_u8; 1 << 20];
    let mut latencies = histogram()?;
    let environment = cell.environment;
    let mut took = 0.0;
    let work = || {
        let start = Instant::now();
        let mut file = File::create(&path).attempt("create", &path)?;
        let mut left = bytes;
        while left > 0 {
            let n = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
            let began = Instant::now();
            file.write_all(&data[..n]).attempt("write", &path)?;
            latencies
                .saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
            left -= n as u64;
        }
        file.sync_all().attempt("sync", &path)?;
        took = start.elapsed().as_secs_f64();
        Ok(())
    };
    cell.recorder
        .time_until_durable(phase, work, || environment.sync())?;
    #[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
    cell.recorder.value(
        phase,
        Metric::Throughput,
        bytes as f64 / took.max(f64::MIN_POSITIVE),
    );
    cell.recorder.latencies(phase, latencies);
    std::fs::remove_file(&path).attempt("remove", &path)
}

fn small_files(cell: &mut Cell<'_>, phase: &str, dir: &Path) -> Result<()> {
    let dir = dir.join("small");
    let count = cell.scale.small_files;
    let data = vec![0x3C_u8; BLOCK];
    let mut latencies = histogram()?;
    let environment = cell.environment;
    let mut took = 0.0;
    let work = || {
        let start = Instant::now();
        std::fs::create_dir(&dir).attempt("create", &dir)?;
        for number in 0..count {
            let path = dir.join(format!("f{number}"));
            let began = Instant::now();
            std::fs::write(&path, &data).attempt("write", &path)?;
            latencies
                .saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        let handle = File::open(&dir).attempt("open", &dir)?;
        rustix::fs::syncfs(&handle).attempt("sync", &dir)?;
        for number in 0..count {
            let path = dir.join(format!("f{number}"));
            std::fs::remove_file(&path).attempt("remove", &path)?;
        }
        std::fs::remove_dir(&dir).attempt("remove", &dir)?;
        took = start.elapsed().as_secs_f64();
        Ok(())
    };
    cell.recorder
        .time_until_durable(phase, work, || environment.sync())?;
    record(cell, phase, took, count, latencies);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_of_any_length_are_kept_to_three_digits() {
        let mut latencies = histogram().unwrap();
        for nanoseconds in [900_u64, 1_800_000, 45_000_000_000] {
            latencies.reset();
            latencies.saturating_record(nanoseconds);
            let kept = latencies.value_at_quantile(0.5);
            assert!(kept.abs_diff(nanoseconds) <= nanoseconds / 1000, "{kept}");
        }
    }
}
