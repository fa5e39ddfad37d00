//! One turn: a layerbench program run to its end, and what it recorded.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use drivers::sys::command;

use crate::commands::compare::Run;
use crate::{exit, interrupt};

/// Runs `BINARY ARGUMENTS --out DIR`, with what it prints in `DIR/log`. `None` when the user ended it.
///
/// # Errors
/// When it cannot be started, or ends without results; with its last words, and its code.
pub(super) fn run(binary: &Path, line: &[String], dir: &Path) -> anyhow::Result<Option<Run>> {
    std::fs::create_dir_all(dir).with_context(|| format!("could not make {}", dir.display()))?;
    let path = dir.join("log");
    let log = std::fs::File::create(&path)
        .with_context(|| format!("could not make {}", path.display()))?;
    let mut args: Vec<OsString> = line.iter().map(OsString::from).collect();
    args.extend(["--out".into(), dir.as_os_str().to_owned()]);
    let outcome = command::logged(binary, &args, &log, interrupt::hand_over_apart);
    interrupt::take_back();
    let status = outcome?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    match code {
        Some(exit::INTERRUPTED) => Ok(None),
        // A case that fails, or a workload that does not finish, is among the results, and is judged there.
        Some(exit::OK | exit::FAILED | exit::OS) if has_results(dir) => {
            Run::load(dir, dir).map(Some)
        }
        _ => {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let last = text.lines().rev().find(|line| !line.trim().is_empty());
            let how = match status.signal() {
                Some(signal) => format!("was ended by signal {signal}"),
                None => format!("ended with code {}", status.code().unwrap_or(-1)),
            };
            Err(exit::coded(
                code.filter(|code| *code > exit::FAILED).unwrap_or(exit::OS),
                format!(
                    "{} {} {how}: {} (all it said is in {})",
                    binary.display(),
                    line.join(" "),
                    last.unwrap_or("it said nothing")
                        .trim_start_matches("layerbench: "),
                    path.display()
                ),
            ))
        }
    }
}

fn has_results(dir: &Path) -> bool {
    dir.join(crate::records::FILE).exists()
}

/// The program a path means.
///
/// # Errors
/// No input, when there is none.
pub(super) fn program(path: &Path) -> anyhow::Result<PathBuf> {
    let file = path.canonicalize().ok().filter(|path| path.is_file());
    file.ok_or_else(|| {
        exit::coded(
            exit::NO_INPUT,
            format!("there is no program {}", path.display()),
        )
    })
}

/// This program.
pub(super) fn own() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("could not find this program's own file")
}
