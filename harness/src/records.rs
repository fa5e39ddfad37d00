//! Where results go while a run lasts: `records.jsonl`, one line at a time, so that a crash loses at most the cell in
//! flight; and in memory for the report.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reports::{Line, Results};

use crate::runs;

/// The file the lines go to, in the output directory.
pub(crate) const FILE: &str = "records.jsonl";

/// Appends lines to the file and to the results.
#[derive(Debug)]
pub(crate) struct Records {
    file: File,
    path: PathBuf,
    dir: PathBuf,
    results: Results,
}

impl Records {
    /// Starts a run in `OUT/runs/`, under a name that begins with `stem`, and lets the familiar names of `OUT` lead to it.
    pub(crate) fn create(out: &Path, stem: &str) -> anyhow::Result<Self> {
        let dir = runs::create(out, stem)?;
        let path = dir.join(FILE);
        let file = File::create_new(&path)
            .with_context(|| format!("could not make {}", path.display()))?;
        // So that `layerbench history` can tell a run at work from one that was killed. Not every filesystem can.
        let locked = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
        if let Err(error) = locked {
            tracing::debug!("could not lock {}: {error}", path.display());
        }
        if let Err(error) = runs::publish(out, &dir, &crate::describe::now()) {
            // Some filesystems have no links: the results are kept all the same.
            crate::progress::say(&format!(
                "layerbench: {error:#}; the results are in {}",
                dir.display()
            ));
        }
        Ok(Self {
            file,
            path,
            dir,
            results: Results::default(),
        })
    }

    /// The directory of the run.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The name of the run.
    pub(crate) fn id(&self) -> String {
        let name = self.dir.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Adds a line; it is in the file when this returns.
    pub(crate) fn push(&mut self, line: Line) -> anyhow::Result<()> {
        let text = line.to_json()? + "\n";
        self.file
            .write_all(text.as_bytes())
            .with_context(|| format!("writing {}", self.path.display()))?;
        self.results.push(line);
        Ok(())
    }

    /// Says that so many rounds is what the run comes to.
    pub(crate) fn planned_rounds(&mut self, rounds: u32) -> anyhow::Result<()> {
        let run = reports::Run {
            rounds,
            ..self.results.run.clone()
        };
        self.push(Line::Run(run))
    }

    /// Adds a setting, or a fact, that is only known at the end.
    pub(crate) fn configured(
        &mut self,
        name: &str,
        value: serde_json::Value,
    ) -> anyhow::Result<()> {
        let mut run = self.results.run.clone();
        run.config.insert(name.to_owned(), value);
        self.push(Line::Run(run))
    }

    /// Everything so far.
    pub(crate) fn results(&self) -> &Results {
        &self.results
    }
}

/// The files a run leaves in its output directory.
pub(crate) const OUTPUTS: [&str; 6] = [
    FILE,
    "results.json",
    "report.html",
    "junit.xml",
    "summary.md",
    "claims.json",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_an_earlier_run_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Records::create(dir.path(), "2026-01-01T00-00-00Z-0").unwrap();
        first
            .push(Line::End(reports::record::End {
                seconds: 1.0,
                interrupted: false,
            }))
            .unwrap();
        let second = Records::create(dir.path(), "2026-01-02T00-00-00Z-0").unwrap();
        let kept = std::fs::read_to_string(first.dir().join(FILE)).unwrap();
        assert!(kept.contains("\"end\""), "{kept}");
        assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), "");
        assert!(second.id().starts_with("2026-01-02T00-00-00Z-0-"));
    }
}
