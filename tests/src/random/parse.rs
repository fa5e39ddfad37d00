//! Reads steps and sequences from their text.

use std::str::{FromStr, SplitWhitespace};

use crate::oracle::layer::{Place, Removal, Spelling};

use super::step::{Action, Attribute, Fill, Pair, Sequence, Step, Turn};

/// Why a text is no sequence: the step, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no step: {why}")]
pub struct Unreadable {
    text: String,
    why: String,
}

impl FromStr for Sequence {
    type Err = Unreadable;

    /// Steps are separated by semicolons or line ends; `base N` may come first.
    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let mut sequence = Self::default();
        let parts = text.split([';', '\n']).map(str::trim);
        for (number, part) in parts.filter(|part| !part.is_empty()).enumerate() {
            match part.strip_prefix("base ") {
                Some(base) if number == 0 => {
                    sequence.base = whole(part, |words| words.base(base.trim()))?;
                }
                _ => sequence.steps.push(part.parse()?),
            }
        }
        Ok(sequence)
    }
}

impl FromStr for Step {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let step = whole(text, |words| {
            let word = words.next("a step")?.to_owned();
            words.step(&word)
        })?;
        Ok(step)
    }
}

fn whole<T>(
    text: &str,
    read: impl FnOnce(&mut Words<'_>) -> Result<T, String>,
) -> Result<T, Unreadable> {
    read(&mut Words(text.split_whitespace())).map_err(|why| Unreadable {
        text: text.to_owned(),
        why,
    })
}

struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn next(&mut self, what: &str) -> Result<&'a str, String> {
        self.0.next().ok_or_else(|| format!("{what} is missing"))
    }

    fn base(&self, text: &str) -> Result<u8, String> {
        let number = number(text, "the base")?;
        if number < super::base::COUNT {
            Ok(number)
        } else {
            Err(format!("there are bases 0 to {}", super::base::COUNT - 1))
        }
    }

    fn step(&mut self, word: &str) -> Result<Step, String> {
        let step = match word {
            "rename" => self.pair(Pair::Rename)?,
            "exchange" => self.pair(Pair::Exchange)?,
            "no-replace" => self.pair(Pair::NoReplace)?,
            "link" => self.pair(Pair::Link)?,
            "remount" => Step::Turn(Turn::Remount),
            "drop-caches" => Step::Turn(Turn::DropCaches),
            "restart" => Step::Turn(Turn::Restart),
            "commit" => Step::Turn(Turn::Commit),
            "apply" => Step::Turn(Turn::Apply(self.spelling()?)),
            "export" => Step::Turn(Turn::Export),
            "changes" => Step::Turn(Turn::Changes),
            "sibling" => Step::Turn(Turn::Sibling),
            "switch" => Step::Turn(Turn::Switch(number(self.next("a number")?, "the number")?)),
            _ if !Step::WORDS.contains(&word) => {
                return Err(format!("the steps are {}", Step::WORDS.join(", ")));
            }
            _ => {
                let path = self.path()?;
                Step::On(self.action(word)?, path)
            }
        };
        match self.0.next() {
            None => Ok(step),
            Some(more) => Err(format!("{more:?} is too much")),
        }
    }

    fn action(&mut self, word: &str) -> Result<Action, String> {
        Ok(match word {
            "create" => Action::Create(self.fill()?),
            "write" => Action::Write(self.number("the offset")?, self.fill()?),
            "append" => Action::Append(self.fill()?),
            "truncate" => Action::Truncate(self.number("the length")?),
            "empty" => Action::Empty,
            "map" => Action::Map(self.letter()?),
            "punch" => Action::Punch(self.number("the offset")?, self.number("the length")?),
            "mkdir" => Action::Mkdir,
            "rmdir" => Action::Rmdir,
            "unlink" => Action::Unlink,
            "remove-all" => Action::RemoveAll,
            "symlink" => Action::Symlink,
            "fifo" => Action::Fifo,
            "device" => Action::Device,
            "chmod" => {
                let mode = self.next("the mode")?;
                let mode = u32::from_str_radix(mode, 8)
                    .ok()
                    .filter(|mode| *mode <= 0o7777);
                Action::Chmod(mode.ok_or("the mode is octal, up to 7777")?)
            }
            "chown" => Action::Chown(self.number("the user")?, self.number("the group")?),
            "mtime" => Action::Mtime(
                number(self.next("the seconds")?, "the seconds")?,
                self.number("the nanoseconds")?,
            ),
            "set-xattr" => Action::SetXattr(self.attribute()?, self.letter()?),
            _ => Action::RemoveXattr(self.attribute()?),
        })
    }

    fn pair(&mut self, pair: Pair) -> Result<Step, String> {
        Ok(Step::Between(pair, self.path()?, self.path()?))
    }

    /// Sequences never leave the container.
    fn path(&mut self) -> Result<String, String> {
        let path = self.next("a path")?;
        let plain = |name: &str| !matches!(name, "" | "." | "..");
        match path {
            "." => Ok(String::new()),
            _ if path.split('/').all(plain) => Ok(path.to_owned()),
            _ => Err(format!("{path:?} is no path below the root")),
        }
    }

    fn number(&mut self, what: &str) -> Result<u32, String> {
        number(self.next(what)?, what)
    }

    fn letter(&mut self) -> Result<u8, String> {
        match self.next("a letter")?.as_bytes() {
            [letter] => Ok(*letter),
            _ => Err("a value is one letter".to_owned()),
        }
    }

    fn fill(&mut self) -> Result<Fill, String> {
        let text = self.next("the bytes")?;
        let fill = text
            .split_once('*')
            .and_then(|(letter, times)| match letter.as_bytes() {
                [letter] => times.parse().ok().map(|times| Fill {
                    letter: *letter,
                    times,
                }),
                _ => None,
            });
        fill.filter(|fill| fill.times <= 1 << 20)
            .ok_or_else(|| "bytes are a letter and a count up to 1048576: x*5".to_owned())
    }

    fn attribute(&mut self) -> Result<Attribute, String> {
        let name = self.next("the attribute")?;
        [Attribute::User, Attribute::Trusted]
            .into_iter()
            .find(|attribute| attribute.name() == name)
            .ok_or_else(|| "the attributes are user.x and trusted.y".to_owned())
    }

    fn spelling(&mut self) -> Result<Spelling, String> {
        let removal = match self.next("explicit, opaque or restated")? {
            "explicit" => Removal::Explicit,
            "opaque" => Removal::Opaque,
            "restated" => Removal::Restated,
            other => return Err(format!("{other:?} is not explicit, opaque or restated")),
        };
        let place = match self.next("first, middle or last")? {
            "first" => Place::First,
            "middle" => Place::Middle,
            "last" => Place::Last,
            other => return Err(format!("{other:?} is neither first, middle nor last")),
        };
        Ok(Spelling { removal, place })
    }
}

fn number<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{what} {text:?} is no number of the right size"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generate;

    #[test]
    fn what_is_generated_is_read_back() {
        for case in 0..200 {
            let sequence = generate::sequence(7, case, 40);
            let text = sequence.to_string();
            assert_eq!(text.parse::<Sequence>(), Ok(sequence), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        for text in [
            "base 9",
            "fly a",
            "write a",
            "write a 0 x*9999999",
            "chmod a 9",
            "unlink ../a",
            "rename a",
            "commit now",
            "apply opaque soon",
        ] {
            let error = text.parse::<Sequence>().unwrap_err();
            assert!(error.to_string().contains(" is no step: "), "{error}");
        }
    }
}
