//! Images: read from OCI layouts and archives, verified while streaming, or generated from a seed.

/// An opened image.
#[derive(Debug)]
pub struct Image {}
