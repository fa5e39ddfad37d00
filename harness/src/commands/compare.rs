//! `layerbench compare`: two runs, or two subjects of one, side by side.

use std::path::Path;

use reports::compare::{Options, show};
use reports::{Comparison, Results};

use crate::cli::{CompareArgs, Format};
use crate::{exit, layout, progress};

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<u8> {
    let load = |run: &Path| Run::load(run, &args.within.root);
    let a = load(&args.a)?;
    let b = args.b.as_deref().map(load).transpose()?;
    let options = Options {
        labels: [
            args.a.display().to_string(),
            args.b.as_ref().unwrap_or(&args.a).display().to_string(),
        ],
        subjects: args.subject.clone().zip(args.against.clone()),
        ratios: args.ratios,
        ..Options::default()
    };
    let comparison = compare(&a, b.as_ref().unwrap_or(&a), &options)?;
    progress::document(&match args.print.or_markdown(args.markdown) {
        Format::Json => serde_json::to_string_pretty(&comparison)? + "\n",
        Format::Markdown => show::markdown(&comparison, args.all),
        Format::Csv => show::table_of(&show::chosen(&comparison, args.all)).csv(),
        Format::Table => {
            let width = layout::width();
            let shown = show::Shown {
                all: args.all,
                width,
            };
            layout::broken(&show::text(&comparison, shown), width)
        }
    })?;
    Ok(exit::OK)
}

/// A run that was read from a file.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) results: Results,
    /// The last line of the records was cut short, and is left out.
    pub(super) torn: bool,
}

impl Run {
    /// Reads records, results, the directory that holds them, or a run of the output directory `root` by its name.
    pub(super) fn load(run: &Path, root: &Path) -> anyhow::Result<Self> {
        let (file, results) = super::report::read_in(run, root)?;
        Ok(Self {
            torn: is_torn(&file),
            results,
        })
    }
}

/// Whether the file ends in the middle of a line.
fn is_torn(file: &Path) -> bool {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let last = || -> std::io::Result<u8> {
        let mut file = std::fs::File::open(file)?;
        file.seek(SeekFrom::End(-1))?;
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        Ok(byte[0])
    };
    file.extension().is_some_and(|e| e == "jsonl") && last().is_ok_and(|byte| byte != b'\n')
}

/// Compares, and says what reading the files showed.
pub(super) fn compare(a: &Run, b: &Run, options: &Options) -> anyhow::Result<Comparison> {
    let mut comparison = Comparison::new(&a.results, &b.results, options).map_err(|e| {
        let code = if options.subjects.is_some() {
            exit::USAGE
        } else {
            exit::BAD_DATA
        };
        exit::coded(code, format!("cannot compare: {e}"))
    })?;
    for (run, label) in [(b, &options.labels[1]), (a, &options.labels[0])] {
        if run.torn {
            let note = format!(
                "{label}: the last line was cut short by a crash and is left out; all before it counts"
            );
            if !comparison.notes.contains(&note) {
                comparison.notes.insert(0, note);
            }
        }
    }
    Ok(comparison)
}
