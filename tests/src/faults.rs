//! The promises a [`Faulty`](crate::faulty::Faulty) driver can break. Cases say which of them they notice
//! ([`Case::broken_by`](crate::Case::broken_by)).

use std::fmt;

use crate::lies::Lie;

/// Declares the faults of drivers once, for the type, the list and the words.
macro_rules! faults {
    ($($(#[doc = $words:literal])+ $name:ident,)+) => {
        /// One broken promise.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            /// Nothing is broken.
            None,
            /// A daemon is dead until the driver is opened again. No promise is broken: the case is to be asked again.
            DaemonDiesOnce,
            /// A daemon is dead, and dies again whenever it is started.
            DaemonAlwaysDies,
            $($(#[doc = $words])+ $name,)+
            /// The capability of this name is declared as the opposite of what it is.
            Flipped(&'static str),
            /// Processes of the container are lied to.
            Lie(&'static Lie),
        }

        impl Fault {
            /// The faults that a driver itself can commit. Beside them there are [`Self::Flipped`] and [`Self::Lie`], as
            /// many as cases name.
            pub const OF_DRIVERS: &'static [Self] = &[$(Self::$name),+];

            /// The fault as a sentence.
            pub fn sentence(self) -> String {
                match self {
                    Self::None => "Nothing is broken.".to_owned(),
                    Self::DaemonDiesOnce => "The daemon dies once.".to_owned(),
                    Self::DaemonAlwaysDies => "The daemon dies again and again.".to_owned(),
                    $(Self::$name => concat!($($words),+).trim().to_owned(),)+
                    Self::Flipped(name) => format!("{name} is declared as its opposite."),
                    Self::Lie(lie) => format!("To the container's processes, {}.", lie.name),
                }
            }
        }
    };
}

faults! {
    /// Removing a container switches the quotas of its store off.
    QuotasEnded,
    /// Whiteouts in archives are ignored.
    WhiteoutsForgotten,
    /// Opaque markers in archives are ignored.
    OpaqueForgotten,
    /// An opaque marker in the root is ignored.
    OpaqueForgottenAtRoot,
    /// Whiteouts and opaque markers delete what their own archive holds, too.
    MarkersHideOwnLayer,
    /// Whiteouts are unpacked as ordinary files.
    MarkersAreFiles,
    /// A whiteout deletes every name of its directory that begins like it.
    WhiteoutsHideAlikeNames,
    /// A whiteout in the root deletes the name in every directory.
    WhiteoutsHideEverywhere,
    /// A whiteout is ignored where its archive makes the name again: an old directory shows in the new one.
    ReplacedDirectoriesMerge,
    /// A directory over a directory empties it.
    DirectoriesReplace,
    /// A directory over a directory does not change its attributes.
    DirectoryAttributesKept,
    /// What is there stays, when an archive has another type of file for its name.
    LowerTypeStays,
    /// An archive's entry for the root is ignored.
    RootEntryIgnored,
    /// Of two entries with one name the first wins.
    FirstOfTwoWins,
    /// Directories that an archive only implies get the attributes of new ones, also where they were.
    ParentsReset,
    /// A symbolic link among the parents of an entry is replaced by a directory.
    LinkedParentsReplaced,
    /// Entries that begin with a dot or a slash are skipped.
    OddPathsSkipped,
    /// Names that are not UTF-8 are mended.
    OddNamesMended,
    /// Names that differ only in case are one.
    NamesFolded,
    /// Entries with a path longer than a plain tar header holds are skipped.
    LongPathsSkipped,
    /// A global header is unpacked as a file.
    GlobalHeadersAreFiles,
    /// Extended headers of PAX are unpacked as files.
    ExtendedHeadersAreFiles,
    /// The first part of a path that a header holds in two parts is ignored.
    PrefixesIgnored,
    /// Archives are read as if there were no sparse files.
    SparseFilesUnknown,
    /// What steers an overlay is obeyed when an archive says it.
    MarksObeyed,
    /// AUFS' own names are files like any other.
    AufsNamesKept,
    /// What follows the end of an archive is taken for more of it.
    ArchivesJoined,
    /// Devices in archives are skipped.
    DevicesSkipped,
    /// Extended attributes of archives are lost.
    XattrsLost,
    /// Modification times of archives are lost.
    TimesLost,
    /// Modification times of archives are cut to seconds.
    NanosecondsLost,
    /// Modification times before 1970 are taken for 1970.
    OldTimesLost,
    /// Modification times of directories are lost.
    DirectoryTimesLost,
    /// Owner and time of symbolic links are lost.
    LinkAttributesLost,
    /// Owners of archives are lost.
    OwnersLost,
    /// User and group ids are cut to 16 bits.
    IdsCut,
    /// Setuid, setgid and sticky bits of archives are lost.
    SpecialBitsLost,
    /// Hard links of archives become files of their own.
    LinksSplit,
    /// A malformed archive is taken as far as it goes.
    BadArchive,
    /// The limits set on an archive are ignored.
    LimitsIgnored,
    /// Archives are unpacked through symbolic links, `..` and hard links to anywhere.
    FollowLinks,
    /// A fifo gets its mode by its path, after a look at what is there.
    ModesByPath,
    /// What stands on a layer has no extended attributes.
    CopiesLoseXattrs,
    /// What stands on a layer has no access control lists.
    CopiesLoseAcls,
    /// What stands on a layer has file capabilities, and no other extended attributes.
    CopiesKeepOnlyCapabilities,
    /// What stands on a layer has files of equal content as one file with several names.
    CopiesJoinEqualFiles,
    /// What stands on a layer has fifos where the layer has sockets.
    CopiesTurnSocketsToFifos,
    /// What stands on a layer has hard-linked fifos, devices and symbolic links as files of their own.
    CopiesSplitSpecialLinks,
    /// What stands on a layer has hard-linked files as files of their own.
    CopiesSplitLinks,
    /// What stands on a layer has no holes in its files.
    CopiesFillHoles,
    /// What stands on a layer has directories as young as itself.
    CopiesLoseTimes,
    /// What stands on a layer has no setuid and setgid bits: the owner was set after the mode.
    CopiesLoseSpecialBits,
    /// What stands on a layer has files of 64 KiB at most: a short copy was taken for a whole one.
    CopiesCut,
    /// The root of a new item can be entered by root only.
    RootsArePrivate,
    /// What stands on more than ten layers lacks the uppermost.
    DeepLayersLost,
    /// Containers of one image share their writes.
    SharedWrites,
    /// Containers write to their image.
    WriteThrough,
    /// What was written is gone when a container is mounted again.
    WritesLost,
    /// Containers are mounted without devices and setuid programs.
    MountedNoDevices,
    /// Containers are mounted without programs.
    MountedNoPrograms,
    /// Files have other inodes when a container is mounted again.
    InodesChange,
    /// Files are as old as the mount when a container is mounted again.
    WrittenTimesLost,
    /// What was deleted is back when a container is mounted again or committed.
    DeletedComeBack,
    /// A name can be taken twice.
    DuplicateKey,
    /// Names of more than 32 bytes that begin alike are taken for one.
    LongNamesCut,
    /// A commit under a taken id says that it worked.
    DuplicateLayer,
    /// A parent need not exist.
    MissingParent,
    /// A layer with children can be removed, it says.
    ChildrenIgnored,
    /// A mounted container can be removed, it says.
    MountIgnored,
    /// Nothing is removed, though it says so.
    NothingRemoved,
    /// Removing a container removes its siblings, too.
    RemovalTakesSibling,
    /// Removing what does not exist works, it says.
    UnknownRemoved,
    /// A container with the key of a removed one shows what that held.
    OldContentShows,
    /// Removing a container deletes what lies in volumes.
    RemovalReachesVolumes,
    /// The key is there again after a commit.
    KeyAfterCommit,
    /// A commit loses empty directories.
    CommitLosesEmptyDirectories,
    /// A commit leaves markers where something was deleted.
    CommitLeavesMarkers,
    /// A commit loses changes of mode and owner.
    CommitLosesMetadata,
    /// Moving a layer onto another parent does nothing, though it says it did.
    RebaseIgnored,
    /// A file whose size did not change is not among the changes.
    SameSizeMissed,
    /// What has its old content is not among the changes.
    MetadataMissed,
    /// Deletions are not among the changes.
    DeletionsMissed,
    /// The root is always among the changes.
    RootAlwaysChanged,
    /// Every change is told twice.
    ChangesTwice,
    /// Changes are told in reverse order.
    ChangesUnsorted,
    /// What was added is told as modified.
    AdditionsAreModifications,
    /// Exports have no whiteouts.
    ExportedDeletionsLost,
    /// Exports have no hard links.
    ExportedLinksLost,
    /// Exports have no extended attributes.
    ExportedXattrsLost,
    /// Exports have times of whole seconds.
    ExportedNanosecondsLost,
    /// Exports have no setuid, setgid and sticky bits.
    ExportedSpecialBitsLost,
    /// Exports have root as owner of everything.
    ExportedOwnersLost,
    /// Exports spell deletions as character devices, as the driver does.
    ExportedDeletionsAreDevices,
    /// Every directory of an export hides what lies below it.
    ExportedOpaque,
    /// Exports carry a driver's book-keeping.
    BookkeepingExported,
    /// Every second export is in another order.
    ExportOrderUnstable,
    /// Views can be written to.
    WritableView,
    /// Views can be written to after a restart.
    ViewsForgotten,
    /// Everything takes 4 KiB.
    ConstantUsage,
    /// The space a container takes stays what it was when first asked for.
    UsageStale,
    /// A file that was changed counts twice.
    ChangedFilesCountTwice,
    /// A file takes its space once for each of its names.
    LinksCountedEach,
    /// Every deletion takes a block, and none gives anything back.
    DeletionsCount,
    /// Every deletion takes an inode.
    DeletionsTakeInodes,
    /// Containers are not listed after a restart.
    ForgottenContainers,
    /// The list begins with the youngest.
    ListReversed,
    /// The list calls views writable.
    ListForgetsViews,
    /// The list does not say what containers stand on.
    ListForgetsParents,
    /// An unmount only hides the mount, whatever is open in it.
    LazyUnmount,
    /// Below every mount there is another, which is left.
    MountLeft,
    /// Giving up caches gives up what unmounted containers wrote, too.
    CachesDroppedWithWrites,
    /// As the file of the store that is read, that of the parent is named.
    WrongFileNamed,
    /// A limit on what a container may take is accepted and forgotten.
    LimitsForgotten,
    /// Mounts spread to other namespaces.
    SharedMount,
    /// Removing a container leaves a file behind.
    RemovalLeavesFiles,
    /// A root that is open can be opened by another driver.
    RootShared,
    /// Closing says it worked while something is mounted.
    CloseIgnoresMounts,
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
}
