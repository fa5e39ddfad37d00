//! The guests there are.

use crate::exit;

/// A kernel of Debian with the ZFS that is built for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guest {
    /// `6.12+zfs-2.3`: what the command line calls it.
    pub(crate) name: &'static str,
    /// The release its packages are from.
    pub(crate) release: &'static str,
    /// The suites of that release, the one that is preferred first.
    pub(crate) suites: &'static [&'static str],
    /// For `layerbench vm list`.
    pub(crate) summary: &'static str,
}

/// All guests, the one that is meant without a name first.
pub(crate) const ALL: &[Guest] = &[
    Guest {
        name: "6.12+zfs-2.3",
        release: "bookworm",
        suites: &["bookworm-backports", "bookworm"],
        summary: "Linux 6.12 and OpenZFS 2.3, of Debian 12's backports",
    },
    Guest {
        name: "6.1+zfs-2.1",
        release: "bookworm",
        suites: &["bookworm"],
        summary: "Linux 6.1 and OpenZFS 2.1, of Debian 12",
    },
];

/// The guest of that name.
///
/// # Errors
/// Usage, with the names there are.
pub(crate) fn find(name: &str) -> anyhow::Result<Guest> {
    ALL.iter()
        .copied()
        .find(|guest| guest.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|guest| guest.name).collect();
            exit::coded(
                exit::USAGE,
                format!("there is no guest {name:?}; there are {}", names.join(", ")),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_found_by_its_whole_name() {
        assert_eq!(find("6.1+zfs-2.1").unwrap(), ALL[1]);
        let error = find("6.1").unwrap_err().to_string();
        assert!(error.contains("6.12+zfs-2.3, 6.1+zfs-2.1"), "{error}");
    }
}
