//! Target 1: overlay2's apply of a plain layer against GNU tar unpacking the same archive on the same filesystem.

use std::ffi::OsStr;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::command;
use drivers::{Driver, Error, ErrorKind, Item, Key, Kind, Limits, Result, changes, export, remove};
use workloads::pull::{PullOptions, unpack_into};

use crate::Bench;
use crate::blocks::{self, Arm};
use crate::table::{self, Column};

const TARGET: f64 = 1.15;
const TAR_LIMIT: Duration = Duration::from_secs(120);
/// Names an uncompressed archive to use instead of the built-in one.
const LAYER: &str = "LAYERBENCH_TARGET_LAYER";

struct Apply<'a> {
    driver: &'a dyn Driver,
    archive: &'a Path,
    key: Key,
}

impl Arm for Apply<'_> {
    fn name(&self) -> String {
        "overlay2 apply".to_owned()
    }

    fn prepare(&mut self) -> Result<()> {
        self.driver.prepare(&self.key, None, Kind::Writable)
    }

    fn work(&mut self) -> Result<()> {
        let mut file = File::open(self.archive).attempt("open", self.archive)?;
        self.driver
            .apply(&self.key, &mut file, &Limits::default())
            .map(drop)
    }

    fn clean(&mut self) -> Result<()> {
        self.driver.remove(Item::Container(&self.key))
    }
}

struct Tar<'a> {
    program: &'a Path,
    flags: &'a [&'a str],
    archive: &'a Path,
    dir: PathBuf,
}

impl Arm for Tar<'_> {
    fn name(&self) -> String {
        format!("tar {}", self.flags.join(" "))
    }

    fn prepare(&mut self) -> Result<()> {
        std::fs::create_dir(&self.dir).attempt("create the directory", &self.dir)
    }

    fn work(&mut self) -> Result<()> {
        let mut line: Vec<&OsStr> = self.flags.iter().map(OsStr::new).collect();
        line.extend([
            "-f".as_ref(),
            self.archive.as_os_str(),
            "-C".as_ref(),
            self.dir.as_os_str(),
        ]);
        command::run(self.program, &line, TAR_LIMIT).map(drop)
    }

    fn clean(&mut self) -> Result<()> {
        remove::tree(&self.dir)
    }
}

/// Measures and gives the table.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    let program = bench.host.tool("tar").ok_or_else(|| {
        Error::new(ErrorKind::Missing, "unpack with tar")
            .because("tar is not installed")
            .hint(bench.host.install("tar", "tar"))
    })?;
    let archive = match std::env::var_os(LAYER) {
        Some(path) => PathBuf::from(path),
        None => flattened(bench)?,
    };
    // Read once, so that it is in the page cache from the first block on.
    let mut file = File::open(&archive).attempt("open the layer", &archive)?;
    let length = std::io::copy(&mut file, &mut std::io::sink()).attempt("read", &archive)?;

    let (ground, driver) = bench.overlay2("apply")?;
    let mut ours = Apply {
        driver: &*driver,
        archive: &archive,
        key: "apply".parse()?,
    };
    let tar = |flags, name: &str| Tar {
        program: &program,
        flags,
        archive: &archive,
        dir: driver.plain_dir().join(name),
    };
    let mut plain = tar(&["-xp"], "plain");
    let mut full = tar(&["-xp", "--xattrs", "--acls"], "full");
    let series = blocks::run(
        driver.plain_dir(),
        bench.blocks(15),
        &mut [&mut ours, &mut plain, &mut full],
    )?;
    driver.close()?;
    ground.close()?;

    let mut lines = vec![
        format!(
            "### Apply of a plain layer of {:.1} MB\n",
            megabytes(length)
        ),
        table::head(),
    ];
    for yardstick in &series[1..] {
        for durable in [false, true] {
            let column = |series: &blocks::Series| {
                if durable {
                    (format!("{} + syncfs", series.name), series.durable.clone())
                } else {
                    (series.name.clone(), series.wall.clone())
                }
            };
            let ((a, x), (b, y)) = (column(&series[0]), column(yardstick));
            let ours = Column {
                name: &a,
                values: &x,
            };
            let theirs = Column {
                name: &b,
                values: &y,
            };
            lines.push(table::row(&ours, &theirs, Some(TARGET)));
        }
    }
    lines.push(
        "\nThe archive is in the page cache, the directory is empty and the filesystem synced before each. Without \
         \"+ syncfs\" neither side waits for the disk. Starting tar is part of its time."
            .to_owned(),
    );
    Ok(lines)
}

/// The built-in image as one archive: unpacked, then written as a single layer.
fn flattened(bench: &Bench) -> Result<PathBuf> {
    let dir = bench.run.dir().join("flat");
    unpack_into(&dir, &bench.image()?, &PullOptions::default())?;
    let path = bench.run.dir().join("flat.tar");
    let found = changes::compare(None, &dir)?;
    let mut file = BufWriter::new(File::create_new(&path).attempt("create", &path)?);
    export::write(&dir, &found, &mut file)?;
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .attempt("write", &path)?;
    remove::tree(&dir)?;
    Ok(path)
}

/// For people.
pub(crate) fn megabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let megabytes = bytes as f64 / 1e6;
    megabytes
}
