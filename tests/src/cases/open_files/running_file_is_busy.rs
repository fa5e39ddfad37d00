//! A program of a lower layer cannot be opened for writing while it runs: ETXTBSY.

use std::fs::File;
use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

use drivers::error::Attempt as _;
use drivers::sys::command;
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

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.running_file_is_busy;
    let program = fs::read("/bin/sleep").attempt("read", "/bin/sleep");
    let program = program.map_err(|error| Stop::broken(error.to_string()))?;
    let base = context.layer(None, &[file("sleep", program), chmod("sleep", 0o755)])?;
    let container = context.container(Some(&base))?;
    let path = container.path("sleep");
    let opened = thread::scope(|scope| {
        let running =
            scope.spawn(|| command::output(&path, &["0.2".as_ref()], Duration::from_secs(20)));
        let opened = wait_for(&path, || running.is_finished())
            .then(|| File::options().write(true).open(&path).map(drop));
        (opened, running.join())
    });
    let (Some(opened), Ok(Ok(_))) = opened else {
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
