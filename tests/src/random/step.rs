//! One step of a sequence, and its text: `write a/b 70000 x*5`. Paths are relative to the root, which is `.`.

use std::fmt;

use crate::oracle::layer::{Place, Removal, Spelling};

/// A step: something done to a path, to two paths, or to the container as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A system call on one path.
    On(Action, String),
    /// A system call on two paths.
    Between(Pair, String, String),
    /// A turn in the container's life.
    Turn(Turn),
}

/// What is done to one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// open(O_CREAT | O_EXCL), write.
    Create(Fill),
    /// open, pwrite at an offset, beyond the end too.
    Write(u32, Fill),
    /// open(O_APPEND), write.
    Append(Fill),
    /// open, ftruncate.
    Truncate(u32),
    /// open(O_TRUNC).
    Empty,
    /// Writes the first byte through a shared mapping.
    Map(u8),
    /// open, fallocate(PUNCH_HOLE): offset, length.
    Punch(u32, u32),
    /// mkdir.
    Mkdir,
    /// rmdir.
    Rmdir,
    /// unlink.
    Unlink,
    /// Removes a directory with everything in it, or anything else.
    RemoveAll,
    /// symlink, to a name that never exists.
    Symlink,
    /// mkfifo.
    Fifo,
    /// mknod of a character device.
    Device,
    /// chmod.
    Chmod(u32),
    /// lchown: user, group.
    Chown(u32, u32),
    /// utimensat: seconds, nanoseconds.
    Mtime(i64, u32),
    /// lsetxattr: name, value.
    SetXattr(Attribute, u8),
    /// lremovexattr.
    RemoveXattr(Attribute),
}

/// What is done with two paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// rename, replacing.
    Rename,
    /// renameat2(RENAME_EXCHANGE).
    Exchange,
    /// renameat2(RENAME_NOREPLACE).
    NoReplace,
    /// link: existing, new.
    Link,
}

/// A turn in the container's life. After each the container is mounted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Unmounts and mounts.
    Remount,
    /// Asks the kernel to drop what it can of its caches.
    DropCaches,
    /// Unmounts, closes the driver, opens it, mounts.
    Restart,
    /// The container becomes a layer; goes on in a child of it.
    Commit,
    /// The model's changes, as an archive in that spelling, are applied beside the container; goes on in a child of that.
    Apply(Spelling),
    /// The driver's export is applied beside the container and must be equal; goes on in a child of that.
    Export,
    /// The driver's list of changes must be the model's.
    Changes,
    /// Goes on in a new container on the same layer; the old one waits.
    Sibling,
    /// Goes on in one of the containers that wait.
    Switch(u8),
}

/// Some bytes: a letter, so many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The letter.
    pub letter: u8,
    /// How often.
    pub times: u32,
}

impl Fill {
    /// The bytes.
    pub fn bytes(self) -> Vec<u8> {
        vec![self.letter; self.times as usize]
    }
}

/// The names of extended attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// `user.x`
    User,
    /// `trusted.y`
    Trusted,
}

impl Attribute {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user.x",
            Self::Trusted => "trusted.y",
        }
    }
}

/// What a symbolic link of a sequence points to: a name that never exists.
pub const NOWHERE: &str = "nowhere";

/// Steps, on a stack of layers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequence {
    /// Which of the [bases](super::base) the first container stands on.
    pub base: u8,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Step {
    /// The first words of all steps, in the order of tables.
    pub const WORDS: [&'static str; 32] = [
        "create",
        "write",
        "append",
        "truncate",
        "empty",
        "map",
        "punch",
        "mkdir",
        "rmdir",
        "unlink",
        "remove-all",
        "symlink",
        "fifo",
        "device",
        "chmod",
        "chown",
        "mtime",
        "set-xattr",
        "remove-xattr",
        "rename",
        "exchange",
        "no-replace",
        "link",
        "remount",
        "drop-caches",
        "restart",
        "commit",
        "apply",
        "export",
        "changes",
        "sibling",
        "switch",
    ];

    /// How many of them, at the end, are turns of the container's life.
    pub const TURNS: usize = 9;

    /// Its first word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::On(action, _) => match action {
                Action::Create(_) => "create",
                Action::Write(..) => "write",
                Action::Append(_) => "append",
                Action::Truncate(_) => "truncate",
                Action::Empty => "empty",
                Action::Map(_) => "map",
                Action::Punch(..) => "punch",
                Action::Mkdir => "mkdir",
                Action::Rmdir => "rmdir",
                Action::Unlink => "unlink",
                Action::RemoveAll => "remove-all",
                Action::Symlink => "symlink",
                Action::Fifo => "fifo",
                Action::Device => "device",
                Action::Chmod(_) => "chmod",
                Action::Chown(..) => "chown",
                Action::Mtime(..) => "mtime",
                Action::SetXattr(..) => "set-xattr",
                Action::RemoveXattr(_) => "remove-xattr",
            },
            Self::Between(pair, ..) => match pair {
                Pair::Rename => "rename",
                Pair::Exchange => "exchange",
                Pair::NoReplace => "no-replace",
                Pair::Link => "link",
            },
            Self::Turn(turn) => match turn {
                Turn::Remount => "remount",
                Turn::DropCaches => "drop-caches",
                Turn::Restart => "restart",
                Turn::Commit => "commit",
                Turn::Apply(_) => "apply",
                Turn::Export => "export",
                Turn::Changes => "changes",
                Turn::Sibling => "sibling",
                Turn::Switch(_) => "switch",
            },
        }
    }

    /// The paths it names.
    pub fn paths(&self) -> Vec<&str> {
        match self {
            Self::On(_, path) => vec![path],
            Self::Between(_, from, to) => vec![from, to],
            Self::Turn(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.word())?;
        for path in self.paths() {
            write!(f, " {}", if path.is_empty() { "." } else { path })?;
        }
        match self {
            Self::On(action, _) => match action {
                Action::Create(fill) | Action::Append(fill) => write!(f, " {fill}"),
                Action::Write(offset, fill) => write!(f, " {offset} {fill}"),
                Action::Truncate(length) => write!(f, " {length}"),
                Action::Map(letter) => write!(f, " {}", char::from(*letter)),
                Action::Punch(offset, length) => write!(f, " {offset} {length}"),
                Action::Chmod(mode) => write!(f, " {mode:o}"),
                Action::Chown(user, group) => write!(f, " {user} {group}"),
                Action::Mtime(seconds, nanoseconds) => write!(f, " {seconds} {nanoseconds}"),
                Action::SetXattr(name, value) => {
                    write!(f, " {} {}", name.name(), char::from(*value))
                }
                Action::RemoveXattr(name) => write!(f, " {}", name.name()),
                _ => Ok(()),
            },
            Self::Turn(Turn::Apply(spelling)) => {
                let removal = match spelling.removal {
                    Removal::Explicit => "explicit",
                    Removal::Opaque => "opaque",
                    Removal::Restated => "restated",
                };
                let place = match spelling.place {
                    Place::First => "first",
                    Place::Middle => "middle",
                    Place::Last => "last",
                };
                write!(f, " {removal} {place}")
            }
            Self::Turn(Turn::Switch(number)) => write!(f, " {number}"),
            Self::Between(..) | Self::Turn(_) => Ok(()),
        }
    }
}

impl fmt::Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*{}", char::from(self.letter), self.times)
    }
}

/// One line, steps separated by semicolons: fit for a command line, and read back by `parse`.
impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "base {}", self.base)?;
        self.steps.iter().try_for_each(|step| write!(f, "; {step}"))
    }
}
