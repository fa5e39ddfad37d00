//! What a run adds to the base: this very program, its libraries, and the line to run.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::cpio::Archive;
use super::job::{Job, program};
use super::libraries;

/// An archive after another begins at a multiple of this.
const ALIGNMENT: u64 = 512;
const STRIP_LIMIT: Duration = Duration::from_secs(120);

/// Writes the base followed by the suite to `to`.
pub(super) fn write(base: &Path, to: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let dir = to.parent().unwrap_or(Path::new("."));
    let own = std::env::current_exe().context("could not find this program's own file")?;
    let small = stripped(&own, dir)?;
    std::fs::copy(base, to).with_context(|| format!("could not copy {}", base.display()))?;
    let append = || -> anyhow::Result<()> {
        let mut file = File::options().append(true).open(to)?;
        let length = file.metadata()?.len();
        file.set_len(length.next_multiple_of(ALIGNMENT))?;
        let mut archive = Archive::new(std::io::BufWriter::new(&mut file));
        archive.copy("suite/layerbench", 0o755, &small)?;
        let needed = libraries::of_this(&own);
        for (name, library) in &needed {
            archive.copy(&format!("lib/x86_64-linux-gnu/{name}"), 0o755, library)?;
        }
        if !needed.is_empty() {
            // Loader and libc belong together; a newer libc serves the guest's own programs too.
            let loader = Path::new("/").join(libraries::LOADER);
            archive.copy(libraries::LOADER, 0o755, &loader)?;
        }
        archive.bytes("suite/run.sh", 0o644, line(arguments).as_bytes())?;
        archive.finish()?.flush()?;
        Ok(())
    };
    append().with_context(|| format!("could not write {}", to.display()))
}

/// A copy of the program without what only debuggers read, where there is a tool for that.
fn stripped(own: &Path, dir: &Path) -> anyhow::Result<PathBuf> {
    let Ok(strip) = program("strip", "binutils") else {
        return Ok(own.to_owned());
    };
    let small = dir.join("layerbench");
    Job {
        what: "strip this program",
        dir,
        log: dir.join("strip.log"),
        limit: STRIP_LIMIT,
        variables: Vec::new(),
    }
    .run(&strip, &["-o".as_ref(), small.as_os_str(), own.as_os_str()])?;
    Ok(small)
}

/// The line that runs this program with `arguments`.
fn line(arguments: &[String]) -> String {
    let mut text = "exec /suite/layerbench".to_owned();
    for argument in arguments {
        text.extend([" '", &argument.replace('\'', "'\\''"), "'"]);
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_arrive_as_they_were_given() {
        let given = ["a b", "it's", "$HOME", "\"*\"", ""].map(str::to_owned);
        let text = line(&given).replace("exec /suite/layerbench", "printf '%s|'");
        let printed = drivers::sys::command::run(
            Path::new("/bin/sh"),
            &["-c".as_ref(), text.as_ref()],
            Duration::from_secs(10),
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(printed).unwrap(),
            "a b|it's|$HOME|\"*\"||"
        );
    }
}
