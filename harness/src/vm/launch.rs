//! Runs one command of this program in a guest and brings back what it recorded.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reports::Results;

use super::boot::{self, Accel, Boot, Ended};
use super::place::Cache;
use super::{accel, image, job, suite};
use crate::progress::{self, Progress};
use crate::{exit, records};

/// The scratch disk: sparse, it takes what is written.
const SCRATCH_BYTES: u64 = 64 << 30;
/// How often one who reads a log is told how far it is.
const TELL: Duration = Duration::from_secs(30);

/// What is to be run.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// The arguments of the program in the guest.
    pub(crate) arguments: &'a [String],
    /// Where the scratch disk lies while the guest runs.
    pub(crate) work: &'a Path,
    /// Nobody's choice: KVM where it is real.
    pub(crate) accel: Option<Accel>,
    pub(crate) cpus: u32,
    pub(crate) memory_mib: u64,
    pub(crate) limit: Duration,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Brought {
    pub(crate) ended: Ended,
    /// The document the command printed.
    pub(crate) output: Vec<u8>,
    /// records.jsonl, as far as the guest got.
    pub(crate) records: String,
    /// The last lines of the console.
    pub(crate) last_lines: String,
}

/// Boots a guest for one command.
///
/// # Errors
/// When the guest cannot be made or started; how the command ended is no error here.
pub(crate) fn launch(cache: &Cache, what: &Launch<'_>) -> anyhow::Result<Brought> {
    std::fs::create_dir_all(what.work)
        .with_context(|| format!("could not make {}", what.work.display()))?;
    let dir = tempfile::Builder::new()
        .prefix("layerbench-vm-")
        .tempdir_in(what.work)
        .with_context(|| format!("could not make a directory in {}", what.work.display()))?;
    let image = image::of(cache);
    let accel = match what.accel {
        Some(asked) => asked,
        None => {
            let trial = dir.path().join("trial");
            std::fs::create_dir(&trial)?;
            accel::choose(cache, &image, &trial)
        }
    };
    let (initrd, scratch) = (dir.path().join("initrd"), dir.path().join("scratch"));
    suite::write(&image.base, &initrd, what.arguments)?;
    image::make_store(cache, &scratch, SCRATCH_BYTES)?;
    let boot = Boot {
        image: &image,
        initrd: &initrd,
        scratch: Some(&scratch),
        dir: dir.path(),
        accel,
        cpus: what.cpus,
        memory_mib: what.memory_mib,
        limit: what.limit,
        show: true,
    };
    let mut follower = Follower::new(boot.file("progress"));
    let ended = boot.run(cache, || follower.look())?;
    follower.bar.finish();
    let read = |name: &str| std::fs::read(boot.file(name)).unwrap_or_default();
    let records = [read("records"), read("progress")]
        .into_iter()
        .map(|bytes| whole_lines(&String::from_utf8_lossy(&bytes)))
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    Ok(Brought {
        ended,
        output: read("output"),
        records,
        last_lines: plain_lines(&job::last_lines(&boot.file("console"), boot::LAST_LINES)),
    })
}

fn plain_lines(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| boot::plain(line.as_bytes()))
        .collect();
    lines.join("\n")
}

/// The text up to its last newline: a guest may have been lost in the middle of a line.
fn whole_lines(text: &str) -> String {
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    text[..end].to_owned()
}

/// Shows how far the guest is, by the records it sends while it works.
#[derive(Debug)]
struct Follower {
    path: PathBuf,
    at: u64,
    answers: u64,
    began: Instant,
    told: Instant,
    bar: Progress,
}

impl Follower {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            at: 0,
            answers: 0,
            began: Instant::now(),
            told: Instant::now(),
            bar: Progress::new("in the guest", 0),
        }
    }

    fn look(&mut self) {
        let more = boot::read_from(&self.path, self.at).unwrap_or_default();
        self.at += more.len() as u64;
        let lines = more.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.answers += lines;
        let text = format!(
            "{} records, {} s",
            self.answers,
            self.began.elapsed().as_secs()
        );
        if lines > 0 {
            self.bar.resize(self.answers);
            self.bar.next(&text);
        }
        if self.told.elapsed() >= TELL {
            self.told = Instant::now();
            if !std::io::stderr().is_terminal() {
                progress::say(&format!("layerbench: in the guest: {text}"));
            }
        }
    }
}

/// Keeps what a guest recorded as a run of `out`, like any other, and renders its documents. `None` without records.
///
/// # Errors
/// When the records are damaged, or cannot be written.
pub(crate) fn keep(brought: &Brought, out: &Path) -> anyhow::Result<Option<(PathBuf, Results)>> {
    if brought.records.is_empty() {
        return Ok(None);
    }
    let results = Results::from_lines(&brought.records)
        .map_err(|e| exit::coded(exit::BAD_DATA, format!("the guest's records: {e}")))?;
    let dir = crate::runs::adopt(out, &results.run.id)?;
    let path = dir.join(records::FILE);
    std::fs::write(&path, &brought.records)
        .with_context(|| format!("could not write {}", path.display()))?;
    if let Err(error) = crate::runs::publish(out, &dir, &crate::describe::now()) {
        progress::say(&format!(
            "layerbench: {error:#}; the results are in {}",
            dir.display()
        ));
    }
    Ok(Some((dir, results)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(records: &str) -> Brought {
        Brought {
            ended: Ended::Lost,
            output: Vec::new(),
            records: whole_lines(records),
            last_lines: String::new(),
        }
    }

    #[test]
    fn what_a_lost_guest_recorded_is_kept_but_for_the_line_in_flight() {
        let out = tempfile::tempdir().unwrap();
        let whole = reports::Line::Run(reports::Run {
            schema: reports::record::SCHEMA,
            id: "2026-01-01T00-00-00Z-5f3a9c01-7c2e".to_owned(),
            ..Default::default()
        })
        .to_json()
        .unwrap();
        let cut = format!("{whole}\n{{\"case\":{{\"subj");
        let (dir, results) = keep(&brought(&cut), out.path()).unwrap().unwrap();
        assert!(results.end.is_none() && results.run.id.ends_with("7c2e"));
        assert!(dir.ends_with("runs/2026-01-01T00-00-00Z-5f3a9c01-7c2e"));
        assert!(out.path().join("latest/records.jsonl").exists());
        assert!(keep(&brought("{\"ca"), out.path()).unwrap().is_none());
        assert!(keep(&brought("no record\n"), out.path()).is_err());
    }
}
