//! What a test run must not leave: its directory, mounts, loop devices, child processes.

use std::fs;
use std::path::Path;

use drivers::Result;
use drivers::error::Attempt as _;

/// Everything that is left of a run in `dir`, in words.
///
/// # Errors
/// When /proc cannot be read.
pub(crate) fn find(dir: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    if dir.exists() {
        found.push(format!("the directory {}", dir.display()));
    }
    let table = Path::new("/proc/self/mountinfo");
    let mounts = fs::read_to_string(table).attempt("read", table)?;
    found.extend(
        mounts
            .lines()
            .filter_map(|line| line.split(' ').nth(4))
            .filter(|at| Path::new(at).starts_with(dir))
            .map(|at| format!("the mount on {at}")),
    );
    let devices = Path::new("/sys/block");
    for device in fs::read_dir(devices).attempt("list", devices)?.flatten() {
        // Absent where nothing is attached.
        let file = fs::read_to_string(device.path().join("loop/backing_file")).unwrap_or_default();
        if Path::new(&file).starts_with(dir) {
            found.push(format!("the device {} on {file}", device.path().display()));
        }
    }
    let threads = Path::new("/proc/self/task");
    for thread in fs::read_dir(threads).attempt("list", threads)?.flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        found.extend(
            children
                .split_whitespace()
                .map(|pid| format!("the process {pid}")),
        );
    }
    Ok(found)
}
