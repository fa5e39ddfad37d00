//! How much is built.

/// See the fields.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// `build`: steps, each a layer on the one before.
    pub build_steps: u32,
    /// `build`: files of 4 KiB that each step makes.
    pub build_step_files: u32,
    /// `build`: bytes of the file that the last step makes.
    pub build_artifact_bytes: u64,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            build_steps: 2,
            build_step_files: 4,
            build_artifact_bytes: 64 << 10,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            build_steps: 5,
            build_step_files: 40,
            build_artifact_bytes: 4 << 20,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            build_steps: 20,
            build_step_files: 400,
            build_artifact_bytes: 64 << 20,
        }
    }
}
