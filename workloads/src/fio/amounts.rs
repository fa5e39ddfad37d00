//! How much `fio` does.

/// Amounts of `fio`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// Bytes of the file that the jobs work on.
    pub fio_file_bytes: u64,
    /// Bytes that each job reads or writes; each thread of `mixed`, whose writes are synced, a sixteenth.
    pub fio_io_bytes: u64,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            fio_file_bytes: 1 << 20,
            fio_io_bytes: 256 << 10,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            fio_file_bytes: 16 << 20,
            fio_io_bytes: 16 << 20,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            fio_file_bytes: 256 << 20,
            fio_io_bytes: 256 << 20,
        }
    }
}
