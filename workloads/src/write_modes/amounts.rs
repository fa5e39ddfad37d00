//! How much `write-modes` does.

/// Amounts of `write-modes`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// Bytes of the log that is there before lines are appended.
    pub modes_log_bytes: u64,
    /// Lines of 120 bytes appended, synced once at the end.
    pub modes_lines: u32,
    /// Lines appended, each synced.
    pub modes_synced_lines: u32,
    /// Bytes of the file that is mapped.
    pub modes_map_bytes: u64,
    /// Pages of 4 KiB stored through the mapping.
    pub modes_pages: u32,
    /// Files that are there before: replaced one by one, or churned.
    pub modes_files: u32,
    /// Steps of the churn: a file made, appended to, written anew, renamed or deleted.
    pub modes_churn_steps: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            modes_log_bytes: 64 << 10,
            modes_lines: 100,
            modes_synced_lines: 4,
            modes_map_bytes: 256 << 10,
            modes_pages: 16,
            modes_files: 10,
            modes_churn_steps: 40,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            modes_log_bytes: 1 << 20,
            modes_lines: 2000,
            modes_synced_lines: 10,
            modes_map_bytes: 4 << 20,
            modes_pages: 256,
            modes_files: 15,
            modes_churn_steps: 300,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            modes_log_bytes: 16 << 20,
            modes_lines: 20_000,
            modes_synced_lines: 1000,
            modes_map_bytes: 64 << 20,
            modes_pages: 4000,
            modes_files: 1000,
            modes_churn_steps: 10_000,
        }
    }
}
