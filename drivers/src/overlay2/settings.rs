//! The options of overlay2: what each means, which go together, and how they are told to the kernel.

use crate::error::{Error, ErrorKind, Result};
use crate::projects::QUOTA;
use crate::subject::{OptionSpec, Options, SYNC};

/// What `layerbench list` shows.
pub(super) const SPECS: &[OptionSpec] = &[
    OptionSpec {
        name: "redirect_dir",
        values: &["off", "on", "follow", "nofollow"],
        doc: "on: a directory of a lower layer can be renamed; costs the native diff",
    },
    OptionSpec {
        name: "index",
        values: &["off", "on"],
        doc: "on: hard links to lower files stay links after a write; costs an index entry for each",
    },
    OptionSpec {
        name: "metacopy",
        values: &["off", "on"],
        doc: "on: chmod or chown of a lower file copies no data; implies redirect_dir=on, costs the native diff",
    },
    OptionSpec {
        name: "xino",
        values: &["off", "auto", "on"],
        doc: "inode numbers unique over filesystems; layers of one filesystem have that anyway",
    },
    OptionSpec {
        name: "volatile",
        values: &["off", "on"],
        doc: "on: fsync does nothing; a container layer does not survive a crash of the host",
    },
    OptionSpec {
        name: "userxattr",
        values: &["auto", "on", "off"],
        doc: "whiteouts in user.overlay.* instead of trusted.overlay.*; auto: on in a user namespace",
    },
    OptionSpec {
        name: "mount_api",
        values: &["auto", "fd", "string", "legacy"],
        doc: "how layers are told to the kernel: by descriptor, by path one at a time, or in one option string of 4 KiB",
    },
    SYNC,
    QUOTA,
];

/// How layers are told to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// fsconfig `lowerdir+` with a descriptor (Linux 6.13).
    Fd,
    /// fsconfig `lowerdir+` with a path (Linux 6.8).
    String,
    /// mount(2).
    Legacy,
}

impl Api {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fd => "fd",
            Self::String => "string",
            Self::Legacy => "legacy",
        }
    }
}

/// The options of one opened driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    redirect_dir: Option<String>,
    pub(super) index: bool,
    pub(super) metacopy: bool,
    xino: Option<String>,
    pub(super) volatile: bool,
    pub(super) syncs_commits: bool,
    pub(super) userxattr: bool,
    /// `None`: the first that works, newest first.
    pub(super) api: Option<Api>,
}

impl Settings {
    /// Reads the options; `user_namespace` decides what `userxattr=auto` means.
    ///
    /// # Errors
    /// `BadInput` for what the kernel would refuse as a combination, with the reason.
    pub(super) fn new(options: &Options, user_namespace: bool) -> Result<Self> {
        options.check("overlay2", SPECS)?;
        let on = |name: &str| options.get(name) == Some("on");
        let settings = Self {
            redirect_dir: options.get("redirect_dir").map(str::to_owned),
            index: on("index"),
            metacopy: on("metacopy"),
            xino: options.get("xino").map(str::to_owned),
            volatile: on("volatile"),
            syncs_commits: options.syncs_commits(),
            userxattr: match options.get("userxattr") {
                Some("on") => true,
                Some("off") => false,
                _ => user_namespace,
            },
            api: match options.get("mount_api") {
                Some("fd") => Some(Api::Fd),
                Some("string") => Some(Api::String),
                Some("legacy") => Some(Api::Legacy),
                _ => None,
            },
        };
        settings.check(user_namespace)?;
        Ok(settings)
    }

    fn check(&self, user_namespace: bool) -> Result<()> {
        let refuse = |what: &str, why: &str| {
            Err(Error::new(ErrorKind::BadInput, format!("use {what} of overlay2")).because(why))
        };
        match self.redirect_dir.as_deref() {
            Some(mode @ ("off" | "follow" | "nofollow")) if self.metacopy => {
                return refuse(
                    &format!("metacopy=on with redirect_dir={mode}"),
                    "a file without data finds it by its redirect: the kernel wants redirect_dir=on",
                );
            }
            Some(mode @ ("on" | "follow")) if self.userxattr => {
                return refuse(
                    &format!("userxattr=on with redirect_dir={mode}"),
                    "anyone could forge a redirect in user.* xattrs: the kernel refuses it",
                );
            }
            _ => {}
        }
        if self.userxattr && self.metacopy {
            return refuse(
                "userxattr=on with metacopy=on",
                "anyone could forge a redirect in user.* xattrs: the kernel refuses it",
            );
        }
        if user_namespace && !self.userxattr {
            return refuse(
                "userxattr=off in a user namespace",
                "trusted.* xattrs need the host's root",
            );
        }
        Ok(())
    }

    /// Whether directories of lower layers can be renamed.
    pub(super) fn redirects(&self) -> bool {
        self.metacopy || self.redirect_dir.as_deref() == Some("on")
    }

    /// Whether renamed directories of layers are found.
    pub(super) fn follows(&self) -> bool {
        self.redirects() || self.redirect_dir.as_deref() == Some("follow")
    }

    /// The prefix of overlay's own xattrs.
    pub(super) fn xattr_prefix(&self) -> &'static str {
        if self.userxattr {
            "user.overlay."
        } else {
            "trusted.overlay."
        }
    }

    /// Why `changes` cannot read the upper directory alone, if so.
    pub(super) fn no_native_diff(&self) -> Option<&'static str> {
        if self.metacopy {
            Some("off, because metacopy=on leaves files without data in the upper directory")
        } else if self.redirects() {
            Some("off, because redirect_dir=on leaves renamed directories without their content")
        } else {
            None
        }
    }

    /// Options for the kernel; `None` as a value is a flag. Those that only matter with an upper are left out without.
    pub(super) fn mount_options(&self, upper: bool) -> Vec<(&'static str, Option<&str>)> {
        let mut list = Vec::new();
        let switch = |on| Some(if on { "on" } else { "off" });
        // Told even when off: a module parameter may have made them default to on.
        if upper {
            list.push(("index", switch(self.index)));
        } else {
            list.push(("index", Some("off")));
        }
        if self.userxattr {
            list.push(("userxattr", None));
        } else {
            if !self.metacopy {
                list.push((
                    "redirect_dir",
                    Some(match self.redirect_dir.as_deref() {
                        // Without an upper nothing can be redirected, only followed.
                        Some("on") if !upper => "follow",
                        Some(mode) => mode,
                        None => "off",
                    }),
                ));
            }
            list.push(("metacopy", switch(self.metacopy)));
        }
        if let Some(xino) = &self.xino {
            list.push(("xino", Some(xino)));
        }
        if self.volatile && upper {
            list.push(("volatile", None));
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str, user_namespace: bool) -> Result<Settings> {
        let spec: crate::SubjectSpec = format!("overlay2{text}").parse().unwrap();
        Settings::new(&spec.options, user_namespace)
    }

    #[test]
    fn combinations_that_the_kernel_refuses_are_refused_with_a_reason() {
        for bad in [
            ",metacopy=on,redirect_dir=off",
            ",metacopy=on,redirect_dir=nofollow",
            ",metacopy=on,userxattr=on",
            ",redirect_dir=on,userxattr=on",
            ",redirect_dir=maybe",
            ",nosuch=on",
        ] {
            let error = settings(bad, false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadInput, "{bad}: {error}");
        }
        assert!(settings(",userxattr=off", true).is_err());
        assert!(settings("", true).unwrap().userxattr);
        assert!(!settings("", false).unwrap().userxattr);
    }

    #[test]
    fn the_native_diff_is_given_up_where_the_upper_does_not_tell_all() {
        assert!(settings("", false).unwrap().no_native_diff().is_none());
        for (options, word) in [
            (",metacopy=on", "metacopy"),
            (",redirect_dir=on", "redirect"),
        ] {
            let reason = settings(options, false).unwrap().no_native_diff().unwrap();
            assert!(reason.contains(word), "{reason}");
        }
    }
}
