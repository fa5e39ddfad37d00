//! The largest attribute value that the backing filesystem stores (64 KiB at most) is kept on files, directories and links of a layer, over the first write and by children.

use std::fs;

use drivers::error::Attempt as _;
use rustix::fs::{XattrFlags, lsetxattr, setxattr};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{chmod, dir, file, rename, symlink, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "large_attributes_are_kept",
    promise: "The largest attribute value that the backing filesystem stores (64 KiB at most) is kept on files, directories and links of a layer, over the first write and by children.",
    why: "Drivers that keep notes of their own beside a full attribute, or read into a small buffer, lose it or refuse the write.",
    origin: "fuse-overlayfs xattr tests; catalogue XA1",
    covers: &["XA1", "XA3"],
    level: Level::Should,
    theme: Theme::Attributes,
    capability: Some("largest_attribute_survives_copy_up"),
    broken_by: &[
        Fault::XattrsLost,
        Fault::Flipped("largest_attribute_survives_copy_up"),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.xattr_user {
        return Err(Stop::not_applicable("there are no user.* attributes here"));
    }
    let largest = largest(context)?;
    let value = fixture::noise(7, largest);
    let half = &value[..largest / 2];
    let mut ops = vec![
        file("f", "1"),
        xattr("f", "user.large", half),
        dir("d"),
        xattr("d", "user.large", half),
        symlink("l", "f"),
        xattr("l", "trusted.note", half),
        file("full", "2"),
        xattr("full", "user.large", &value),
    ];
    for (number, size) in [4000, 4096, 16_000].into_iter().enumerate() {
        if size <= largest {
            ops.push(file(format!("f{number}"), "3"));
            ops.push(xattr(format!("f{number}"), "user.large", &value[..size]));
        }
    }
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.check()?;
    container.apply(&[
        write("f", 0, "4"),
        chmod("d", 0o700),
        rename("l", "m"),
        file("new", "5"),
        xattr("new", "user.large", &value),
    ])?;
    container.check()?;
    let on_link = lsetxattr(container.path("m"), "user.x", b"1", XattrFlags::empty());
    check::errno(
        "a user.* attribute of a symbolic link",
        Errno::PERM,
        on_link,
    )?;

    // All the room is taken: nothing is left for what the driver may want to note there.
    let first = fs::OpenOptions::new()
        .append(true)
        .open(container.path("full"));
    let opened = match first {
        Ok(mut open) => {
            std::io::Write::write_all(&mut open, b"6")
                .attempt("append to", container.path("full"))?;
            container.predict(&[file("full", "26")])?;
            Ok(())
        }
        Err(error) => Err(error),
    };
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let child = context.container(Some(&layer))?;
    child.check()?;
    check::declared(
        "largest_attribute_survives_copy_up",
        capabilities.largest_attribute_survives_copy_up,
        opened.is_ok(),
        format!(
            "the first write to a file with an attribute of {largest} bytes: {}",
            opened
                .err()
                .map_or("no error".to_owned(), |error| error.to_string())
        ),
    )
}

/// The largest value that a file beside the layers takes, found by halving.
fn largest(context: &Context<'_>) -> Result<usize, Stop> {
    let dir = context.driver()?.plain_dir().to_owned();
    let file = tempfile::NamedTempFile::new_in(&dir).attempt("make a file in", &dir)?;
    let fits = |size: usize| {
        let value = vec![b'x'; size];
        setxattr(file.path(), "user.large", &value, XattrFlags::empty()).is_ok()
    };
    let (mut least, mut most) = (0, 65_536);
    if fits(most) {
        return Ok(most);
    }
    while most - least > 1 {
        let middle = usize::midpoint(least, most);
        if fits(middle) {
            least = middle;
        } else {
            most = middle;
        }
    }
    Ok(least)
}
