//! What can go wrong when results are read or written.

/// The family of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not what it should be.
    BadInput,
    /// Another version of the format.
    Schema,
    /// A chart could not be drawn.
    Drawing,
}

/// One line: what was attempted, and why it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    kind: ErrorKind,
    what: String,
}

/// `Result` with this crate's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of a family, with its message.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
        }
    }

    /// Its family.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}
