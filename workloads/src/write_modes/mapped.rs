//! Pages stored through a shared mapping, as embedded databases do.

use std::fs::OpenOptions;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::sys::mapped::MappedFile;
use drivers::{Error, ErrorKind, Result};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use rustix::io::Errno;

use crate::cell::Cell;
use crate::fixture;
use crate::made::wrong;

/// The file that is mapped.
pub(super) const DATA: &str = "mapped.bin";
const PAGE: usize = 4 << 10;

/// Makes it.
pub(super) fn fill(dir: &Path, bytes: u64) -> Result<()> {
    fixture::write_file(&dir.join(DATA), bytes)
}

/// Opens and maps the file, stores pages at random places, and has them reach the disk.
pub(super) fn run(cell: &mut Cell<'_>, dir: &Path, phase: &'static str) -> Result<()> {
    let path = dir.join(DATA);
    let amounts = &cell.scale.write_modes;
    let length = usize::try_from(amounts.modes_map_bytes).unwrap_or(usize::MAX);
    let pages = (length / PAGE).max(1);
    let mut rng = ChaCha8Rng::seed_from_u64(cell.seed);
    let places: Vec<usize> = (0..amounts.modes_pages)
        .map(|_| rng.random_range(0..pages) * PAGE)
        .collect();
    let data = [0x6D_u8; PAGE];
    let environment = cell.environment;
    cell.recorder.time_until_durable(
        phase,
        || {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .open(&path)
                .attempt("open", &path)?;
            let mut mapped =
                MappedFile::new(file.as_fd(), length).map_err(|error| refused(error, &path))?;
            for &at in &places {
                mapped.store(at, &data);
            }
            mapped.flush().attempt("sync the mapping of", &path)
        },
        || environment.sync(),
    )?;
    let file = std::fs::File::open(&path).attempt("open", &path)?;
    let mut found = [0; PAGE];
    for at in places.into_iter().filter(|at| at + PAGE <= length) {
        file.read_exact_at(&mut found, at as u64)
            .attempt("read", &path)?;
        if found != data {
            return Err(wrong(
                &path,
                format!("the page at {at} is not what was stored"),
            ));
        }
    }
    Ok(())
}

fn refused(error: std::io::Error, path: &Path) -> Error {
    let none = error.raw_os_error() == Some(Errno::NODEV.raw_os_error());
    let error = Error::io("map for writing", path, error);
    if none {
        error.with_kind(ErrorKind::Unsupported)
    } else {
        error
    }
}
