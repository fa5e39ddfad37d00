//! Writes changes as an OCI layer archive (OCI image spec, layer.md), in canonical order: equal changes give equal bytes.
//!
//! - A directory comes before what is in it, its deletions before its other children, and names in the order of their
//!   bytes. The directories above a change are entries too, so that they get their attributes wherever the layer goes.
//! - Of several names of one inode the first is the file, the others are links to it; all are links when a name of the
//!   same inode is unchanged, since that one is below already.
//! - What the plain header cannot hold (long or fractional values, extended attributes) is in PAX records. Nothing of
//!   the host or of the moment is written: no names of users, no access times, and whiteouts have neither owner nor time.
//! - Sockets are left out, as archives have no type for them; holes are written as zeros, as the specification asks.
//! - A name that starts with `.wh.` means a deletion in an archive: a change of such a file is refused as `BadInput`.
//! - A deleted name too long for its whiteout (above 251 bytes) makes its directory opaque and that directory's remaining
//!   content part of the archive.

mod header;
mod links;
mod numbers;
mod plan;
mod writer;

use std::io::Write;
use std::path::Path;

use crate::changes::Change;
use crate::error::Result;

/// Writes `changes`, whose content is found under `content`, as an uncompressed archive.
///
/// # Errors
/// `BadInput` for a change that an archive cannot express; whatever reading the content or writing the sink may give.
pub fn write(content: &Path, changes: &[Change], sink: &mut dyn Write) -> Result<()> {
    let plan = plan::make(content, changes)?;
    writer::write(content, plan, sink)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
