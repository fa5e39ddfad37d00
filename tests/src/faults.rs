//! The promises a [`Faulty`](crate::faulty::Faulty) driver can break, and the cases that must notice.

use drivers::{Error, Result};
use tar::EntryType;

use crate::faulty::rewrite;
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
}

impl Fault {
    /// Every fault, with the cases that must notice it: at least one, and those named after the promise do.
    pub const ALL: [(Self, &'static [&'static str]); 24] = [
        (
            Self::WhiteoutsForgotten,
            &[
                "opaque_markers_equal_whiteouts",
                "marker_place_does_not_matter",
            ],
        ),
        (Self::XattrsLost, &["child_shows_all_of_its_parent"]),
        (
            Self::TimesLost,
            &["child_shows_all_of_its_parent", "odd_times_are_kept"],
        ),
        (
            Self::NanosecondsLost,
            &["child_shows_all_of_its_parent", "odd_times_are_kept"],
        ),
        (
            Self::OwnersLost,
            &["child_shows_all_of_its_parent", "large_ids_are_kept"],
        ),
        (
            Self::SpecialBitsLost,
            &[
                "child_shows_all_of_its_parent",
                "writing_takes_privileges_away",
            ],
        ),
        (
            Self::LinksSplit,
            &["child_shows_all_of_its_parent", "export_keeps_hard_links"],
        ),
        (Self::SharedWrites, &["siblings_are_isolated"]),
        (
            Self::WriteThrough,
            &["image_never_changes", "siblings_are_isolated"],
        ),
        (
            Self::DuplicateKey,
            &["duplicate_key_is_refused", "parallel_prepare_and_remove"],
        ),
        (Self::MissingParent, &["missing_parent_is_refused"]),
        (Self::ChildrenIgnored, &["layer_in_use_is_kept"]),
        (
            Self::MountIgnored,
            &["mounted_item_is_kept", "one_container_can_be_mounted_twice"],
        ),
        (
            Self::NothingRemoved,
            &[
                "deleting_a_container_deletes_nothing_else",
                "removal_takes_what_was_made_inside",
            ],
        ),
        (Self::KeyAfterCommit, &["commit_consumes_the_key"]),
        (
            Self::SameSizeMissed,
            &[
                "rewrite_of_the_same_size_is_found",
                "changes_equal_the_naive_comparison",
            ],
        ),
        (
            Self::DeletionsMissed,
            &[
                "changes_equal_the_naive_comparison",
                "changes_are_exactly_what_was_done",
            ],
        ),
        (
            Self::ExportedDeletionsLost,
            &[
                "export_keeps_deletions",
                "export_applied_elsewhere_is_the_same_tree",
            ],
        ),
        (
            Self::ExportedLinksLost,
            &[
                "export_keeps_hard_links",
                "export_applied_elsewhere_is_the_same_tree",
            ],
        ),
        (
            Self::WritableView,
            &["view_refuses_writes", "views_cannot_be_committed"],
        ),
        (Self::ConstantUsage, &["container_grows_by_what_is_written"]),
        (
            Self::BadArchive,
            &[
                "failed_apply_leaves_nothing",
                "cut_archive_is_refused",
                "garbage_is_refused",
                "bare_whiteouts_are_refused",
            ],
        ),
        (Self::FollowLinks, &["links_do_not_lead_outside"]),
        (Self::ForgottenContainers, &["reopen_restores_state"]),
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
