//! A workload as it is scheduled and run: a built-in one, or one of the user's own.

use drivers::Result;

use crate::aging;
use crate::cell::Cell;
use crate::own::Own;
use crate::{Reach, Workload};

/// One workload of a run; see the module text.
#[derive(Debug, Clone, Copy)]
pub enum Work<'a> {
    /// One of [`crate::ALL`].
    BuiltIn(&'static Workload),
    /// One that the settings describe.
    Own(&'a Own),
}

impl<'a> Work<'a> {
    /// As `--workload` takes it and as records carry it.
    pub fn name(self) -> &'a str {
        match self {
            Self::BuiltIn(workload) => workload.name,
            Self::Own(own) => &own.name,
        }
    }

    /// The question its chart answers.
    pub fn question(self) -> &'a str {
        match self {
            Self::BuiltIn(workload) => workload.question,
            Self::Own(own) => &own.question,
        }
    }

    /// Its phases in order: name, and what is timed.
    pub fn phases(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::BuiltIn(workload) => workload.phases.to_vec(),
            Self::Own(own) => own.phases(),
        }
    }

    /// Who takes it unasked.
    pub fn reach(self) -> Reach {
        match self {
            Self::BuiltIn(workload) => workload.reach,
            Self::Own(own) => own.reach,
        }
    }

    /// It wears its store out: no other workload is to meet what it leaves there.
    pub fn wants_a_store_of_its_own(self) -> bool {
        match self {
            Self::BuiltIn(workload) => workload.name == aging::WORKLOAD.name,
            Self::Own(_) => false,
        }
    }

    /// Runs it once.
    ///
    /// # Errors
    /// `Unsupported`: this subject cannot do that. Anything else: it did not finish.
    pub fn run(self, cell: &mut Cell<'_>) -> Result<()> {
        match self {
            Self::BuiltIn(workload) => (workload.run)(cell),
            Self::Own(own) => own.run(cell),
        }
    }
}

impl From<&'static Workload> for Work<'_> {
    fn from(workload: &'static Workload) -> Self {
        Self::BuiltIn(workload)
    }
}
