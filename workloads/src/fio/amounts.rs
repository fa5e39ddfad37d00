//! How much `fio` does.

/// Amounts of `fio`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// Bytes of the file that the jobs work on.
    pub fio_file_bytes: u64,
    /// Bytes that each job reads or writes; each thread of `mixed`, whose writes are synced, a sixteenth.
    pub fio_io_bytes: u64,
    /// How many of the jobs are done, from the first one on (`fio.rs` names them). fio itself waits 0.3 s for each,
    /// whatever it moves.
    pub fio_jobs: usize,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            fio_file_bytes: 1 << 20,
            fio_io_bytes: 256 << 10,
            fio_jobs: 5,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            fio_file_bytes: 16 << 20,
            fio_io_bytes: 16 << 20,
            fio_jobs: 2,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            fio_file_bytes: 256 << 20,
            fio_io_bytes: 256 << 20,
            fio_jobs: 5,
        }
    }
}
