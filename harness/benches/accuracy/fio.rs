//! Statement 1: the write loops of `write-heavy` and fio find the same throughput and latencies.
//!
//! The same job, in the same file of the same mount, by turns A B B A ...; before each turn everything is synced. fio's
//! jobs are the files beside this one; sizes are read from them, so that both do as much. One operation of
//! `random-write-fsync` is a write and its sync; fio times these apart, and quantiles do not add up, so it opens the file
//! with O_DSYNC: the kernel then does the same two things in one call.
//!
//! The store is a file in memory where there is room (`/dev/shm`): what two instruments read differently is looked for, and
//! a disk that is slow for a while would hide it. An instrument reads something of a write into `/dev/null`, too, its **zero**,
//! and between two operations it takes time of its own. A buffered write takes a few microseconds, so both are taken off;
//! what comes out without that stands beside it.

mod zero;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sandbox::Ground as Store;
use drivers::sys::command;
use drivers::{Backing, Error, ErrorKind, Limits, Result};
use reports::stats::Paired;
use serde_json::Value;
use workloads::image::generate::{self, Preset};
use workloads::image::{Image, OpenOptions};
use workloads::recorder::Uncounted;
use workloads::{
    CacheState, Cell, Environment, Ground, Metric, Probe, Recorder, Scale, Settled, fixture,
    write_heavy,
};

use zero::Zero;

use crate::Bench;
use crate::statement::{Blocks, Statement};

const LIMIT: f64 = 1.05;
const FIO_LIMIT: Duration = Duration::from_secs(300);
/// Where files lie in memory.
const MEMORY: &str = "/dev/shm";
/// `TMPFS_MAGIC` of linux/magic.h.
const TMPFS_MAGIC: rustix::fs::FsWord = 0x0102_1994;
/// So large that one store holds both files.
const STORE: u64 = 4 << 30;

/// A job of both.
struct Job {
    phase: &'static str,
    fio: &'static str,
    /// Pairs of turns: a p99 of microseconds needs many.
    blocks: u32,
}

const JOBS: [Job; 3] = [
    Job {
        phase: "random-write",
        fio: include_str!("fio/random-write.fio"),
        blocks: 1000,
    },
    Job {
        phase: "sequential-write",
        fio: include_str!("fio/sequential-write.fio"),
        blocks: 600,
    },
    Job {
        phase: "random-write-fsync",
        fio: include_str!("fio/random-write-fsync.fio"),
        blocks: 300,
    },
];

/// What one turn found: operations, their bytes, and seconds.
#[derive(Debug, Clone, Copy)]
struct Found {
    operations: f64,
    bytes: f64,
    time: f64,
    p50: f64,
    p99: f64,
}

#[derive(Debug, Default)]
struct Series {
    throughput: Blocks,
    p50: Blocks,
    p99: Blocks,
    raw_throughput: Blocks,
    raw_p50: Blocks,
    raw_p99: Blocks,
}

impl Series {
    fn add(&mut self, block: u32, found: Found, zero: Zero) {
        let Found { bytes, time, .. } = found;
        self.raw_throughput.insert(block, bytes / time);
        self.raw_p50.insert(block, found.p50);
        self.raw_p99.insert(block, found.p99);
        let own = found.operations * zero.turn;
        self.throughput.insert(block, bytes / (time - own));
        self.p50.insert(block, found.p50 - zero.reading);
        self.p99.insert(block, found.p99 - zero.reading);
    }
}

/// Measures.
pub(crate) fn run(bench: &Bench) -> Result<Vec<Statement>> {
    let fio = bench.host.tool("fio").ok_or_else(|| {
        Error::new(ErrorKind::Missing, "compare with fio")
            .because("it is not installed")
            .hint(bench.host.install("fio", "fio"))
    })?;
    let image_dir = bench.run.dir().join("image");
    generate::write(&Preset::Tiny.spec(), &image_dir)?;
    let image = Image::open(&image_dir, &OpenOptions::default())?;
    let memory = in_memory()?;
    let run = memory.as_ref().unwrap_or(&bench.run);
    let store = Store::create(run, "fio", Backing::Ext4, STORE, &bench.host)?;
    let dir = store.root().dir.join("jobs");
    std::fs::create_dir(&dir).attempt("create", &dir)?;
    let mut statements = Vec::new();
    let asked = |job: &&Job| bench.job.as_ref().is_none_or(|name| job.phase == name);
    for job in JOBS.iter().filter(asked) {
        let turns = Turns {
            job,
            fio: &fio,
            image: &image,
            dir: &dir,
            scratch: bench.run.dir(),
            zeros: zero::both(&fio, bench.run.dir())?,
        };
        crate::say(&format!(
            "a write into /dev/null takes {} by layerbench, {} by fio",
            turns.zeros[0], turns.zeros[1]
        ));
        let blocks = if bench.quick { 6 } else { job.blocks };
        for statement in turns.all(blocks)? {
            crate::say(&statement.row());
            statements.push(statement);
        }
    }
    store.close()?;
    if let Some(memory) = memory {
        memory.close()?;
    }
    Ok(statements)
}

/// A run's directory in memory, if twice the store has room there.
fn in_memory() -> Result<Option<drivers::sandbox::Run>> {
    let is_memory = rustix::fs::statfs(MEMORY).is_ok_and(|stat| {
        let free = u64::try_from(stat.f_bsize).unwrap_or(0) * stat.f_bavail;
        stat.f_type == TMPFS_MAGIC && free > 2 * STORE
    });
    is_memory
        .then(|| drivers::sandbox::Run::create(&Path::new(MEMORY).join("layerbench-bench")))
        .transpose()
}

/// What the turns of one job need.
struct Turns<'a> {
    job: &'a Job,
    fio: &'a Path,
    image: &'a Image,
    dir: &'a Path,
    scratch: &'a Path,
    /// Ours and fio's.
    zeros: [Zero; 2],
}

impl Turns<'_> {
    fn all(&self, blocks: u32) -> Result<Vec<Statement>> {
        fixture::write_file(&self.dir.join(write_heavy::DATA), self.bytes("size")?)?;
        let (mut ours, mut theirs) = (Series::default(), Series::default());
        // The first block does not count: it finds the file freshly made.
        for block in 0..=blocks {
            let first = block % 2 == 0;
            for is_ours in [first, !first] {
                self.sync()?;
                let found = if is_ours {
                    // fio's turn begins with some tenths of a second of its own start: caches and processors meet ours alike.
                    zero::start(self.fio, self.scratch)?;
                    self.ours(block)?
                } else {
                    self.theirs()?
                };
                if block > 0 {
                    let series = if is_ours { &mut ours } else { &mut theirs };
                    series.add(block, found, self.zeros[usize::from(!is_ours)]);
                }
            }
        }
        let phase = self.job.phase;
        let row = |what: &str, net: fn(&Series) -> &Blocks, raw: fn(&Series) -> &Blocks| {
            let what = format!("{phase}: {what}, layerbench / fio");
            let mut statement = Statement::within(what, net(&ours), net(&theirs), LIMIT);
            if let Some(pair) = Paired::new(raw(&ours), raw(&theirs)) {
                let _ = write!(statement.value, " ({:.3} with the zeros)", pair.ratio);
            }
            statement
        };
        Ok(vec![
            row("throughput", |s| &s.throughput, |s| &s.raw_throughput),
            row("p50 latency", |s| &s.p50, |s| &s.raw_p50),
            row("p99 latency", |s| &s.p99, |s| &s.raw_p99),
        ])
    }

    /// A setting of the job file, as a number of bytes.
    fn bytes(&self, name: &str) -> Result<u64> {
        let bad = || {
            Error::new(ErrorKind::BadInput, format!("read {name} of the fio job"))
                .because(self.job.phase)
        };
        let value = self
            .job
            .fio
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .ok_or_else(bad)?;
        let (digits, shift) = match value.as_bytes().last() {
            Some(b'k') => (&value[..value.len() - 1], 10),
            Some(b'm') => (&value[..value.len() - 1], 20),
            Some(b'g') => (&value[..value.len() - 1], 30),
            _ => (value, 0),
        };
        digits.parse::<u64>().map(|n| n << shift).map_err(|_| bad())
    }

    fn sync(&self) -> Result<()> {
        let file = File::open(self.dir).attempt("open", self.dir)?;
        rustix::fs::syncfs(file).attempt("sync the filesystem of", self.dir)
    }

    /// The phase as a run does it on the control.
    fn ours(&self, block: u32) -> Result<Found> {
        let size = self.bytes("size")?;
        let io = self.bytes("io_size").unwrap_or(size);
        let writes = u32::try_from(io / 4096).unwrap_or(u32::MAX);
        let scale = Scale {
            // The sequential phase writes twice as much as the file that is overwritten has.
            write_file_bytes: if self.job.phase == "sequential-write" {
                size / 2
            } else {
                size
            },
            random_writes: writes,
            synced_writes: writes,
            ..Scale::smoke()
        };
        let mut cell = Cell {
            ground: Ground::HostDir(self.dir),
            plain: self.dir,
            scratch: self.scratch,
            image: self.image,
            second_image: None,
            limits: Limits::default(),
            scale: &scale,
            seed: u64::from(block),
            name: format!("b{block}"),
            recorder: Recorder::new(Box::new(Uncounted)),
            environment: &TurnsSync,
        };
        write_heavy::job(&mut cell, self.job.phase, self.dir)?;
        let (samples, _) = cell.recorder.finish();
        let of = |metric| samples.iter().find(|sample| sample.metric == metric);
        let time = of(Metric::Time).map(|sample| sample.value);
        let latencies = of(Metric::LatencyP50).and_then(|sample| sample.histogram.as_ref());
        let (Some(time), Some(latencies)) = (time, latencies) else {
            return Err(
                Error::new(ErrorKind::Corrupt, "read the samples of").because(self.job.phase)
            );
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "bytes and nanoseconds below 2^53"
        )]
        Ok(Found {
            operations: latencies.len() as f64,
            bytes: io as f64,
            time,
            p50: latencies.value_at_quantile(0.5) as f64 / 1e9,
            p99: latencies.value_at_quantile(0.99) as f64 / 1e9,
        })
    }

    fn theirs(&self) -> Result<Found> {
        let file: PathBuf = self.scratch.join("job.fio");
        let job = self
            .job
            .fio
            .replace("${DIR}", &self.dir.display().to_string());
        std::fs::write(&file, job).attempt("write", &file)?;
        let args = [OsStr::new("--output-format=json"), file.as_os_str()];
        let text = command::run(self.fio, &args, FIO_LIMIT)?;
        let made = self.dir.join("sequential.bin");
        if made.exists() {
            std::fs::remove_file(&made).attempt("remove", &made)?;
        }
        let bad = |why: &str| {
            Error::new(ErrorKind::Corrupt, "read what fio says of")
                .because(format!("{}: {why}", self.job.phase))
        };
        let json: Value = serde_json::from_slice(&text).map_err(|e| bad(&e.to_string()))?;
        parse(&json).ok_or_else(|| bad("a field is missing"))
    }
}

/// fio's JSON. `runtime` is in milliseconds and holds the sync at the end.
fn parse(json: &Value) -> Option<Found> {
    let write = &json["jobs"][0]["write"];
    let latency = |name: &str| Some(write["clat_ns"]["percentile"][name].as_f64()? / 1e9);
    Some(Found {
        operations: write["total_ios"].as_f64()?,
        bytes: write["io_bytes"].as_f64()?,
        time: write["runtime"].as_f64()? / 1e3,
        p50: latency("50.000000")?,
        p99: latency("99.000000")?,
    })
}

/// Nothing has to be settled: the turns sync themselves.
#[derive(Debug)]
struct TurnsSync;

impl Environment for TurnsSync {
    fn settle(&self, wanted: CacheState, _probe: Probe<'_>) -> Result<Settled> {
        Ok(Settled::proven(wanted))
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}
