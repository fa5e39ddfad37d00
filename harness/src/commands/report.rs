//! `layerbench report`: every document that is made from records; also the last step of a run.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reports::Results;

use crate::cli::{Format, ReportArgs, RunArg};
use crate::{exit, layout, packed, progress, records, runs};

/// Where the report of several runs goes: it belongs to none of them.
const SEVERAL: &str = "layerbench-report";

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<u8> {
    let format = args.print.wanted();
    let read = |run: &PathBuf| read_in(run, &args.root);
    let baseline = args.baseline.as_ref().map(read).transpose()?;
    let baseline = baseline.as_ref().map(|(_, results)| results);
    let out = match args.runs.as_slice() {
        [] | [_] => {
            let (path, results) = read(args.runs.first().unwrap_or(&args.root))?;
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

/// The results of a file of records, of the directory that holds it, or of a run by its name; with the file's path.
pub(super) fn read(records: &Path) -> anyhow::Result<(PathBuf, Results)> {
    read_in(records, &runs::root())
}

/// The run that is meant on the command line: the newest where none is.
pub(super) fn meant(run: &RunArg) -> anyhow::Result<(PathBuf, Results)> {
    read_in(run.records.as_deref().unwrap_or(&run.root), &run.root)
}

/// The results in a directory.
pub(crate) fn read_results(dir: &Path) -> anyhow::Result<Results> {
    read(dir).map(|(_, results)| results)
}

/// As [`read`], where the runs of `root` are meant.
fn read_in(records: &Path, root: &Path) -> anyhow::Result<(PathBuf, Results)> {
    let path = find(records, root)?;
    let text = packed::text(&path)?;
    let results = if packed::name(&path).ends_with(".jsonl") {
        Results::from_lines(&text)
    } else {
        Results::from_json(&text)
    }
    .map_err(|e| exit::coded(exit::BAD_DATA, format!("{}: {e}", path.display())))?;
    Ok((path, results))
}

/// The records file that is meant: the path itself, what a run left in that directory, or that of a run of `root`.
fn find(path: &Path, root: &Path) -> anyhow::Result<PathBuf> {
    if path.is_dir() {
        return [records::FILE, "results.json", packed::FILE]
            .into_iter()
            .map(|name| path.join(name))
            .find(|path| path.exists())
            .ok_or_else(|| {
                exit::coded(
                    exit::NO_INPUT,
                    format!(
                        "there is neither {} nor results.json in {}; layerbench run makes them",
                        records::FILE,
                        path.display()
                    ),
                )
            });
    }
    if path.exists() {
        return Ok(path.to_owned());
    }
    match path
        .to_str()
        .map(|text| runs::find(root, text))
        .transpose()?
    {
        Some(Some(run)) => find(&run, root),
        _ => Err(exit::coded(
            exit::NO_INPUT,
            format!(
                "there is no {}, and no run of that name in {}; layerbench run makes one, layerbench history lists them",
                path.display(),
                root.display()
            ),
        )),
    }
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
    let mut file = tempfile::NamedTempFile::new_in(out).with_context(|| {
        format!(
            "could not write {} (--out DIR names another directory)",
            path.display()
        )
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .with_context(|| format!("could not write {}", path.display()))?;
    // A temporary file is private; a report is there to be read.
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(readable)?;
    file.persist(&path)
        .with_context(|| format!("could not write {}", path.display()))?;
    Ok(())
}
