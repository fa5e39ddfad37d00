//! The processes of a program that runs in a root, all that it started among them: who is in its process namespace, and the
//! memory they take.

use std::path::{Path, PathBuf};

use drivers::sys::rooted::Running;

/// `/proc/PID` of each process in the process namespace of `pid`, as of now.
pub(crate) fn beside(pid: u32) -> Vec<PathBuf> {
    let proc = Path::new("/proc");
    let namespace = |pid: &str| std::fs::read_link(proc.join(pid).join("ns/pid")).ok();
    let (Some(own), Ok(entries)) = (namespace(&pid.to_string()), std::fs::read_dir(proc)) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|name| namespace(name).as_ref() == Some(&own))
        .map(|name| proc.join(name))
        .collect()
}

/// The proportional set sizes of a program's processes together, in bytes: of each page their share of all who map it.
/// `None` where the kernel does not tell.
pub(crate) fn memory(running: &Running) -> Option<u64> {
    let shares = beside(running.pid()).into_iter().filter_map(|process| {
        // One that has ended meanwhile takes nothing.
        let text = std::fs::read_to_string(process.join("smaps_rollup")).ok()?;
        proportional(&text)
    });
    shares.reduce(|sum, share| sum + share)
}

/// The same of the program's own process alone.
pub(crate) fn alone(running: &Running) -> Option<u64> {
    let path = format!("/proc/{}/smaps_rollup", running.pid());
    proportional(&std::fs::read_to_string(path).ok()?)
}

/// `Pss` of smaps_rollup (proc_pid_smaps(5)), in bytes.
fn proportional(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drivers::sys::rooted::InRoot;
    use std::time::Duration;

    #[test]
    fn shares_are_read_from_their_line() {
        let rollup = "55-7f ---p 0 00:00 0   [rollup]\nRss:  9 kB\nPss:   7 kB\nPss_Dirty: 3 kB\n";
        assert_eq!(proportional(rollup), Some(7 << 10));
        assert_eq!(proportional("Rss: 9 kB\n"), None);
    }

    #[test]
    fn all_that_a_program_started_is_found_and_nothing_else() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let run = InRoot::new(Path::new("/"), "/bin/sh");
        let script = "sleep 60 & echo ready; wait";
        let running = run.args(["-c", script]).start().unwrap();
        running.ready("ready", Duration::from_secs(30)).unwrap();
        let names: Vec<String> = beside(running.pid())
            .iter()
            .map(|process| std::fs::read_to_string(process.join("comm")).unwrap())
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(alone(&running).unwrap() > 0);
        assert!(memory(&running).unwrap() > alone(&running).unwrap());
    }
}
