//! Workload `fio`: the jobs of the files in `workloads/src/fio/jobs`, done by the fio of this host on every target:
//! `layer-new`, `layer-lower`, `volume`, `hostdir` ([`crate::target`]).
//!
//! It predicts: what an application sees whose I/O is like the job's, and lets anybody repeat a number with a tool that
//! layerbench has no part in: `DIR=/some/place SIZE=16m IO=16m fio workloads/src/fio/jobs/random-write.fio`, or the same inside a
//! container by `layerbench exec`. `rate`, `throughput` and the latencies are fio's own, of the I/O alone; `time` and `cpu`
//! of the phase `program` are of the whole program, its start of some tenths of a second included.
//!
//! fio runs outside the container's root, so what is measured is the files there, not the program's own. The amounts are
//! small: what does not fit into memory is not reached. Files are warm.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::command;
use drivers::{Error, ErrorKind, Host, Result};

use crate::cell::Cell;
use crate::fixture;
use crate::recorder::Metric;
use crate::target::{self, Job};
use crate::{Reach, Workload};

mod amounts;
mod said;

pub use amounts::Amounts;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "fio",
    question: "What does fio find in the layer, in a file of the image, and in a volume?",
    phases: &[
        ("random-read", "4 KiB reads at random places of a file"),
        (
            "random-write",
            "4 KiB writes at random places of a file, synced once at the end",
        ),
        (
            "mixed",
            "four threads in one file: 8 KiB, 7 of 10 operations read, a sync after every 16 writes",
        ),
        (
            "direct-write",
            "128 KiB in sequence over a file, past the page cache",
        ),
        (
            "sequential-write",
            "a new file in writes of 128 KiB, synced at the end",
        ),
        ("program", "all its jobs, from fio's start to its end"),
    ],
    reach: Reach::Full,
    run,
};

/// The job files, as they are shipped: the two that other workloads do not do in some way come first.
const JOBS: [(&str, &str); 5] = [
    ("mixed", include_str!("fio/jobs/mixed.fio")),
    (
        "sequential-write",
        include_str!("fio/jobs/sequential-write.fio"),
    ),
    ("random-read", include_str!("fio/jobs/random-read.fio")),
    ("random-write", include_str!("fio/jobs/random-write.fio")),
    ("direct-write", include_str!("fio/jobs/direct-write.fio")),
];

/// The file that the jobs work on.
const DATA: &str = "data.bin";
/// Far more than the jobs take; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(600);

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let host = Host::detect();
    let fio = host.tool("fio").ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "run fio")
            .because("it is not installed")
            .hint(host.install("fio", "fio"))
    })?;
    let bytes = cell.scale.fio.fio_file_bytes;
    let jobs = [Job {
        name: "program",
        label: format!("fio {bytes}"),
        fill: &|dir| fixture::write_file(&dir.join(DATA), bytes),
        warm: vec![DATA.into()],
        run: &|cell, dir| all(cell, &fio, dir),
        lower: true,
    }];
    target::on_each(cell, &jobs)
}

/// One fio for all jobs, one after the other: its start is as long as many a job.
fn all(cell: &mut Cell<'_>, fio: &Path, dir: &Path) -> Result<()> {
    // O_DIRECT that the filesystem refuses would end fio before its other jobs.
    let direct = takes_direct(dir);
    let mut files = Vec::new();
    for (name, text) in JOBS.into_iter().take(cell.scale.fio.fio_jobs) {
        if name == "direct-write" && !direct {
            cell.recorder
                .cannot(name, "O_DIRECT is refused for files of this place");
            continue;
        }
        files.push(write_job(cell, dir, name, text)?);
    }
    let environment = cell.environment;
    let arguments: Vec<&OsStr> = std::iter::once(OsStr::new("--output-format=json"))
        .chain(files.iter().map(|file| file.0.as_os_str()))
        .collect();
    let output = cell.recorder.time_until_durable(
        "program",
        || command::output(fio, &arguments, LIMIT),
        || environment.sync(),
    )?;
    let bad = |why: String| {
        Err(Error::new(ErrorKind::Daemon, "measure with fio in")
            .path(dir)
            .because(why))
    };
    let Some((said, failed)) = said::read(&output.stdout) else {
        let words: String = output.stderr.chars().take(400).collect();
        return bad(format!("{}: {words}", output.status));
    };
    for (job, errno) in failed {
        let error = std::io::Error::from_raw_os_error(errno);
        cell.recorder
            .cannot(&job, format!("fio ended it with {error}"));
    }
    if said.is_empty() {
        return bad("none of its jobs moved anything".to_owned());
    }
    record(cell, &said);
    if !said.iter().any(|said| said.job == "sequential-write") {
        return Ok(());
    }
    let made = dir.join("new.bin");
    let length = made.metadata().attempt("stat", &made)?.len();
    if length < cell.scale.fio.fio_file_bytes {
        return bad(format!("it wrote {length} bytes of a new file"));
    }
    Ok(())
}

/// What fio said.
fn record(cell: &mut Cell<'_>, said: &[said::Said]) {
    for one in said {
        let phase = one.job.as_str();
        // Only of a job that does both.
        let both = said.iter().filter(|other| other.job == one.job).count() > 1;
        let direction = both.then(|| one.direction.to_owned());
        cell.recorder.param("direction", direction);
        if let Some((rate, throughput)) = one.speed {
            cell.recorder.value(phase, Metric::Rate, rate);
            cell.recorder.value(phase, Metric::Throughput, throughput);
        }
        cell.recorder.value(phase, Metric::LatencyP50, one.p50);
        if let Some(p99) = one.p99 {
            cell.recorder.value(phase, Metric::LatencyP99, p99);
        }
    }
    cell.recorder.param("direction", None);
}

/// A file that is gone when it is dropped.
#[derive(Debug)]
struct JobFile(PathBuf);

impl Drop for JobFile {
    fn drop(&mut self) {
        // It lies in the cell's scratch directory, which goes anyway.
        drop(std::fs::remove_file(&self.0));
    }
}

/// The job with its variables put in, in the cell's scratch directory.
fn write_job(cell: &Cell<'_>, dir: &Path, name: &str, text: &str) -> Result<JobFile> {
    let amounts = &cell.scale.fio;
    // In a job file these would begin a comment, an include, or another path.
    let place = dir.to_string_lossy();
    if place.contains([':', '\n', '$', '\\', ';', '#']) {
        return Err(Error::new(ErrorKind::Unsupported, "run fio in")
            .path(dir)
            .because("fio takes some characters of this path for its own"));
    }
    let text = text
        .replace("${DIR}", &place)
        .replace("${SIZE}", &amounts.fio_file_bytes.to_string())
        .replace("${IO}", &amounts.fio_io_bytes.to_string())
        .replace(
            "${THREAD_IO}",
            &(amounts.fio_io_bytes / 16).max(8 << 10).to_string(),
        );
    let path = cell.scratch.join(format!("{name}.fio"));
    std::fs::write(&path, text).attempt("write", &path)?;
    Ok(JobFile(path))
}

/// Whether files there can be opened past the page cache.
fn takes_direct(dir: &Path) -> bool {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::WRONLY | OFlags::DIRECT | OFlags::CLOEXEC;
    // Opening for writing would copy a file of the image up before its time: a file of its own is asked.
    let probe = dir.join("direct.probe");
    let taken = openat(CWD, &probe, flags | OFlags::CREATE, Mode::RUSR | Mode::WUSR).is_ok();
    drop(std::fs::remove_file(&probe));
    taken
}
