//! What is promised of crashes and failing disks, and needs whole disks of its own to be asked: no case of the suite, which
//! runs in one opened driver, but a trial of the runner `crash` for each subject.

use drivers::Capabilities;

use crate::case::Level;

/// One promise that the runner `crash` asks for.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    /// In words, as a case's file would be called.
    pub name: &'static str,
    /// What is promised, as a sentence.
    pub promise: &'static str,
    /// What goes wrong for a user where it is broken.
    pub why: &'static str,
    /// The clause or bug it comes from.
    pub origin: &'static str,
    /// The behaviours and lessons of the [catalogue](crate::catalogue) it asks for.
    pub covers: &'static [&'static str],
    /// How much a driver owes it.
    pub level: Level,
    /// The capability it turns on, if any: where it is declared false, a loss must show.
    pub capability: Option<Declared>,
    /// Drivers that it catches: the proof that it can fail.
    pub broken_by: &'static [Broken],
}

/// How a driver breaks what is asked for here. The runner `crash` makes such drivers, and each must be caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It declares that everything survives power cuts.
    Boasts,
    /// It writes a layer's record before the layer is complete.
    RecordsFirst,
    /// It says that a layer is there for which there was no room.
    ForgivesFullDisks,
    /// What was half applied when there was no more room stays, though it was removed.
    KeepsTheHalf,
    /// It says that a layer is there that the disk refused to take.
    ForgivesFailingDisks,
    /// It says that a layer is there that a read-only filesystem refused to take.
    ForgivesReadOnly,
    /// It loses a container when it is opened again.
    LosesAnItem,
}

impl Broken {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Boasts,
        Self::RecordsFirst,
        Self::ForgivesFullDisks,
        Self::KeepsTheHalf,
        Self::ForgivesFailingDisks,
        Self::ForgivesReadOnly,
        Self::LosesAnItem,
    ];

    /// In one word, for the names of trials.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boasts => "boasts",
            Self::RecordsFirst => "records-first",
            Self::ForgivesFullDisks => "forgives-full-disks",
            Self::KeepsTheHalf => "keeps-the-half",
            Self::ForgivesFailingDisks => "forgives-failing-disks",
            Self::ForgivesReadOnly => "forgives-read-only",
            Self::LosesAnItem => "loses-an-item",
        }
    }

    /// As a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Boasts => "Everything is declared to survive power cuts, and does not.",
            Self::RecordsFirst => "A layer's record is written before the layer is complete.",
            Self::ForgivesFullDisks => "A layer for which there was no room is said to be there.",
            Self::KeepsTheHalf => {
                "What was half applied without room stays, though it was removed."
            }
            Self::ForgivesFailingDisks => "A layer that the disk refused is said to be there.",
            Self::ForgivesReadOnly => {
                "A layer that a read-only filesystem refused is said to be there."
            }
            Self::LosesAnItem => "A container is lost when the driver is opened again.",
        }
    }
}

/// A capability, by name and by value.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// The field.
    pub name: &'static str,
    /// What a driver declares.
    pub of: fn(&Capabilities) -> bool,
}

/// After a power cut every layer listed is whole.
pub const LAYERS: Experiment = Experiment {
    name: "layers_survive_power_cuts",
    promise: "After a power cut a committed layer is whole, or it is not listed.",
    why: "An image is pulled, the machine loses power, and its programs are files of no bytes until it is pulled anew.",
    origin: "containerd#9401, containerd#10457: no sync, and after power loss layers of empty files",
    covers: &["CR1", "CR2", "C52", "C53"],
    level: Level::Must,
    capability: Some(Declared {
        name: "layers_survive_power_cuts",
        of: |capabilities| capabilities.layers_survive_power_cuts,
    }),
    broken_by: &[Broken::Boasts],
};

/// After a power cut a container shows its image.
pub const IMAGE: Experiment = Experiment {
    name: "image_files_survive_power_cuts",
    promise: "After a power cut a file of the image is, in a container, what it was or what was written to it.",
    why: "A chmod of a program is under way when the power goes, and the program is a file of no bytes.",
    origin: "overlayfs syncs a copy before it takes the file's place (fs/overlayfs/copy_up.c); xfstests overlay/078",
    covers: &["CR2"],
    level: Level::Should,
    capability: Some(Declared {
        name: "image_files_survive_power_cuts",
        of: |capabilities| capabilities.image_files_survive_power_cuts,
    }),
    broken_by: &[Broken::Boasts],
};

/// fsync(2) keeps its word.
pub const SYNCED: Experiment = Experiment {
    name: "fsync_survives_power_cuts",
    promise: "After a power cut what a container has synced by fsync(2) is there.",
    why: "A database that has answered \"committed\" has lost the transaction.",
    origin: "fsync(2); overlayfs.rst, volatile mount; xfstests overlay/078",
    covers: &["CR2"],
    level: Level::Must,
    capability: Some(Declared {
        name: "fsync_survives_power_cuts",
        of: |capabilities| capabilities.fsync_survives_power_cuts,
    }),
    broken_by: &[Broken::Boasts],
};

/// The store survives.
pub const STORE: Experiment = Experiment {
    name: "store_survives_power_cuts",
    promise: "After a power cut the store opens, what was there at the last sync is there, and it can be used.",
    why: "A machine that lost power has to be given a new store and all its images again.",
    origin: "containers/storage#920, container-libs#922: incomplete layers after a crash",
    covers: &["CR1", "CR2", "C53"],
    level: Level::Must,
    capability: None,
    broken_by: &[Broken::LosesAnItem],
};

/// A process is killed in the midst of an operation.
pub const KILLED: Experiment = Experiment {
    name: "operations_are_all_or_nothing",
    promise: "When a process is killed before any system call of an operation, the next open finds the state before or after it, \
              with nothing left over, and the operation can be done again.",
    why: "The engine is killed for memory during a pull, and the layer can be neither used, removed nor pulled again.",
    origin: "containers/storage#920, container-libs#922, moby#45900: incomplete layers that stay; SIGKILL, signal(7)",
    covers: &["CR1", "C53"],
    level: Level::Must,
    capability: None,
    broken_by: &[Broken::RecordsFirst],
};

/// The disk takes no more writes.
pub const FAILED: Experiment = Experiment {
    name: "a_failing_disk_is_told",
    promise: "On a disk that fails, fsync, apply and commit answer with an error; when it works again every layer is whole, and \
              the store can be used.",
    why: "A pull onto a dying disk is reported as done, and the image's programs are not there.",
    origin: "fsync(2), EIO; xfstests overlay/005; containerd#9497",
    covers: &["CR3"],
    level: Level::Must,
    capability: None,
    broken_by: &[Broken::ForgivesFailingDisks],
};

/// There is no room.
pub const FULL: Experiment = Experiment {
    name: "a_full_store_loses_nothing",
    promise: "Without room a first write and a layer are refused with ENOSPC, the image stays readable, what was half applied can be \
              removed, and with room both work.",
    why: "A full disk turns a program of the image into an empty file, or takes the room for good.",
    origin: "write(2), ENOSPC; xfstests overlay/005",
    covers: &["CR3", "CU10"],
    level: Level::Must,
    capability: None,
    broken_by: &[Broken::ForgivesFullDisks, Broken::KeepsTheHalf],
};

/// The filesystem becomes read-only.
pub const READ_ONLY: Experiment = Experiment {
    name: "a_read_only_store_loses_nothing",
    promise: "When its filesystem becomes read-only in the midst of a layer, everything that writes is refused with EROFS and changes \
              nothing; when it is writable again, all of it works.",
    why: "After an error of its disk a filesystem is remounted read-only, and the pull under way is reported as done, or can never be \
          taken back.",
    origin: "ext4(5), errors=remount-ro; mount(2), EROFS and EBUSY",
    covers: &["CR3"],
    level: Level::Must,
    capability: None,
    broken_by: &[Broken::ForgivesReadOnly],
};

/// All that are asked at each power cut.
pub const POWER_CUTS: &[&Experiment] = &[&LAYERS, &IMAGE, &SYNCED, &STORE];

/// Every experiment.
pub const ALL: &[&Experiment] = &[
    &LAYERS, &IMAGE, &SYNCED, &STORE, &KILLED, &FAILED, &FULL, &READ_ONLY,
];
