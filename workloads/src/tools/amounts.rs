//! How much `tools` does.

/// Amounts of `tools`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// Files of the git repository.
    pub tools_repository_files: u32,
    /// C files that are compiled and linked.
    pub tools_sources: u32,
    /// Files of the package that dpkg installs: it syncs each.
    pub tools_package_files: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            tools_repository_files: 20,
            tools_sources: 1,
            tools_package_files: 5,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            tools_repository_files: 100,
            tools_sources: 1,
            tools_package_files: 20,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            tools_repository_files: 5000,
            tools_sources: 30,
            tools_package_files: 1000,
        }
    }
}
