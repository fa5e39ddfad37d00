//! Where results go while a run lasts: `records.jsonl`, one line at a time, so that a crash loses at most the cell in
//! flight; and in memory for the report.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reports::{Line, Results};

/// The file the lines go to, in the output directory.
pub(crate) const FILE: &str = "records.jsonl";

/// Appends lines to the file and to the results.
#[derive(Debug)]
pub(crate) struct Records {
    file: File,
    path: PathBuf,
    results: Results,
}

impl Records {
    /// Starts a new file in `out`. What an earlier run left there moves to `earlier/TIME/`: nothing is overwritten.
    pub(crate) fn create(out: &Path, now: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(out)
            .with_context(|| elsewhere(format!("make the output directory {}", out.display())))?;
        put_aside(out, now)?;
        let path = out.join(FILE);
        let file = File::create_new(&path)
            .with_context(|| elsewhere(format!("make {}", path.display())))?;
        Ok(Self {
            file,
            path,
            results: Results::default(),
        })
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

fn elsewhere(what: String) -> String {
    format!("could not {what} (--out DIR names another directory)")
}

/// The files a run leaves in its output directory.
pub(crate) const OUTPUTS: [&str; 5] = [
    FILE,
    "results.json",
    "report.html",
    "junit.xml",
    "summary.md",
];

fn put_aside(out: &Path, now: &str) -> anyhow::Result<()> {
    if !out.join(FILE).exists() {
        return Ok(());
    }
    let aside = out.join("earlier").join(now.replace(':', "-"));
    std::fs::create_dir_all(&aside)
        .with_context(|| elsewhere(format!("make {}", aside.display())))?;
    for name in OUTPUTS {
        let from = out.join(name);
        if from.exists() {
            std::fs::rename(&from, aside.join(name))
                .with_context(|| elsewhere(format!("put {} aside", from.display())))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_an_earlier_run_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Records::create(dir.path(), "2026-01-01T00:00:00Z").unwrap();
        first
            .push(Line::End(reports::record::End {
                seconds: 1.0,
                interrupted: false,
            }))
            .unwrap();
        Records::create(dir.path(), "2026-01-02T00:00:00Z").unwrap();
        let kept =
            std::fs::read_to_string(dir.path().join("earlier/2026-01-02T00-00-00Z").join(FILE))
                .unwrap();
        assert!(kept.contains("\"end\""), "{kept}");
        assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), "");
    }
}
