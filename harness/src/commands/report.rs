//! `layerbench report`: every document that is made from records; also the last step of a run.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reports::Results;

use crate::cli::{Format, ReportArgs, RunArg};
use crate::outfile::replace;
use crate::{exit, layout, packed, progress, records, runs};

/// Where the report of several runs goes: it belongs to none of them.
const SEVERAL: &str = "layerbench-report";

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<u8> {
    let format = args.print.wanted();
    let read = |run: &PathBuf| read_in(run, &args.within.root);
    let baseline = args.baseline.as_ref().map(read).transpose()?;
    let baseline = baseline.as_ref().map(|(_, results)| results);
    let out = match args.runs.as_slice() {
        [] | [_] => {
            let (path, results) = read(args.runs.first().unwrap_or(&args.within.root))?;
            // The familiar name of a file is a link into the run's directory: there the documents belong.
            let path = path.canonicalize().unwrap_or(path);
            let beside = path.parent().map(Path::to_owned);
            let out = args.out.clone().or(beside).unwrap_or_default();
            let documents = write_beside(&results, baseline, &out)?;
            progress::document(&documents.in_format(format, &results))?;
            out
        }
        several => {
            if format == Format::Json {
                return Err(exit::coded(
                    exit::USAGE,
                    "JSON is printed of one run: name one, or leave --json out".to_owned(),
                ));
            }
            let runs = several.iter().map(|run| Ok(read(run)?.1));
            let runs = runs.collect::<anyhow::Result<Vec<Results>>>()?;
            let merged =
                reports::merge(runs).map_err(|e| exit::coded(exit::USAGE, e.to_string()))?;
            let out = args.out.clone().unwrap_or_else(|| SEVERAL.into());
            let documents = write_several(&merged, baseline, &out)?;
            progress::document(&documents.in_format(format, &merged))?;
            out
        }
    };
    progress::say(&format!(
        "layerbench: wrote {}",
        out.join("report.html").display()
    ));
    Ok(exit::OK)
}

/// The results of a file of records, or of the directory that holds it; with the file's path.
pub(super) fn read(records: &Path) -> anyhow::Result<(PathBuf, Results)> {
    let absent = || {
        exit::coded(
            exit::NO_INPUT,
            format!(
                "there is no {}; layerbench run makes one",
                records.display()
            ),
        )
    };
    load(there(records)?.ok_or_else(absent)?)
}

/// The run that is meant on the command line: the newest where none is.
pub(super) fn meant(run: &RunArg) -> anyhow::Result<(PathBuf, Results)> {
    let root = &run.within.root;
    read_in(run.records.as_deref().unwrap_or(root), root)
}

/// The results in a directory.
pub(crate) fn read_results(dir: &Path) -> anyhow::Result<Results> {
    read(dir).map(|(_, results)| results)
}

/// As [`read`], or of a run of `root` by its name.
pub(super) fn read_in(run: &Path, root: &Path) -> anyhow::Result<(PathBuf, Results)> {
    load(find(run, root)?)
}

fn load(path: PathBuf) -> anyhow::Result<(PathBuf, Results)> {
    let text = packed::text(&path)?;
    let results = if packed::name(&path).ends_with(".jsonl") {
        Results::from_lines(&text)
    } else {
        Results::from_json(&text)
    }
    .map_err(|e| exit::coded(exit::BAD_DATA, format!("{}: {e}", path.display())))?;
    Ok((path, results))
}

/// The records file that is meant: that of a path, or of a run of `root`.
fn find(path: &Path, root: &Path) -> anyhow::Result<PathBuf> {
    if let Some(file) = there(path)? {
        return Ok(file);
    }
    if path == root {
        return Err(exit::coded(
            exit::NO_INPUT,
            format!(
                "there is no directory {}; layerbench run makes it, --in OUT names another",
                root.display()
            ),
        ));
    }
    let named = path.to_str().map(|text| runs::find(root, text));
    let named = named.transpose()?.flatten();
    let file = named.as_deref().map(there).transpose()?.flatten();
    file.ok_or_else(|| {
        exit::coded(
            exit::NO_INPUT,
            format!(
                "there is no {}, and no run of that name in {}; layerbench run makes one, layerbench history lists them",
                path.display(),
                root.display()
            ),
        )
    })
}

/// The records file at a path: the path itself, what a run left in that directory, or that of the newest run it keeps.
/// `None` where nothing is.
fn there(path: &Path) -> anyhow::Result<Option<PathBuf>> {
    use std::io::ErrorKind;
    let metadata = match std::fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        outcome => outcome.with_context(|| format!("could not read {}", path.display()))?,
    };
    if !metadata.is_dir() {
        return Ok(Some(path.to_owned()));
    }
    let names = [records::FILE, "results.json", packed::FILE];
    if let Some(file) = names
        .map(|name| path.join(name))
        .into_iter()
        .find(|file| file.exists())
    {
        return Ok(Some(file));
    }
    // Whoever removes the newest run leaves links that lead nowhere.
    if let Some(newest) = runs::newest(path)? {
        return there(&newest);
    }
    Err(exit::coded(
        exit::NO_INPUT,
        format!(
            "there is neither {} nor results.json in {}; layerbench run makes them",
            records::FILE,
            path.display()
        ),
    ))
}

/// What is also printed.
#[derive(Debug)]
pub(super) struct Documents {
    /// Empty for several runs, which no one file of results holds.
    pub(super) json: String,
    pub(super) summary: String,
    markdown: String,
}

impl Documents {
    /// The one that is asked for.
    pub(super) fn in_format(self, format: Format, results: &Results) -> String {
        match format {
            Format::Table => self.summary,
            Format::Markdown => self.markdown,
            Format::Json => self.json,
            Format::Csv => reports::sheet::headline(results).csv(),
        }
    }
}

/// Writes report.html, results.json, junit.xml, summary.md and claims.json, each whole or not at all.
pub(super) fn write(results: &Results, out: &Path) -> anyhow::Result<Documents> {
    write_beside(results, None, out)
}

/// As [`write`], with an earlier run that answers are held against.
fn write_beside(
    results: &Results,
    baseline: Option<&Results>,
    out: &Path,
) -> anyhow::Result<Documents> {
    make(out)?;
    let json = results.to_json()? + "\n";
    put(out, "results.json", &json)?;
    let documents = write_several(results, baseline, out)?;
    let answers = reports::claims::answers(&reports::Analysis::new(results));
    put(
        out,
        "claims.json",
        &reports::claims::show::json(results, &answers)?,
    )?;
    Ok(Documents { json, ..documents })
}

/// Writes what can be said of several runs too.
fn write_several(
    results: &Results,
    baseline: Option<&Results>,
    out: &Path,
) -> anyhow::Result<Documents> {
    make(out)?;
    let history = super::before::history(results, out);
    let beside = reports::Beside {
        baseline,
        history: &history,
    };
    put(out, "report.html", &reports::render_with(results, &beside))?;
    put(out, "junit.xml", &reports::junit::junit(results)?)?;
    let markdown = reports::markdown::summary(results);
    put(out, "summary.md", &markdown)?;
    let width = layout::width();
    Ok(Documents {
        json: String::new(),
        markdown,
        summary: layout::broken(&reports::summary::text(results, width), width),
    })
}

fn make(out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| {
        format!(
            "could not make {} (--out DIR names another directory)",
            out.display()
        )
    })
}

fn put(out: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = out.join(name);
    replace(&path, text.as_bytes()).with_context(|| {
        format!(
            "could not write {} (--out DIR names another directory)",
            path.display()
        )
    })
}
