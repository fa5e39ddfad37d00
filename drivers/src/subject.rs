//! Subjects: a driver, what it stands on, and its options, written `overlay2@xfs,metacopy=on`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::slowed;

/// What a driver's root stands on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Backing {
    /// ext4 in a sparse file on a loop device.
    Ext4,
    /// xfs (reflink on) in a sparse file on a loop device.
    Xfs,
    /// btrfs in a sparse file on a loop device.
    Btrfs,
    /// A tmpfs.
    Tmpfs,
    /// A sparse file for a driver that makes its own pool (zfs).
    Pool,
    /// A directory of a filesystem that is already there (`--root DIR`, or a run without root).
    Directory,
}

impl Backing {
    /// Every backing that can be asked for by name.
    pub const ALL: [Self; 6] = [
        Self::Ext4,
        Self::Xfs,
        Self::Btrfs,
        Self::Tmpfs,
        Self::Pool,
        Self::Directory,
    ];

    /// What a driver stands on that only needs a directory of a filesystem.
    pub(crate) const ANY_FILESYSTEM: &[Self] = &[
        Self::Ext4,
        Self::Xfs,
        Self::Btrfs,
        Self::Tmpfs,
        Self::Directory,
    ];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
            Self::Tmpfs => "tmpfs",
            Self::Pool => "pool",
            Self::Directory => "directory",
        }
    }
}

impl fmt::Display for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backing {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|backing| backing.name() == text)
            .ok_or_else(|| {
                let known: Vec<_> = Self::ALL.iter().map(|b| b.name()).collect();
                Error::new(ErrorKind::BadInput, "read a backing")
                    .because(format!("{text:?} is not one of {}", known.join(", ")))
            })
    }
}

/// One option a backend understands.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// As written in a subject: `metacopy`.
    pub name: &'static str,
    /// The values it takes; the first is the default. Empty: any value.
    pub values: &'static [&'static str],
    /// One sentence: what it does, and what it costs.
    pub doc: &'static str,
}

/// The option of drivers whose layers lie in a filesystem that writes later.
pub(crate) const SYNC: OptionSpec = OptionSpec {
    name: "sync",
    values: &["commit", "never"],
    doc: "commit: a layer's data reach the device before the layer is listed; never: faster, and after a power cut a \
          layer may be listed with empty files",
};

/// Option names and values of one subject, checked against the backend's [`OptionSpec`]s by [`Options::check`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Options(pub BTreeMap<String, String>);

impl Options {
    /// The value given for `name`, if any.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether [`SYNC`] is as by default.
    pub(crate) fn syncs_commits(&self) -> bool {
        self.get(SYNC.name) != Some("never")
    }

    /// Whether containers are to be limited: the backing store is then made for it.
    pub fn wants_quota(&self) -> bool {
        self.get("quota") == Some("on")
    }

    /// Refuses names and values that `specs` do not list.
    ///
    /// # Errors
    /// `BadInput`, naming what is known.
    pub fn check(&self, driver: &str, specs: &[OptionSpec]) -> Result<()> {
        for (name, value) in &self.0 {
            if name == slowed::OPTION {
                slowed::share(value)?;
                continue;
            }
            let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
                let known: Vec<_> = specs.iter().map(|spec| spec.name).collect();
                let known = if known.is_empty() {
                    "it has none".to_owned()
                } else {
                    format!("it has {}", known.join(", "))
                };
                return Err(Error::new(
                    ErrorKind::BadInput,
                    format!("use option {name} of {driver}"),
                )
                .because(known));
            };
            if !spec.values.is_empty() && !spec.values.contains(&value.as_str()) {
                return Err(Error::new(
                    ErrorKind::BadInput,
                    format!("set {name}={value} of {driver}"),
                )
                .because(format!("it takes {}", spec.values.join(", "))));
            }
        }
        Ok(())
    }
}

/// A subject as asked for: `DRIVER[@BACKING][,OPTION=VALUE]...`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectSpec {
    /// The driver's name.
    pub driver: String,
    /// What it shall stand on; `None` means the backend's default.
    pub backing: Option<Backing>,
    /// Its options.
    pub options: Options,
}

impl FromStr for SubjectSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: String| {
            Error::new(ErrorKind::BadInput, format!("read the subject {text:?}")).because(why)
            .hint("write DRIVER[@BACKING][,OPTION=VALUE]..., for example overlay2@xfs,metacopy=on")
        };
        let mut parts = text.split(',');
        let head = parts.next().unwrap_or_default();
        let (driver, backing) = match head.split_once('@') {
            Some((driver, backing)) => (
                driver,
                Some(backing.parse().map_err(|e: Error| bad(e.to_string()))?),
            ),
            None => (head, None),
        };
        if driver.is_empty() {
            return Err(bad("the driver's name is empty".to_owned()));
        }
        let mut options = Options::default();
        for part in parts {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| bad(format!("{part:?} is not OPTION=VALUE")))?;
            if options
                .0
                .insert(name.to_owned(), value.to_owned())
                .is_some()
            {
                return Err(bad(format!("{name} is given twice")));
            }
        }
        Ok(Self {
            driver: driver.to_owned(),
            backing,
            options,
        })
    }
}

/// The name of an opened subject: `overlay2@xfs,metacopy=on`, `zfs@zfs-fuse-0.7.0`.
pub fn subject_name(driver: &str, ground_label: &str, options: &Options) -> String {
    let mut name = format!("{driver}@{ground_label}");
    for (key, value) in &options.0 {
        name.push(',');
        name.push_str(key);
        name.push('=');
        name.push_str(value);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_whole() {
        let spec: SubjectSpec = "overlay2@xfs,metacopy=on,index=off".parse().unwrap();
        assert_eq!(spec.backing, Some(Backing::Xfs));
        assert_eq!(
            subject_name(&spec.driver, "xfs", &spec.options),
            "overlay2@xfs,index=off,metacopy=on"
        );
    }

    #[test]
    fn malformed_subjects_are_refused() {
        for bad in [
            "",
            "@xfs",
            "overlay2@nosuch",
            "overlay2,metacopy",
            "overlay2,a=1,a=2",
        ] {
            assert!(bad.parse::<SubjectSpec>().is_err(), "{bad:?}");
        }
    }
}
