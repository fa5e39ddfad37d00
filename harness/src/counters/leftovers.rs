//! What a cell left behind: mounts, loop devices, processes, container layers, open descriptors, files. Layers may stay:
//! the next round needs them.

use std::collections::BTreeSet;
use std::path::Path;

use drivers::{Driver, mountinfo};

/// What is there at one moment, each thing as a sentence's object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leftovers {
    things: BTreeSet<String>,
    descriptors: usize,
}

impl Leftovers {
    /// Looks around: for loop devices on files below `run`, for files in `dirs`. What cannot be looked at is not there.
    pub(crate) fn look(driver: &dyn Driver, run: &Path, dirs: &[&Path]) -> Self {
        let mut things = BTreeSet::new();
        let mounts = mountinfo::all().unwrap_or_default();
        things.extend(
            mounts
                .into_iter()
                .map(|m| format!("mount {}", m.point.display())),
        );
        things.extend(loop_devices(run));
        things.extend(processes());
        let items = driver.list().unwrap_or_default();
        let keys = items.into_iter().filter_map(|item| item.key);
        things.extend(keys.map(|key| format!("container layer {key}")));
        for dir in dirs {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                things.insert(format!("file {}", entry.path().display()));
            }
        }
        let descriptors = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        Self {
            things,
            descriptors,
        }
    }

    /// What is there `later` and was not before.
    pub(crate) fn more_in(&self, later: &Self) -> Vec<String> {
        let mut more: Vec<String> = later.things.difference(&self.things).cloned().collect();
        // A number of their own for each: which descriptor it is says nothing.
        for number in self.descriptors..later.descriptors {
            more.push(format!("open descriptor {number}"));
        }
        more
    }
}

/// Loop devices on files below `run`, by their number.
fn loop_devices(run: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/sys/block")
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("loop")
            && let Ok(file) = std::fs::read_to_string(entry.path().join("loop/backing_file"))
            && Path::new(file.trim_end()).starts_with(run)
        {
            found.push(format!("loop device {name} on {}", file.trim_end()));
        }
    }
    found
}

fn processes() -> Vec<String> {
    let named = each_child(|id, name| format!("process {id} ({name})"));
    named.collect()
}

/// The ids of this process's children.
pub(crate) fn children() -> Vec<u32> {
    each_child(|id, _| id).collect()
}

/// Not every kernel lists them (CONFIG_PROC_CHILDREN): each process names its parent.
fn each_child<T>(make: impl Fn(u32, &str) -> T) -> impl Iterator<Item = T> {
    let own = std::process::id();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (name, parent) = parse_stat(&stat)?;
        (parent == own).then(|| make(id, name))
    })
}

/// Name and parent of a process: fields 2 and 4 of stat (proc_pid_stat(5)). A name may hold spaces and parentheses.
fn parse_stat(text: &str) -> Option<(&str, u32)> {
    let name = text.get(text.find('(')? + 1..text.rfind(')')?)?;
    let parent = text[text.rfind(')')? + 1..].split_whitespace().nth(1)?;
    Some((name, parent.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_follows_a_name_that_may_look_like_anything() {
        assert_eq!(parse_stat("12 (a) R 9) S 7 7 7 0"), Some(("a) R 9", 7)));
        assert_eq!(parse_stat("12 (zfs-fuse) S 1 1"), Some(("zfs-fuse", 1)));
        assert_eq!(parse_stat(""), None);
        assert_eq!(parse_stat(")("), None);
    }

    #[test]
    fn what_was_there_before_is_not_left_behind() {
        let of = |things: &[&str], descriptors| Leftovers {
            things: things.iter().map(|&t| t.to_owned()).collect(),
            descriptors,
        };
        let before = of(&["mount /a", "file /b"], 5);
        assert!(before.more_in(&of(&["mount /a"], 4)).is_empty());
        assert_eq!(
            before.more_in(&of(&["mount /a", "mount /c"], 6)),
            ["mount /c", "open descriptor 5"]
        );
    }
}
