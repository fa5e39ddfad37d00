//! The steps of a build: what each changes, and the name its layer gets.
//!
//! A **step** is like `RUN` in a Dockerfile: it makes a directory of files, adds a line to a file of all steps (as package
//! managers do, so its data is copied up again in each layer), and deletes a file of the step before. The last one makes
//! the **artifact**. A step's layer is named by its parent and the step's text, as builders find cached steps.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, LayerId, Result};

use super::amounts::Amounts;
use crate::tree::Tree;

/// The directory everything is made in.
pub(super) const PLACE: &str = "build";
const LOG: &str = "log";
const ARTIFACT: &str = "artifact";
/// Bytes of each file.
const FILE: u32 = 4 << 10;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    number: u32,
    /// What is different in a build that was changed.
    edition: u32,
    files: u32,
    /// Bytes of the artifact, in the last step.
    artifact: Option<u64>,
}

/// The steps of a build. With `changed`, that step is not the one it was.
pub(super) fn steps(amounts: &Amounts, changed: Option<u32>) -> Vec<Step> {
    (0..amounts.build_steps)
        .map(|number| Step {
            number,
            edition: u32::from(changed == Some(number)),
            files: amounts.build_step_files,
            artifact: (number + 1 == amounts.build_steps).then_some(amounts.build_artifact_bytes),
        })
        .collect()
}

/// Bytes of content that the steps leave behind, but for a few lines.
pub(super) fn bytes(steps: &[Step]) -> u64 {
    let files: u64 = steps.iter().map(|step| u64::from(step.files)).sum();
    let gone = steps.len().saturating_sub(1) as u64;
    let artifact: u64 = steps.iter().filter_map(|step| step.artifact).sum();
    (files - gone.min(files)) * u64::from(FILE) + artifact
}

impl Step {
    /// As it would stand in a Dockerfile.
    fn text(&self) -> String {
        let Self {
            number,
            edition,
            files,
            artifact,
        } = self;
        format!("RUN make step-{number} edition={edition} files={files} artifact={artifact:?}")
    }

    /// The layer it makes on `parent`.
    pub(super) fn layer(&self, parent: Option<&LayerId>) -> Result<LayerId> {
        use sha2::Digest as _;
        let text = format!("layerbench build {}", self.text());
        let digest = drivers::ids::hex(&sha2::Sha256::digest(text));
        LayerId::chain(parent, &format!("sha256:{digest}"))
    }

    fn dir(number: u32) -> String {
        format!("step-{number}")
    }

    /// The content of one of its files.
    fn content(&self, file: u32) -> Vec<u8> {
        let tree = Tree {
            files: self.files,
            bytes: FILE,
        };
        tree.content((self.number << 16) + (self.edition << 15) + file)
    }

    /// Does it in a root.
    pub(super) fn run(&self, root: &Path) -> Result<()> {
        let op = "run a build step in";
        let place = root.join(PLACE);
        if self.number == 0 {
            fs::create_dir(&place).attempt(op, &place)?;
        }
        let dir = place.join(Self::dir(self.number));
        fs::create_dir(&dir).attempt(op, &dir)?;
        for file in 0..self.files {
            let path = dir.join(format!("f{file}"));
            fs::write(&path, self.content(file)).attempt(op, &path)?;
        }
        let log = place.join(LOG);
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&log)
            .and_then(|mut log| writeln!(log, "{}", self.text()))
            .attempt(op, &log)?;
        if let Some(before) = self.number.checked_sub(1) {
            let path = place.join(Self::dir(before)).join("f0");
            fs::remove_file(&path).attempt(op, &path)?;
        }
        if let Some(bytes) = self.artifact {
            let path = place.join(ARTIFACT);
            let mut file = File::create(&path).attempt(op, &path)?;
            std::io::copy(&mut crate::fixture::random(bytes), &mut file).attempt(op, &path)?;
        }
        Ok(())
    }

    /// Whether what it made is there, as it was made; `last`: no step came after it.
    fn holds(&self, place: &Path, last: bool) -> std::io::Result<bool> {
        let dir = place.join(Self::dir(self.number));
        let gone = u32::from(!last);
        if fs::read_dir(&dir)?.count() != (self.files - gone) as usize {
            return Ok(false);
        }
        for file in gone..self.files {
            if fs::read(dir.join(format!("f{file}")))? != self.content(file) {
                return Ok(false);
            }
        }
        let Some(bytes) = self.artifact else {
            return Ok(true);
        };
        let mut wanted = Vec::new();
        crate::fixture::random(bytes).read_to_end(&mut wanted)?;
        Ok(fs::read(place.join(ARTIFACT))? == wanted)
    }
}

/// Refuses a root that does not hold what `steps` make.
pub(super) fn check(root: &Path, steps: &[Step]) -> Result<()> {
    let op = "check what was built in";
    let place = root.join(PLACE);
    let log: String = steps.iter().map(|step| step.text() + "\n").collect();
    let mut whole = fs::read_to_string(place.join(LOG)).attempt(op, root)? == log;
    for (number, step) in steps.iter().enumerate() {
        let last = number + 1 == steps.len();
        whole = whole && step.holds(&place, last).attempt(op, root)?;
    }
    if whole {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, op)
        .path(root)
        .because("it is not what the steps wrote"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_step_changes_its_layer_and_those_above_alone() {
        let amounts = Amounts {
            build_steps: 4,
            ..Amounts::smoke()
        };
        let chain = |changed| {
            let mut parent = None;
            let mut all = Vec::new();
            for step in steps(&amounts, changed) {
                let layer = step.layer(parent.as_ref()).unwrap();
                all.push(layer.clone());
                parent = Some(layer);
            }
            all
        };
        let (first, again, other) = (chain(None), chain(None), chain(Some(1)));
        assert_eq!(first, again);
        assert_eq!(first[0], other[0]);
        assert!((1..4).all(|number| first[number] != other[number]));
    }

    #[test]
    fn what_steps_write_is_found_and_damage_is_too() {
        let dir = tempfile::tempdir().unwrap();
        let steps = steps(&Amounts::smoke(), Some(1));
        for step in &steps {
            step.run(dir.path()).unwrap();
        }
        check(dir.path(), &steps).unwrap();
        let file = dir.path().join("build/step-1/f2");
        let mut content = fs::read(&file).unwrap();
        content[17] ^= 1;
        fs::write(&file, &content).unwrap();
        let error = check(dir.path(), &steps).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        fs::remove_file(&file).unwrap();
        assert!(check(dir.path(), &steps).is_err());
    }
}
