//! Writes changes as an OCI layer archive (OCI image spec, layer.md), in canonical order: equal changes give equal bytes.

use std::io::Write;
use std::path::Path;

use crate::changes::Change;
use crate::error::{Error, ErrorKind, Result};

/// Writes `changes`, whose content is found under `content`, as an uncompressed archive.
///
/// # Errors
/// Whatever reading the content or writing the sink may give.
pub fn write(content: &Path, changes: &[Change], sink: &mut dyn Write) -> Result<()> {
    let _ = (changes, sink);
    Err(Error::new(ErrorKind::Unsupported, "export")
        .path(content)
        .because("not written yet"))
}
