//! Makes sequences up: step by step, with the model at hand, so that most steps meet something, and corners often.
//!
//! Nothing here depends on the driver: a seed gives the same sequences everywhere. Where a driver refuses what a plain
//! filesystem does, later steps meet another tree than the generator had in mind, which its model foresees.

use drivers::Capabilities;

use crate::oracle::layer::{self, Place, Removal, Spelling};
use crate::oracle::model::{Body, Model};

use super::base;
use super::dice::Dice;
use super::name::{DEPTH, NAMES, depth, join, related};
use super::rules::{self, Expected};
use super::state::State;
use super::step::{Action, Attribute, Fill, Pair, Sequence, Step, Turn};
use super::world::World;

/// What a path is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    File,
    Dir,
    NoDir,
    Any,
    Free,
}

/// How often each step is taken.
const WEIGHTS: [(usize, &str); 32] = [
    (5, "create"),
    (6, "write"),
    (4, "append"),
    (3, "truncate"),
    (3, "empty"),
    (4, "map"),
    (3, "punch"),
    (7, "mkdir"),
    (5, "rmdir"),
    (8, "unlink"),
    (6, "remove-all"),
    (4, "symlink"),
    (2, "fifo"),
    (2, "device"),
    (5, "chmod"),
    (4, "chown"),
    (4, "mtime"),
    (4, "set-xattr"),
    (4, "remove-xattr"),
    (11, "rename"),
    (5, "exchange"),
    (4, "no-replace"),
    (9, "link"),
    (5, "remount"),
    (1, "drop-caches"),
    (2, "restart"),
    (5, "commit"),
    (4, "apply"),
    (5, "export"),
    (4, "changes"),
    (6, "sibling"),
    (6, "switch"),
];

/// The sequence of that number: up to `max_len` steps, at least half as many.
pub fn sequence(seed: u64, case: u64, max_len: usize) -> Sequence {
    let mut dice = Dice::new(seed, case);
    let base = dice
        .weighted(&[(1, 0), (3, 1), (3, 2), (3, 3)])
        .unwrap_or(0);
    let mut maker = Maker {
        world: World::new(Capabilities::PLAIN, below(base)),
        dice,
        last: None,
    };
    let length = max_len / 2 + maker.dice.below(max_len / 2 + 1);
    let mut steps = Vec::new();
    // Steps that cannot be asked are drawn again, for a while.
    for _ in 0..length * 4 {
        if steps.len() == length {
            break;
        }
        let step = maker.step();
        match rules::expect(&maker.world, &step) {
            Expected::Unasked(_) => continue,
            Expected::Refused(_) if maker.dice.percent(70) => continue,
            Expected::Refused(_) => {}
            Expected::Done => {
                if maker.world.take(&step).is_err() {
                    continue;
                }
            }
        }
        maker.last = step.paths().last().map(ToString::to_string).or(maker.last);
        steps.push(step);
    }
    Sequence { base, steps }
}

/// The model of a base.
fn below(base: u8) -> Option<Model> {
    let mut model = Model::default();
    for ops in base::layers(base) {
        let parent = model.clone();
        if let Err(why) = model.apply(&ops) {
            tracing::error!("{why}");
        }
        layer::settle(&parent, &mut model);
    }
    (base > 0).then_some(model)
}

struct Maker {
    world: World,
    dice: Dice,
    last: Option<String>,
}

impl Maker {
    fn step(&mut self) -> Step {
        let word = self.dice.weighted(&WEIGHTS).unwrap_or("write");
        match word {
            "rename" | "exchange" | "no-replace" => {
                let from = self.path(Want::Any);
                let target = if word == "exchange" || self.dice.percent(35) {
                    Want::Any
                } else {
                    Want::Free
                };
                let pair = match word {
                    "rename" => Pair::Rename,
                    "exchange" => Pair::Exchange,
                    _ => Pair::NoReplace,
                };
                let to = self.path(target);
                Step::Between(pair, from, to)
            }
            "link" => {
                let from = self.path(Want::NoDir);
                Step::Between(Pair::Link, from, self.path(Want::Free))
            }
            _ => match self.turn(word) {
                Some(turn) => Step::Turn(turn),
                None => {
                    let (action, want) = self.action(word);
                    // The root has attributes too.
                    let is_attribute = matches!(
                        action,
                        Action::Chmod(_) | Action::Mtime(..) | Action::SetXattr(..)
                    );
                    if is_attribute && self.dice.percent(5) {
                        return Step::On(action, String::new());
                    }
                    Step::On(action, self.path(want))
                }
            },
        }
    }

    fn turn(&mut self, word: &str) -> Option<Turn> {
        Some(match word {
            "remount" => Turn::Remount,
            "drop-caches" => Turn::DropCaches,
            "restart" => Turn::Restart,
            "commit" => Turn::Commit,
            "apply" => Turn::Apply(Spelling {
                removal: self
                    .dice
                    .one(&[Removal::Explicit, Removal::Opaque, Removal::Restated]),
                place: self.dice.one(&[Place::First, Place::Middle, Place::Last]),
            }),
            "export" => Turn::Export,
            "changes" => Turn::Changes,
            "sibling" => Turn::Sibling,
            "switch" => Turn::Switch(u8::try_from(self.dice.below(3)).unwrap_or(0)),
            _ => return None,
        })
    }

    fn action(&mut self, word: &str) -> (Action, Want) {
        let dice = &mut self.dice;
        let fill = Fill {
            letter: b'a' + u8::try_from(dice.below(26)).unwrap_or(0),
            times: dice.one(&[0, 1, 3, 10, 4096, 5000]),
        };
        let offset = dice.one(&[0, 0, 1, 4095, 5000, 70_000]);
        let attribute = dice.one(&[Attribute::User, Attribute::User, Attribute::Trusted]);
        match word {
            "create" => (Action::Create(fill), Want::Free),
            "write" => (
                Action::Write(
                    offset,
                    Fill {
                        times: fill.times.max(1),
                        ..fill
                    },
                ),
                Want::File,
            ),
            "append" => (
                Action::Append(Fill {
                    times: fill.times.max(1),
                    ..fill
                }),
                Want::File,
            ),
            "truncate" => (
                Action::Truncate(dice.one(&[0, 1, 4, 4096, 9000])),
                Want::File,
            ),
            "empty" => (Action::Empty, Want::File),
            "map" => (Action::Map(fill.letter), Want::File),
            "punch" => (
                Action::Punch(dice.one(&[0, 1, 4096]), dice.one(&[1, 4096, 8192])),
                Want::File,
            ),
            "mkdir" => (Action::Mkdir, Want::Free),
            "rmdir" => (Action::Rmdir, Want::Dir),
            "unlink" => (Action::Unlink, Want::NoDir),
            "remove-all" => (Action::RemoveAll, Want::Any),
            "symlink" => (Action::Symlink, Want::Free),
            "fifo" => (Action::Fifo, Want::Free),
            "device" => (Action::Device, Want::Free),
            "chmod" => (
                Action::Chmod(dice.one(&[0o600, 0o644, 0o700, 0o755, 0o1777, 0o4755, 0])),
                Want::Any,
            ),
            "chown" => (
                Action::Chown(dice.one(&[0, 1, 1000]), dice.one(&[0, 5, 100_000])),
                Want::Any,
            ),
            "mtime" => (
                Action::Mtime(
                    dice.one(&[0, 1, 1_000_000_000]),
                    dice.one(&[0, 1, 999_999_999]),
                ),
                Want::Any,
            ),
            "set-xattr" => (Action::SetXattr(attribute, fill.letter), Want::Any),
            _ => (Action::RemoveXattr(attribute), Want::Any),
        }
    }

    /// A path for that: of all there are, rather one related to the last, of an object from below, with several names.
    fn path(&mut self, want: Want) -> String {
        if self.dice.percent(6) {
            return self.any_path();
        }
        let tree = self.world.tree();
        let model = tree.model();
        let paths = model.paths();
        let mut choices: Vec<(usize, String)> = Vec::new();
        for (path, &ino) in &paths {
            let Ok(path) = String::from_utf8(path.clone()) else {
                continue;
            };
            let body = &model.node(ino).body;
            if want == Want::Free {
                let Body::Directory(entries) = body else {
                    continue;
                };
                if depth(&path) == DEPTH {
                    continue;
                }
                let free = NAMES
                    .into_iter()
                    .filter(|name| !entries.contains_key(name.as_bytes()));
                choices.extend(free.map(|name| {
                    let path = join(&path, name);
                    let deleted = State::of(tree, &path) == State::Deleted;
                    (if deleted { 5 } else { 1 }, path)
                }));
                continue;
            }
            let is_dir = matches!(body, Body::Directory(_));
            let fits = match want {
                Want::File => matches!(body, Body::File(_)),
                Want::Dir => is_dir,
                Want::NoDir => !is_dir,
                Want::Any | Want::Free => true,
            };
            if path.is_empty() || !fits {
                continue;
            }
            let from_below = tree.is_from_below(ino) && !tree.is_copied(ino);
            let linked = !is_dir && tree.names(ino) > 1;
            let weight = 1 + 2 * usize::from(from_below) + 3 * usize::from(linked);
            choices.push((weight, path));
        }
        if let Some(last) = self.last.as_deref() {
            let one = model.at(last.as_bytes());
            for (weight, path) in &mut choices {
                let same = one.is_some() && one == model.at(path.as_bytes());
                if same || related(last, path) {
                    *weight *= 6;
                }
            }
        }
        match self.dice.weighted(&choices) {
            Some(path) => path,
            None => self.any_path(),
        }
    }

    fn any_path(&mut self) -> String {
        let mut path = String::new();
        for _ in 0..=self.dice.below(DEPTH) {
            path = join(&path, self.dice.one(&NAMES));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_sequences() {
        assert_eq!(sequence(3, 4, 30), sequence(3, 4, 30));
        assert_ne!(sequence(3, 4, 30), sequence(3, 5, 30));
        assert_ne!(sequence(3, 4, 30), sequence(4, 4, 30));
    }
}
