//! What is written past the page cache (O_DIRECT) and through it is one content, of a lower file too.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};

use drivers::error::Attempt as _;
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "direct_io_agrees_with_the_cache",
    promise: "What is written past the page cache (O_DIRECT) and through it is one content, of a lower file too.",
    why: "Databases open their files with O_DIRECT, and do not start where that is refused.",
    origin: "xfstests generic/091, 209 (direct and buffered I/O); catalogue FD8",
    covers: &["FD8"],
    level: Level::Should,
    theme: Theme::OpenFiles,
    capability: Some("direct_io"),
    broken_by: &[Fault::Flipped("direct_io"), Fault::WritesLost],
    run,
};

/// A multiple of every block size a device may ask for.
const BLOCK: usize = 4096;
const LENGTH: usize = 16 * BLOCK;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.direct_io;
    let content = fixture::noise(9, LENGTH);
    let base = context.layer(None, &[file("f", &content)])?;
    let mut container = context.container(Some(&base))?;
    let path = container.path("f");
    let (reader, writer) = match (direct(&container, false)?, direct(&container, true)?) {
        (Ok(reader), Ok(writer)) => (reader, writer),
        (Err(errno), _) | (_, Err(errno)) => {
            container.check()?;
            let why = check::words::<()>("opening with O_DIRECT", &Err(errno));
            return check::declared("direct_io", declared, false, why);
        }
    };
    let mut space = vec![0; LENGTH + BLOCK];
    let buffer = aligned(&mut space);
    reader
        .read_exact_at(buffer, 0)
        .attempt("read directly", &path)?;
    check::that(
        *buffer == content[..],
        "the lower content, read directly",
        "another",
    )?;

    // Directly first, then through the cache, then directly into what the cache holds.
    let (first, second, third) = (
        fixture::noise(61, BLOCK),
        fixture::noise(62, BLOCK),
        fixture::noise(63, BLOCK),
    );
    buffer[..BLOCK].copy_from_slice(&first);
    writer
        .write_all_at(&buffer[..BLOCK], BLOCK as u64)
        .attempt("write directly", &path)?;
    container.predict(&[write("f", BLOCK as u64, &first)])?;
    container.check()?;
    let cached = container.open_for_writing("f")?;
    cached
        .write_all_at(&second, 2 * BLOCK as u64)
        .attempt("write", &path)?;
    container.predict(&[write("f", 2 * BLOCK as u64, &second)])?;
    buffer[..BLOCK].copy_from_slice(&third);
    writer
        .write_all_at(&buffer[..BLOCK], 3 * BLOCK as u64)
        .attempt("write directly", &path)?;
    container.predict(&[write("f", 3 * BLOCK as u64, &third)])?;
    container.check()?;
    let fresh = container.read("f")?;
    for (what, file) in [
        ("the writer", &writer),
        (
            "a reader opened later",
            &direct(&container, false)?
                .map_err(|errno| Stop::fail("O_DIRECT again", errno.to_string()))?,
        ),
    ] {
        file.read_exact_at(buffer, 0)
            .attempt("read directly", &path)?;
        check::that(
            *buffer == fresh[..],
            format!("{what} reads directly what is read"),
            "another content",
        )?;
    }
    drop((reader, writer, cached));
    context.mount(&mut container)?;
    container.check()?;
    check::declared("direct_io", declared, true, "O_DIRECT works")
}

/// The file, opened past the cache, or the errno of that.
fn direct(container: &Container, write: bool) -> Result<Result<File, Errno>, Stop> {
    let opened = OpenOptions::new()
        .read(true)
        .write(write)
        .custom_flags(OFlags::DIRECT.bits().cast_signed())
        .open(container.path("f"));
    match opened {
        Ok(file) => Ok(Ok(file)),
        Err(error) => match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(errno @ (Errno::INVAL | Errno::OPNOTSUPP)) => Ok(Err(errno)),
            _ => Err(Stop::fail("O_DIRECT works or is EINVAL", error.to_string())),
        },
    }
}

/// A part of it that begins at a multiple of the block size.
fn aligned(space: &mut [u8]) -> &mut [u8] {
    let skip = space.as_ptr().align_offset(BLOCK);
    &mut space[skip..skip + LENGTH]
}
