//! The promises a [`Faulty`](crate::faulty::Faulty) driver can break. Cases say which of them they notice
//! ([`Case::broken_by`](crate::Case::broken_by)).

use std::fmt;

use drivers::{Error, Result};
use tar::EntryType;

use crate::faulty::rewrite;
use crate::lies::Lie;
use crate::oracle::archive::Entry;

/// One broken promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is broken.
    None,
    /// A daemon is dead until the driver is opened again. No promise is broken: the case is to be asked again.
    DaemonDiesOnce,
    /// A daemon is dead, and dies again whenever it is started.
    DaemonAlwaysDies,
    /// Whiteouts in archives are ignored.
    WhiteoutsForgotten,
    /// Extended attributes of archives are lost.
    XattrsLost,
    /// Modification times of archives are lost.
    TimesLost,
    /// Modification times of archives are cut to seconds.
    NanosecondsLost,
    /// Owners of archives are lost.
    OwnersLost,
    /// Setuid, setgid and sticky bits of archives are lost.
    SpecialBitsLost,
    /// Hard links of archives become files of their own.
    LinksSplit,
    /// Containers of one image share their writes.
    SharedWrites,
    /// Containers write to their image.
    WriteThrough,
    /// A name can be taken twice.
    DuplicateKey,
    /// A parent need not exist.
    MissingParent,
    /// A layer with children can be removed, it says.
    ChildrenIgnored,
    /// A mounted container can be removed, it says.
    MountIgnored,
    /// Nothing is removed, though it says so.
    NothingRemoved,
    /// The key is there again after a commit.
    KeyAfterCommit,
    /// A file whose size did not change is not among the changes.
    SameSizeMissed,
    /// Deletions are not among the changes.
    DeletionsMissed,
    /// Exports have no whiteouts.
    ExportedDeletionsLost,
    /// Exports have no hard links.
    ExportedLinksLost,
    /// Views can be written to.
    WritableView,
    /// Everything takes 4 KiB.
    ConstantUsage,
    /// A malformed archive is taken as far as it goes.
    BadArchive,
    /// Archives are unpacked through symbolic links.
    FollowLinks,
    /// Containers are not listed after a restart.
    ForgottenContainers,
    /// The capability of this name is declared as the opposite of what it is.
    Flipped(&'static str),
    /// Processes of the container are lied to.
    Lie(&'static Lie),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flipped(capability) => write!(f, "{capability} declared falsely"),
            Self::Lie(lie) => f.write_str(lie.name),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Every fault that a case names, sorted by its words.
pub fn named() -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for fault in crate::ALL.iter().flat_map(|case| case.broken_by) {
        if !faults.contains(fault) {
            faults.push(*fault);
        }
    }
    faults.sort_by_key(Fault::words);
    faults
}

impl Fault {
    /// For people: `whiteouts forgotten`, `rename_flags declared falsely`, `chmod does nothing`.
    pub fn words(&self) -> String {
        match self {
            Self::Flipped(_) | Self::Lie(_) => self.to_string(),
            of_a_driver => {
                let mut words = String::new();
                for c in of_a_driver.to_string().chars() {
                    if c.is_uppercase() && !words.is_empty() {
                        words.push(' ');
                    }
                    words.push(c.to_ascii_lowercase());
                }
                words
            }
        }
    }

    /// The faults that a driver itself can commit. Beside them there are [`Self::Flipped`] and [`Self::Lie`], as many as
    /// cases name.
    pub const OF_DRIVERS: [Self; 24] = [
        Self::WhiteoutsForgotten,
        Self::XattrsLost,
        Self::TimesLost,
        Self::NanosecondsLost,
        Self::OwnersLost,
        Self::SpecialBitsLost,
        Self::LinksSplit,
        Self::SharedWrites,
        Self::WriteThrough,
        Self::DuplicateKey,
        Self::MissingParent,
        Self::ChildrenIgnored,
        Self::MountIgnored,
        Self::NothingRemoved,
        Self::KeyAfterCommit,
        Self::SameSizeMissed,
        Self::DeletionsMissed,
        Self::ExportedDeletionsLost,
        Self::ExportedLinksLost,
        Self::WritableView,
        Self::ConstantUsage,
        Self::BadArchive,
        Self::FollowLinks,
        Self::ForgottenContainers,
    ];

    /// Turns a refusal into success, if that is the fault.
    pub(crate) fn forgive(self, fault: Self, error: Error) -> Result<()> {
        if self == fault { Ok(()) } else { Err(error) }
    }

    /// What becomes of an archive before it is applied.
    pub(crate) fn applied(self, tar: Vec<u8>) -> Vec<u8> {
        rewrite(tar, |entry| self.entry(entry))
    }

    /// What becomes of an export.
    pub(crate) fn exported(self, tar: Vec<u8>) -> Vec<u8> {
        match self {
            Self::ExportedDeletionsLost => {
                rewrite(tar, |entry| (!is_marker(&entry)).then_some(entry))
            }
            Self::ExportedLinksLost => rewrite(tar, |entry| {
                (entry.kind != EntryType::Link).then_some(entry)
            }),
            _ => tar,
        }
    }

    fn entry(self, mut entry: Entry) -> Option<Entry> {
        match self {
            Self::WhiteoutsForgotten if is_marker(&entry) => return None,
            Self::XattrsLost => entry.xattrs.clear(),
            Self::TimesLost => entry.mtime = (0, 0),
            Self::NanosecondsLost => entry.mtime.1 = 0,
            Self::OwnersLost => (entry.uid, entry.gid) = (0, 0),
            Self::SpecialBitsLost => entry.mode &= 0o777,
            Self::LinksSplit if entry.kind == EntryType::Link => entry.kind = EntryType::Regular,
            _ => {}
        }
        Some(entry)
    }
}

fn is_marker(entry: &Entry) -> bool {
    let name = entry.path.rsplit(|&b| b == b'/').next();
    name.is_some_and(|name| name.starts_with(b".wh."))
}
