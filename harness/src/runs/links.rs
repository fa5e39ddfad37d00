//! The directory of a new run, and the familiar names that lead to the newest: `OUT/latest` is a link to `runs/ID`, and
//! `OUT/report.html` one to `latest/report.html`, so that one rename switches all of them.
//!
//! What else is found under these names (files of a version that kept them there, or the user's own) is moved to
//! `OUT/earlier/TIME/`: nothing is overwritten.

use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::id::random_part;
use crate::records::OUTPUTS;

/// The link to the newest run.
pub(super) const LATEST: &str = "latest";
/// Where the runs are kept.
pub(super) const RUNS: &str = "runs";
/// Where what was put aside is kept.
pub(super) const EARLIER: &str = "earlier";

/// Makes the directory of a new run whose name begins with `stem`; gives its path, the name last.
pub(crate) fn create(out: &Path, stem: &str) -> anyhow::Result<PathBuf> {
    let runs = out.join(RUNS);
    std::fs::create_dir_all(&runs)
        .with_context(|| elsewhere(format!("make the output directory {}", runs.display())))?;
    // Two runs of one second and one random part in 65 536: try another.
    for _ in 0..16 {
        let dir = runs.join(format!("{stem}-{}", random_part()));
        match std::fs::create_dir(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| elsewhere(format!("make {}", dir.display())));
            }
        }
    }
    anyhow::bail!(
        "could not find a free name for the run in {}",
        runs.display()
    )
}

/// Makes the directory of a run that was made elsewhere and keeps its name.
pub(crate) fn adopt(out: &Path, id: &str) -> anyhow::Result<PathBuf> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if id.is_empty() || !id.chars().all(legal) {
        return Err(crate::exit::coded(
            crate::exit::BAD_DATA,
            format!("{id:?} is not the name of a run"),
        ));
    }
    let dir = out.join(RUNS).join(id);
    std::fs::create_dir_all(out.join(RUNS))
        .and_then(|()| std::fs::create_dir(&dir))
        .with_context(|| elsewhere(format!("make {}", dir.display())))?;
    Ok(dir)
}

/// Lets the familiar names lead to `run`, one of the directories of [`create`].
pub(crate) fn publish(out: &Path, run: &Path, now: &str) -> anyhow::Result<()> {
    let id = run.file_name().unwrap_or_default();
    put_aside(out, now)?;
    // The names first: while `latest` is not switched they lead to the run before.
    for name in OUTPUTS {
        let target = Path::new(LATEST).join(name);
        if std::fs::read_link(out.join(name)).ok().as_ref() != Some(&target) {
            link(out, name, &target)?;
        }
    }
    link(out, LATEST, &Path::new(RUNS).join(id))
}

/// Makes a link or replaces one, in one step.
fn link(out: &Path, name: &str, target: &Path) -> anyhow::Result<()> {
    let path = out.join(name);
    tempfile::Builder::new()
        .prefix(&format!(".{name}-"))
        .make_in(out, |temporary| symlink(target, temporary))
        .and_then(|made| made.into_temp_path().persist(&path).map_err(Into::into))
        .with_context(|| elsewhere(format!("link {} to {}", path.display(), target.display())))
}

fn put_aside(out: &Path, now: &str) -> anyhow::Result<()> {
    let mut aside: Option<PathBuf> = None;
    for name in OUTPUTS.into_iter().chain([LATEST]) {
        let from = out.join(name);
        if is_free(&from, name) {
            continue;
        }
        let aside = match &aside {
            Some(made) => made,
            None => aside.insert(new_aside(out, now)?),
        };
        match std::fs::rename(&from, aside.join(name)) {
            // Another run, beginning now, was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            outcome => {
                outcome.with_context(|| elsewhere(format!("put {} aside", from.display())))?;
            }
        }
    }
    Ok(())
}

/// Whether nothing is there, or a link of ours.
fn is_free(path: &Path, name: &str) -> bool {
    match std::fs::read_link(path) {
        Ok(target) if name == LATEST => target.starts_with(RUNS),
        Ok(target) => target == Path::new(LATEST).join(name),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn new_aside(out: &Path, now: &str) -> anyhow::Result<PathBuf> {
    let earlier = out.join(EARLIER);
    let make = || -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(&earlier)?;
        let stem = now.replace(':', "-");
        for number in 1..1000 {
            let name = match number {
                1 => stem.clone(),
                _ => format!("{stem}-{number}"),
            };
            match std::fs::create_dir(earlier.join(&name)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                outcome => return outcome.map(|()| earlier.join(name)),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    };
    make().with_context(|| elsewhere(format!("put what is there aside in {}", earlier.display())))
}

fn elsewhere(what: String) -> String {
    format!("could not {what} (--out DIR names another directory)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: PathBuf) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    fn run(out: &Path, text: &str) -> PathBuf {
        let run = create(out, "2026-01-01T00-00-00Z-0").unwrap();
        std::fs::write(run.join("report.html"), text).unwrap();
        publish(out, &run, "2026-01-01T00:00:00Z").unwrap();
        run
    }

    #[test]
    fn the_familiar_names_lead_to_the_newest_run_and_the_older_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let first = run(&out, "first");
        let second = run(&out, "second");
        assert_eq!(read(out.join("report.html")), "second");
        assert_eq!(read(out.join("latest/report.html")), "second");
        assert_eq!(read(first.join("report.html")), "first");
        assert_ne!(first, second);
        assert!(!out.join(EARLIER).exists());
        // The directory can be moved: links are relative.
        let moved = dir.path().join("moved");
        std::fs::rename(&out, &moved).unwrap();
        assert_eq!(read(moved.join("report.html")), "second");
        let left: Vec<_> = std::fs::read_dir(&moved).unwrap().flatten().collect();
        assert_eq!(left.len(), OUTPUTS.len() + 2, "{left:?}");
    }

    #[test]
    fn what_is_not_ours_is_put_aside_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path();
        std::fs::write(out.join("precious"), "p").unwrap();
        for number in 0..3 {
            // A plain file, a link of the user's, a directory under the link's name.
            drop(std::fs::remove_file(out.join("report.html")));
            std::fs::write(out.join("report.html"), format!("old {number}")).unwrap();
            drop(std::fs::remove_file(out.join("summary.md")));
            symlink("precious", out.join("summary.md")).unwrap();
            drop(std::fs::remove_file(out.join(LATEST)));
            std::fs::create_dir(out.join(LATEST)).unwrap();
            run(out, "new");
            assert_eq!(read(out.join("report.html")), "new");
            assert_eq!(read(out.join("precious")), "p");
        }
        for (number, name) in ["", "-2", "-3"].into_iter().enumerate() {
            let aside = out
                .join(EARLIER)
                .join(format!("2026-01-01T00-00-00Z{name}"));
            assert_eq!(read(aside.join("report.html")), format!("old {number}"));
            assert!(aside.join(LATEST).is_dir());
            let link = std::fs::read_link(aside.join("summary.md")).unwrap();
            assert_eq!(link, Path::new("precious"));
        }
    }
}
