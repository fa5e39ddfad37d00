//! Runs of layerbench itself, as a user starts them.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::command;
use drivers::{Error, ErrorKind, Result};
use reports::compare::Options;
use reports::{Comparison, Results};

use crate::Bench;

/// Far above what any of the runs takes; only bounds a hang.
const RUN_LIMIT: Duration = Duration::from_secs(3600);

/// Runs `layerbench bench ARGS`, its output kept under `name` in the run's directory, and reads its results.
pub(crate) fn bench(bench: &Bench, name: &str, args: &[&str]) -> Result<Results> {
    let out = bench.run.dir().join(name);
    let program = Path::new(env!("CARGO_BIN_EXE_layerbench"));
    let mut line: Vec<OsString> = vec!["bench".into(), "--out".into(), out.clone().into()];
    line.extend(["--work".into(), "/var/tmp/layerbench-bench".into()]);
    line.extend(args.iter().map(OsString::from));
    let line: Vec<&OsStr> = line.iter().map(OsString::as_os_str).collect();
    command::run(program, &line, RUN_LIMIT)?;
    let path = out.join("results.json");
    let text = std::fs::read_to_string(&path).attempt("read", &path)?;
    Results::from_json(&text).map_err(|e| {
        Error::new(ErrorKind::Corrupt, "read")
            .path(&path)
            .because(e.to_string())
    })
}

/// Compares two runs, or two subjects of one (the judged one first).
pub(crate) fn compare(
    a: &Results,
    b: &Results,
    subjects: Option<(&str, &str)>,
    more: &Options,
) -> Result<Comparison> {
    let options = Options {
        labels: ["A".to_owned(), "B".to_owned()],
        subjects: subjects.map(|(x, y)| (x.to_owned(), y.to_owned())),
        ..more.clone()
    };
    Comparison::new(a, b, &options)
        .map_err(|e| Error::new(ErrorKind::BadInput, "compare runs").because(e.to_string()))
}
