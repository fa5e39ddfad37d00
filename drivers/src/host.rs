//! What the host offers, read once, and what a probe answers.

use std::path::{Path, PathBuf};

/// The facts of the host a probe needs. Parsing takes text, so probes can be tested anywhere.
#[derive(Debug, Clone)]
pub struct Host {
    /// The release of the running kernel, `6.18.44`.
    pub kernel: String,
    /// Filesystem types the kernel has now.
    pub filesystems: Vec<String>,
    /// Effective uid 0, in whichever user namespace.
    pub root: bool,
    /// Inside a user namespace that is not the initial one.
    pub user_namespace: bool,
    /// Directories searched for tools.
    pub path: Vec<PathBuf>,
    /// `ID` and `ID_LIKE` of os-release, for hints.
    pub distribution: String,
}

impl Host {
    /// Looks at the running host.
    pub fn detect() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let mut path: Vec<PathBuf> = std::env::var_os("PATH")
            .map(|path| std::env::split_paths(&path).collect())
            .unwrap_or_default();
        // Tools of the administrator are often outside a user's PATH.
        for extra in ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"] {
            if !path.iter().any(|p| p == Path::new(extra)) {
                path.push(extra.into());
            }
        }
        Self {
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            filesystems: parse_filesystems(&read("/proc/filesystems")),
            root: rustix::process::geteuid().is_root(),
            user_namespace: !is_initial_namespace(&read("/proc/self/uid_map")),
            path,
            distribution: parse_distribution(&read("/etc/os-release")),
        }
    }

    /// Whether the kernel knows a filesystem type now. A module that is not loaded is not seen.
    pub fn has_filesystem(&self, name: &str) -> bool {
        self.filesystems.iter().any(|fs| fs == name)
    }

    /// The full path of a tool.
    pub fn tool(&self, name: &str) -> Option<PathBuf> {
        self.path.iter().map(|dir| dir.join(name)).find(|path| {
            rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file()
        })
    }

    /// The command that installs a package here, by the distribution's package manager.
    pub fn install(&self, debian: &str, fedora: &str) -> String {
        if self.distribution.contains("debian") || self.distribution.contains("ubuntu") {
            format!("apt-get install {debian}")
        } else if self.distribution.contains("fedora") || self.distribution.contains("rhel") {
            format!("dnf install {fedora}")
        } else {
            format!("install the package {debian} (Debian) or {fedora} (Fedora)")
        }
    }

    /// Major and minor number of the kernel.
    pub fn kernel_version(&self) -> (u32, u32) {
        let mut parts = self
            .kernel
            .split(|c: char| !c.is_ascii_digit())
            .map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    }
}

fn parse_filesystems(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(str::to_owned)
        .collect()
}

fn parse_distribution(os_release: &str) -> String {
    os_release
        .lines()
        .filter_map(|line| {
            line.strip_prefix("ID=")
                .or_else(|| line.strip_prefix("ID_LIKE="))
        })
        .map(|value| value.trim_matches('"'))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The initial user namespace maps every id to itself.
/// Whether this process is in a user namespace other than the host's, where no device can be made and no trusted.*
/// attribute be set, whoever it is there.
pub(crate) fn in_user_namespace() -> bool {
    std::fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| !is_initial_namespace(&map))
}

fn is_initial_namespace(uid_map: &str) -> bool {
    let fields: Vec<&str> = uid_map.split_whitespace().collect();
    fields == ["0", "0", "4294967295"]
}

/// What a probe answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// It can run; facts for the table, such as a version.
    Ready(Vec<(String, String)>),
    /// It cannot.
    Missing(Missing),
}

/// Why a driver cannot run here, and the command that would mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The family of the reason.
    pub reason: MissingReason,
    /// What exactly is absent: "mkfs.btrfs is not installed".
    pub what: String,
    /// The command, or the step, that mends it.
    pub fix: String,
}

/// The families of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingReason {
    /// The kernel lacks a feature.
    Kernel,
    /// A program is not installed.
    Tool,
    /// The filesystem is unfit.
    Filesystem,
    /// This user may not.
    Permission,
}

impl Support {
    /// Shorthand for a refusal.
    pub fn missing(reason: MissingReason, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Missing(Missing {
            reason,
            what: what.into(),
            fix: fix.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read() {
        assert_eq!(
            parse_filesystems("nodev\toverlay\n\text4\n"),
            ["overlay", "ext4"]
        );
        assert_eq!(
            parse_distribution("NAME=x\nID=debian\nID_LIKE=\"a b\"\n"),
            "debian a b"
        );
        assert!(is_initial_namespace("         0          0 4294967295\n"));
        assert!(!is_initial_namespace("         0       1000          1\n"));
    }
}
