//! A program of a lower layer cannot be opened for writing while it runs: ETXTBSY.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

use drivers::error::Attempt as _;
use drivers::sys::command;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, file};

/// The promise.
pub const CASE: Case = Case {
    name: "running_file_is_busy",
    promise: "A program of a lower layer cannot be opened for writing while it runs: ETXTBSY.",
    why: "Upgrades in place rely on being told that a program is running.",
    origin: "pjdfstest open (ETXTBSY); kernel overlayfs (non-standard behaviour)",
    covers: &["FD5"],
    level: Level::Informs,
    theme: Theme::OpenFiles,
    capability: Some("running_file_is_busy"),
    broken_by: &[Fault::Flipped("running_file_is_busy")],
    run,
};

/// It reads as many bytes as it is told to.
const PROGRAM: &str = "/usr/bin/head";

/// Bounds a hang.
const LIMIT: Duration = Duration::from_secs(60);

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.running_file_is_busy;
    let program = fs::read(PROGRAM).attempt("read", PROGRAM);
    let program = program.map_err(|error| Stop::broken(error.to_string()))?;
    let base = context.layer(None, &[file("head", program), chmod("head", 0o755)])?;
    let container = context.container(Some(&base))?;
    let path = container.path("head");
    // It runs until it has read a byte, which it is given afterwards: however long anything takes here.
    let pipe = context.directory()?.join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).attempt("make", &pipe)?;
    let held = File::options().read(true).write(true).open(&pipe);
    let mut held = held.attempt("open", &pipe)?;
    let line = ["-c".as_ref(), "1".as_ref(), pipe.as_os_str()];
    let opened = thread::scope(|scope| {
        let running = scope.spawn(|| command::output(&path, &line, LIMIT));
        let opened = wait_for(&path, || running.is_finished())
            .then(|| File::options().write(true).open(&path).map(drop));
        let told = held.write_all(b"x");
        (opened, told.map(|()| running.join()))
    });
    let (Some(opened), Ok(Ok(Ok(_)))) = opened else {
        return Err(Stop::broken("the program of the layer could not be run"));
    };
    let busy = opened
        .as_ref()
        .is_err_and(|e| e.raw_os_error() == Some(Errno::TXTBSY.raw_os_error()));
    check::declared(
        "running_file_is_busy",
        declared,
        busy,
        format!(
            "opening it for writing: {}",
            opened.map_or_else(|e| e.to_string(), |()| "no error".to_owned())
        ),
    )
}

/// Looks until a process of this machine runs the file, or `over`.
fn wait_for(program: &Path, over: impl Fn() -> bool) -> bool {
    while !over() {
        let Ok(processes) = fs::read_dir("/proc") else {
            return false;
        };
        let runs = processes.flatten().any(|process| {
            fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe == program)
        });
        if runs {
            return true;
        }
    }
    false
}
