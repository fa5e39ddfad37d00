//! One rule, and the words to write it with.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use drivers::Capabilities;
use rustix::io::Errno;

use crate::fixture;
use crate::oracle::op::{self, Op, PathBytes};

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// The user; 0 keeps all capabilities, anybody else has none.
    pub user: u32,
    /// The group.
    pub group: u32,
    /// Further groups.
    pub groups: &'static [u32],
}

/// The superuser.
pub const ROOT: Who = Who {
    user: 0,
    group: 0,
    groups: &[],
};

/// An ordinary user, who owns what [`owned`] gives away.
pub const OWNER: Who = Who {
    user: fixture::USER,
    group: fixture::USER,
    groups: &[],
};

/// A group that [`MEMBER`] belongs to beside the first.
pub const CLUB: u32 = 2000;

/// The same user, in another group too.
pub const MEMBER: Who = Who {
    user: fixture::USER,
    group: fixture::USER,
    groups: &[CLUB],
};

/// Another ordinary user.
pub const OTHER: Who = Who {
    user: 1001,
    group: 1001,
    groups: &[],
};

/// The group's other member: no owner, but [`OWNER`]'s group.
pub const PEER: Who = Who {
    user: 1002,
    group: fixture::USER,
    groups: &[],
};

/// Gives a file to [`OWNER`].
pub fn owned(path: &str) -> Op {
    op::chown(path, fixture::USER, fixture::USER)
}

/// What a call returns: a number where it is one that has to be right.
pub type Returned = Result<Option<u64>, Errno>;

/// What must come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It works.
    Done,
    /// It works and returns a number.
    Value(u64),
    /// It is refused.
    Refused(Errno),
    /// It is refused with either, as POSIX leaves open.
    Either(Errno, Errno),
}

/// Which times of one file move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Have to move: access, modification, change.
    pub(crate) must: [bool; 3],
    /// Are free to.
    pub(crate) may: [bool; 3],
}

/// A row's call, made in its directory.
pub(crate) type Call = Arc<dyn Fn() -> Returned + Send + Sync>;

/// Reads a declared capability.
pub type Declared = fn(&Capabilities) -> bool;

/// The name of a capability, and what reads it.
pub(crate) type Turn = (&'static str, Declared);

/// One rule. What is not said about it must not happen: no time moves, no link is counted, nothing changes.
#[derive(Clone)]
pub struct Row {
    pub(crate) name: String,
    pub(crate) lower: Vec<Op>,
    pub(crate) call: Call,
    pub(crate) who: Who,
    pub(crate) umask: u32,
    pub(crate) answer: Answer,
    pub(crate) effects: Vec<Op>,
    pub(crate) marks: BTreeMap<PathBytes, Marks>,
    pub(crate) links: BTreeMap<PathBytes, u64>,
    pub(crate) capabilities: Vec<Turn>,
    pub(crate) needs: Vec<Declared>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("name", &self.name)
            .field("who", &self.who)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

/// A rule: the superuser makes a call that works and changes nothing, until more is said. Paths are relative to the row's
/// own directory, which is the call's working directory; the empty path is the directory itself.
pub fn rule(
    name: impl Into<String>,
    lower: impl Into<Vec<Op>>,
    call: impl Fn() -> Result<(), Errno> + Send + Sync + 'static,
) -> Row {
    Row {
        call: Arc::new(move || call().map(|()| None)),
        ..asking(name, lower, || Ok(0), 0)
    }
    .answered(Answer::Done)
}

/// A rule whose call returns a number.
pub fn asking(
    name: impl Into<String>,
    lower: impl Into<Vec<Op>>,
    call: impl Fn() -> Result<u64, Errno> + Send + Sync + 'static,
    value: u64,
) -> Row {
    Row {
        name: name.into(),
        lower: lower.into(),
        call: Arc::new(move || call().map(Some)),
        who: ROOT,
        umask: 0,
        answer: Answer::Value(value),
        effects: Vec::new(),
        marks: BTreeMap::new(),
        links: BTreeMap::new(),
        capabilities: Vec::new(),
        needs: Vec::new(),
    }
}

impl Row {
    /// Who makes the call.
    #[must_use]
    pub fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// Under which umask; 0 otherwise.
    #[must_use]
    pub fn umask(self, umask: u32) -> Self {
        Self { umask, ..self }
    }

    /// The call is refused.
    #[must_use]
    pub fn refused(self, errno: Errno) -> Self {
        self.answered(Answer::Refused(errno))
    }

    /// The call is refused with one of two, which the standard leaves open.
    #[must_use]
    pub fn refused_either(self, one: Errno, other: Errno) -> Self {
        self.answered(Answer::Either(one, other))
    }

    /// What the call does to the tree.
    #[must_use]
    pub fn does(self, effects: impl Into<Vec<Op>>) -> Self {
        Self {
            effects: effects.into(),
            ..self
        }
    }

    /// Which times of a path move: `a`, `m` and `c` have to, `A`, `M` and `C` are free to. The path is the one after the
    /// call; it is the same file as before it if the model says so.
    #[must_use]
    pub fn marks(mut self, path: &str, times: &str) -> Self {
        let has = |letters: [char; 3]| letters.map(|letter| times.contains(letter));
        let marks = Marks {
            must: has(['a', 'm', 'c']),
            may: has(['A', 'M', 'C']),
        };
        self.marks.insert(path.as_bytes().to_vec(), marks);
        self
    }

    /// How many links a file has afterwards; as many as before, if nothing is said.
    #[must_use]
    pub fn links(mut self, path: &str, count: u64) -> Self {
        self.links.insert(path.as_bytes().to_vec(), count);
        self
    }

    /// The rule holds exactly where the capability of this name is declared; where it turns on several, all of them.
    #[must_use]
    pub fn turns_on(mut self, name: &'static str, declared: Declared) -> Self {
        self.capabilities.push((name, declared));
        self
    }

    /// The rule is asked only where the capability is declared; what is seen elsewhere, a case of its own shows.
    #[must_use]
    pub fn needs(mut self, declared: Declared) -> Self {
        self.needs.push(declared);
        self
    }

    /// Whether it can be asked: devices in the lower layer need a driver that stores them.
    pub(crate) fn is_asked(&self, capabilities: &Capabilities) -> bool {
        let device = |op: &Op| matches!(op, Op::Character(..) | Op::Block(..));
        let devices = self.lower.iter().chain(&self.effects).any(device);
        self.needs.iter().all(|declared| declared(capabilities))
            && (capabilities.device_nodes || !devices)
    }

    fn answered(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }

    /// The lower layer's part of it: a directory with the row's name.
    pub(crate) fn sown(&self) -> Vec<Op> {
        let mut ops = vec![op::dir(&self.name)];
        ops.extend(self.lower.iter().map(|op| op.under(self.name.as_bytes())));
        ops
    }

    /// What it does, seen from the root.
    pub(crate) fn done(&self) -> Vec<Op> {
        let under = |op: &Op| op.under(self.name.as_bytes());
        self.effects.iter().map(under).collect()
    }
}
