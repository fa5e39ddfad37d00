//! Takes out of a run what says who made it and where: paths, addresses of registries, names of hosts and users.
//!
//! Results hold neither a host's name nor a user's by themselves; but arguments, errors and settings may. So every text is
//! looked at, whatever field it stands in, except for those whose words are layerbench's own. Equal texts stay equal and
//! different paths different, within a run: `[path 1]`, `[path 2]`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::private::{Kind, Part, homes, parts, without};
use crate::error::{Error, ErrorKind, Result};
use crate::record::Results;

/// Fields whose words are layerbench's, or are names that numbers are found by.
const OURS: [&str; 24] = [
    "backing",
    "cache",
    "capabilities",
    "capability",
    "case",
    "commit",
    "driver",
    "histogram",
    "id",
    "level",
    "metric",
    "origin",
    "outcome",
    "phase",
    "phases",
    "promise",
    "role",
    "scale",
    "started",
    "status",
    "theme",
    "unit",
    "version",
    "workload",
];

/// Names that tell nobody from another, and are words of the texts.
const COMMON: [&str; 12] = [
    "admin",
    "build",
    "debian",
    "fedora",
    "layerbench",
    "localhost",
    "root",
    "runner",
    "test",
    "ubuntu",
    "user",
    "vagrant",
];

/// The least length of a name that is searched for: shorter ones are parts of sentences.
const LEAST: usize = 3;

/// Takes out names that it was told, and whatever looks like a path or an address.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// Taken out of every text.
    wanted: Vec<(String, &'static str)>,
    /// Taken out of texts that are not layerbench's own.
    words: Vec<(String, &'static str)>,
}

impl Redactor {
    /// Takes out the names of hosts and users, unless they are ones that many have, and, from every field, `words`.
    pub fn new(hosts: &[String], users: &[String], words: &[String]) -> Self {
        let wanted = words.iter().filter(|word| !word.is_empty());
        let wanted = wanted.map(|word| (word.clone(), "[redacted]")).collect();
        let mut names: Vec<(String, &'static str)> = Vec::new();
        for host in hosts {
            // With its domain first: the short name is a part of it.
            let short = host.split_once('.').map(|(short, _)| short.to_owned());
            names.extend(
                [Some(host.clone()), short]
                    .into_iter()
                    .flatten()
                    .map(|name| (name, "[host]")),
            );
        }
        names.extend(users.iter().map(|user| (user.clone(), "[user]")));
        names.retain(|(name, _)| tells(name));
        Self {
            wanted,
            words: names,
        }
    }

    /// The run without them.
    ///
    /// # Errors
    /// `BadInput` when what is left is no run: a word that was to be taken out is one the format needs.
    pub fn results(&self, results: &Results) -> Result<Results> {
        let failed = |e: serde_json::Error| {
            Error::new(
                ErrorKind::BadInput,
                format!("take private names out of a run: {e}"),
            )
        };
        let mut value = serde_json::to_value(results).map_err(failed)?;
        everywhere(&mut value, &self.wanted);
        let mut work = Work {
            words: self.words.clone(),
            ..Work::default()
        };
        let mut users = BTreeSet::new();
        names(&value, &mut users);
        work.words
            .extend(users.into_iter().map(|user| (user, "[user]")));
        // The command first: its paths are what readers meet first.
        if let Some(run) = value.get_mut("run") {
            work.value("run", run);
        }
        work.value("", &mut value);
        serde_json::from_value(value).map_err(failed)
    }
}

/// Whether a name tells one from another.
fn tells(name: &str) -> bool {
    name.chars().count() >= LEAST && !COMMON.contains(&name)
}

/// The users of all home directories in it.
fn names(value: &Value, users: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            users.extend(homes(text).filter(|name| tells(name)).map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, users)),
        Value::Object(fields) => fields.values().for_each(|field| names(field, users)),
        _ => {}
    }
}

/// Takes words out of every text and every name.
fn everywhere(value: &mut Value, words: &[(String, &'static str)]) {
    match value {
        _ if words.is_empty() => {}
        Value::String(text) => *text = without(text, words),
        Value::Array(items) => items.iter_mut().for_each(|item| everywhere(item, words)),
        Value::Object(fields) => {
            let old = std::mem::take(fields);
            fields.extend(old.into_iter().map(|(name, mut value)| {
                everywhere(&mut value, words);
                (without(&name, words), value)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// One run's worth of it.
#[derive(Debug, Default)]
struct Work {
    words: Vec<(String, &'static str)>,
    paths: Vec<String>,
    addresses: Vec<String>,
}

impl Work {
    fn value(&mut self, field: &str, value: &mut Value) {
        match value {
            _ if OURS.contains(&field) => {}
            Value::Array(items) if field == "command_line" => {
                for item in items {
                    if let Value::String(text) = item {
                        *text = self.argument(text);
                    }
                }
            }
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(field, item)),
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    // Numbers are found by the names of workloads.
                    if field != "workloads" || name != "name" {
                        self.value(name, value);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for part in parts(text) {
            match part {
                Part::Plain(text) => out.push_str(&without(text, &self.words)),
                Part::Private(Kind::Path, path) => out.push_str(&self.path(path)),
                Part::Private(Kind::Address, address) => {
                    let number = numbered(&mut self.addresses, address);
                    out.extend([format!("[address {number}]")]);
                }
            }
        }
        out
    }

    /// An argument with a slash is a path as a whole: it may be a relative one, and hold blanks.
    fn argument(&mut self, text: &str) -> String {
        let (flag, value) = match text.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (Some(flag), value),
            _ => (None, text),
        };
        let is_path = value.contains('/') && !value.contains("://");
        let value = if is_path {
            self.path(value)
        } else {
            self.text(value)
        };
        match flag {
            Some(flag) => format!("{flag}={value}"),
            None => value,
        }
    }

    fn path(&mut self, path: &str) -> String {
        // The program itself, wherever it was built.
        if path.rsplit('/').next() == Some("layerbench") {
            return "layerbench".to_owned();
        }
        format!("[path {}]", numbered(&mut self.paths, path))
    }
}

/// The number of a text among those seen so far, from 1.
fn numbered(seen: &mut Vec<String>, text: &str) -> usize {
    match seen.iter().position(|known| known == text) {
        Some(at) => at + 1,
        None => {
            seen.push(text.to_owned());
            seen.len()
        }
    }
}
