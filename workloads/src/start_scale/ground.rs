//! The image that starts are counted on: a program, and a few small files. And stacks of layers on it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, LayerId, Result, remove};

use crate::fixture::{self, FixtureFile};
use crate::image::generate;

/// The program: one exec, one exit.
pub(super) const PROGRAM: &str = "/bin/true";
/// Beside it, files of 4 KiB: a copy of the image is not nothing.
const FILES: u32 = 16;

fn program() -> Result<Vec<u8>> {
    generate::exit_zero().ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "make a program")
            .because(format!("there is none for {}", std::env::consts::ARCH))
    })
}

/// The layer that holds the program.
pub(super) fn base(driver: &dyn Driver) -> Result<LayerId> {
    let program = program()?;
    fixture::of_archive(driver, "start-scale base", None, || {
        archive(&program, 0, FILES).map(std::io::Cursor::new)
    })
}

/// The layer that holds the program and `files` small files of different owners.
pub(super) fn owned(driver: &dyn Driver, files: u32) -> Result<LayerId> {
    let program = program()?;
    fixture::of_archive(driver, &format!("start-scale owned {files}"), None, || {
        archive(&program, 3, files).map(std::io::Cursor::new)
    })
}

/// `depth` layers, the base among them.
pub(super) fn stack(driver: &dyn Driver, base: &LayerId, depth: u32) -> Result<LayerId> {
    let mut top = base.clone();
    for level in 1..depth {
        let file = FixtureFile {
            name: format!("level-{level}"),
            size: 16,
        };
        top = fixture::layer(driver, "start-scale", Some(&top), &[file])?;
    }
    Ok(top)
}

/// Files in directories of a hundred; their owners are the ids from 0 to `owners`.
fn archive(program: &[u8], owners: u32, files: u32) -> Result<Vec<u8>> {
    let op = "make the fixture";
    let mut builder = tar::Builder::new(Vec::new());
    let header = |kind: tar::EntryType, size: u64, mode: u32, owner: u32| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(mode);
        header.set_uid(owner.into());
        header.set_gid(owner.into());
        header.set_mtime(1_700_000_000);
        header
    };
    let directory = |builder: &mut tar::Builder<Vec<u8>>, name: &str| {
        let mut header = header(tar::EntryType::Directory, 0, 0o755, 0);
        builder.append_data(&mut header, name, std::io::empty())
    };
    directory(&mut builder, "bin/").attempt(op, "bin")?;
    let mut of_program = header(tar::EntryType::Regular, program.len() as u64, 0o755, 0);
    builder
        .append_data(&mut of_program, "bin/true", program)
        .attempt(op, "bin/true")?;
    for number in 0..files {
        let dir = format!("data-{}/", number / 100);
        if number % 100 == 0 {
            directory(&mut builder, &dir).attempt(op, &dir)?;
        }
        let name = format!("{dir}file-{number}");
        let mut of_file = header(tar::EntryType::Regular, 4096, 0o644, number % (owners + 1));
        builder
            .append_data(&mut of_file, &name, fixture::random(4096))
            .attempt(op, &name)?;
    }
    builder.into_inner().attempt(op, "archive")
}

/// The control's: the program in a plain directory. Gone when dropped.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    /// Makes it.
    pub(super) fn make(path: PathBuf) -> Result<Self> {
        std::fs::create_dir(&path).attempt("create", &path)?;
        let dir = Self(path);
        dir.fill()?;
        Ok(dir)
    }

    fn fill(&self) -> Result<()> {
        let bin = self.0.join("bin");
        std::fs::create_dir(&bin).attempt("create", &bin)?;
        let path = self.0.join(&PROGRAM[1..]);
        std::fs::write(&path, program()?).attempt("write", &path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .attempt("set the mode of", &path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Removes it.
    pub(super) fn remove(self) -> Result<()> {
        remove::tree(&self.0)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // After `remove` nothing is there any more, which is no error.
        drop(remove::tree(&self.0));
    }
}
