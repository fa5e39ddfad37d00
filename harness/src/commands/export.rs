//! `layerbench export`: a run, or all of them, in a format that other programs read.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use reports::export::{Format, annotations, otava};

use super::sought::Sought;
use crate::cli::{ExportArgs, OTAVA};
use crate::outfile::Outfile;
use crate::{exit, progress};

/// Where GitHub wants the summary of a step: Markdown, added at the end.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<u8> {
    let text = text(args)?;
    match (&args.output, std::env::var_os(STEP_SUMMARY)) {
        (Some(path), _) => Outfile::checked(path)?.write(&text)?,
        (None, Some(path)) if args.format == "job-summary" && !path.is_empty() => {
            append(Path::new(&path), &text)?;
            progress::say("layerbench: the summary of the job has it");
        }
        (None, _) => progress::document(&text)?,
    }
    Ok(exit::OK)
}

/// On GitHub, after a run: what shows it there.
pub(super) fn hint() {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("GITHUB_ACTIONS") {
        progress::say(
            "layerbench: on GitHub, layerbench export --format job-summary shows this in the summary of the job, and --format annotations beside the change",
        );
    }
}

fn text(args: &ExportArgs) -> anyhow::Result<String> {
    if args.format == OTAVA {
        return otava(args);
    }
    let (_, results) = super::report::meant(&args.run)?;
    let mut sought = Sought::new();
    sought.add(&results);
    sought.check(&args.filter)?;
    if args.format == "annotations" {
        return Ok(annotations::text(&results, args.annotate.as_deref()));
    }
    let format = Format::named(&args.format)
        .ok_or_else(|| exit::coded(exit::USAGE, format!("there is no format {}", args.format)))?;
    Ok((format.write)(&results, &args.filter.filter(args.all))?)
}

/// The group with the most runs: Otava compares rows, so that they must be comparable.
fn otava(args: &ExportArgs) -> anyhow::Result<String> {
    let groups = super::trend::groups(&args.run.within.root, &args.filter, args.all)?;
    let Some((group, others)) = groups.split_first().filter(|(g, _)| !g.trends.is_empty()) else {
        return Err(exit::coded(
            exit::NOTHING,
            format!(
                "no run in {} has numbers that fit; layerbench history lists the runs",
                args.run.within.root.display()
            ),
        ));
    };
    let (text, left_out) = otava::csv(group);
    progress::say(&format!(
        "layerbench: {} runs of host {}, {}",
        group.runs.len(),
        group.host,
        group.setup
    ));
    if left_out > 0 {
        progress::say(&format!(
            "layerbench: {left_out} series are left out, because not every run has them"
        ));
    }
    let others: usize = others.iter().map(|group| group.runs.len()).sum();
    if others > 0 {
        progress::say(&format!(
            "layerbench: {others} runs are left out: of another host, profile or image"
        ));
    }
    Ok(text)
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::File::options()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("could not write {} (${STEP_SUMMARY})", path.display()))
}
