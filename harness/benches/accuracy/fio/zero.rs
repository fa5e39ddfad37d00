//! What the two instruments take for themselves: what they read of a write that the kernel has no work with (into
//! `/dev/null`), and what they do between two operations. A call must be in it: after one, an instrument's own code is slower
//! than around nothing, because the kernel has used its caches.

use std::ffi::OsStr;
use std::fmt;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::sys::command;
use drivers::{Error, ErrorKind, Result};
use hdrhistogram::Histogram;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use super::{FIO_LIMIT, parse};

/// Measurements of each zero, by turns: from one start of a program to the next it moves by a tenth.
const MEASUREMENTS: usize = 15;
/// As many as fio's job makes.
const TURNS: u32 = 1 << 18;

/// In seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zero {
    /// The median latency of a write into nothing.
    pub(super) reading: f64,
    /// What an operation takes in all, when there is none.
    pub(super) turn: f64,
}

impl fmt::Display for Zero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reading, turn } = self;
        write!(f, "{:.0} ns (of {:.0} a turn)", reading * 1e9, turn * 1e9)
    }
}

/// Ours and fio's, the medians of several.
pub(super) fn both(fio: &Path, scratch: &Path) -> Result<[Zero; 2]> {
    let mut all: [Vec<Zero>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..MEASUREMENTS {
        all[0].push(ours()?);
        all[1].push(fios(fio, scratch)?);
    }
    Ok(all.map(|zeros| {
        let median = |of: fn(&Zero) -> f64| {
            let mut values: Vec<f64> = zeros.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Zero {
            reading: median(|zero| zero.reading),
            turn: median(|zero| zero.turn),
        }
    }))
}

/// As the loops of `write-heavy` do: a place is drawn, the clock is read before and after, and a histogram keeps it.
fn ours() -> Result<Zero> {
    let mut histogram = Histogram::<u64>::new_with_max(3_600_000_000_000, 3)
        .map_err(|e| Error::new(ErrorKind::Io, "make a histogram").because(e.to_string()))?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let path = Path::new("/dev/null");
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .attempt("open", path)?;
    let data = vec![0xA5_u8; 4096];
    let all = Instant::now();
    for _ in 0..TURNS {
        let at = random.random_range(0..16_384_u64) * 4096;
        let began = Instant::now();
        file.write_all_at(&data, at).attempt("write", path)?;
        let nothing = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        histogram.saturating_record(nothing);
    }
    let all = all.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds below 2^53")]
    let reading = histogram.value_at_quantile(0.5) as f64 / 1e9;
    Ok(Zero {
        reading,
        turn: all / f64::from(TURNS),
    })
}

/// fio's start and end, with one write into nothing between them.
pub(super) fn start(fio: &Path, scratch: &Path) -> Result<()> {
    let job = include_str!("devnull.fio").replace("io_size=1g", "io_size=4k");
    run(fio, scratch, &job).map(drop)
}

fn run(fio: &Path, scratch: &Path, job: &str) -> Result<Vec<u8>> {
    let file = scratch.join("devnull.fio");
    std::fs::write(&file, job).attempt("write", &file)?;
    let args = [OsStr::new("--output-format=json"), file.as_os_str()];
    command::run(fio, &args, FIO_LIMIT)
}

/// The same by fio, with all else as in the jobs.
fn fios(fio: &Path, scratch: &Path) -> Result<Zero> {
    let text = run(fio, scratch, include_str!("devnull.fio"))?;
    let bad =
        |why: &str| Error::new(ErrorKind::Corrupt, "read what fio says of nothing").because(why);
    let json: Value = serde_json::from_slice(&text).map_err(|e| bad(&e.to_string()))?;
    let found = parse(&json).ok_or_else(|| bad("a field is missing"))?;
    Ok(Zero {
        reading: found.p50,
        turn: found.time / found.operations,
    })
}
