//! The text of the settings file, read with the place of everything, so that a mistake can be told with its line.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Limit, Settings, own};
use crate::cli::duration;
use crate::profile::{self, Profile};
use crate::select;

/// Something that means nothing, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    /// A byte of the text.
    at: usize,
    /// What is wrong with it.
    pub(super) what: String,
}

impl Wrong {
    /// Its line, counted from 1.
    pub(super) fn line(&self, text: &str) -> usize {
        line(text, self.at)
    }
}

pub(super) type Outcome<T> = Result<T, Wrong>;
pub(super) type Name<'a> = Spanned<Cow<'a, str>>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

pub(super) fn wrong<T>(at: Range<usize>, what: impl Into<String>) -> Outcome<T> {
    Err(Wrong {
        at: at.start,
        what: what.into(),
    })
}

fn line(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}

/// Parses the text of the file.
pub(super) fn parse(text: &str) -> Outcome<Settings> {
    let document = match DeTable::parse(text) {
        Ok(document) => document.into_inner(),
        Err(error) => {
            let what = error.message().trim().replace('\n', ", ");
            return wrong(error.span().unwrap_or_default(), what);
        }
    };
    let mut settings = Settings::default();
    for (key, value) in &document {
        match key.get_ref().as_ref() {
            "profile" => {
                for (name, fields) in table(key, value)? {
                    let profile = profile(name, table(name, fields)?)?;
                    settings.profiles.insert(profile.name.clone(), profile);
                }
            }
            "limit" => {
                for (name, limit) in table(key, value)? {
                    settings.limits.push(Limit {
                        name: name.get_ref().clone().into_owned(),
                        text: string(name, limit, "\"5%\"")?.to_owned(),
                        line: line(text, name.span().start),
                    });
                }
            }
            "noise" => settings.noise = changed(&settings.noise, table(key, value)?, &NOISE)?,
            "workload" => settings.workloads = own::workloads(key, value)?,
            _ => {
                let known = ["profile", "limit", "noise", "workload"];
                return unknown(key, "no table", &known);
            }
        }
    }
    Ok(settings)
}

/// The keys of a profile.
const KEYS: [&str; 6] = [
    "based-on",
    "rounds",
    "time-budget",
    "conformance-time",
    "image",
    "scale",
];

fn profile(name: &Name<'_>, fields: &DeTable<'_>) -> Outcome<Profile> {
    let own = name.get_ref().as_ref();
    let based_on = fields
        .iter()
        .find(|(key, _)| key.get_ref() == "based-on")
        .map(|(key, value)| Ok((string(key, value, "\"default\"")?, value.span())))
        .transpose()?;
    // What has the name of a built-in profile changes that one.
    let base = match based_on {
        None => profile::built_in(own).or_else(|| profile::built_in("default")),
        Some((base, _)) => profile::built_in(base),
    };
    let Some(base) = base else {
        let (base, at) = based_on.unwrap_or_default();
        let known = profile::NAMES.join(", ");
        return wrong(
            at,
            format!("there is no built-in profile {base:?}: there are {known}"),
        );
    };
    let mut profile = Profile {
        name: own.to_owned(),
        purpose: "of the settings file",
        ..base
    };
    for (key, value) in fields {
        match key.get_ref().as_ref() {
            "based-on" => {}
            "rounds" => match number(value) {
                Some(rounds @ 1..=1000) => profile.rounds = u32::try_from(rounds).unwrap_or(1),
                _ => return wrong(value.span(), "rounds is a whole number, 1 to 1000"),
            },
            "time-budget" => profile.budget = time(key, value)?,
            "conformance-time" => profile.conformance = time(key, value)?,
            "image" => string(key, value, "\"tiny\"")?.clone_into(&mut profile.image),
            "scale" => profile.scale = changed(&profile.scale, table(key, value)?, &AMOUNTS)?,
            _ => return unknown(key, "no key of a profile", &KEYS),
        }
    }
    Ok(profile)
}

/// `base` with some of its fields changed. The fields are those of its type, whatever they are; what fits one is found by
/// trying, since each has its own type.
fn changed<T: Clone + Serialize + DeserializeOwned>(
    base: &T,
    fields: &DeTable<'_>,
    kind: &Kind,
) -> Outcome<T> {
    let mut new = base.clone();
    for (key, value) in fields {
        let Ok(serde_json::Value::Object(mut all)) = serde_json::to_value(&new) else {
            return wrong(key.span(), "it has no fields");
        };
        let plain = |name: &str| name.replace('-', "_");
        let Some(name) = all
            .keys()
            .find(|n| plain(n) == plain(key.get_ref()))
            .cloned()
        else {
            let names: Vec<&str> = all.keys().map(String::as_str).collect();
            return unknown(key, kind.unknown, &names);
        };
        let json = (kind.read)(value).filter(|json| json.is_array() == all[&name].is_array());
        let fitting = json.and_then(|json| {
            all.insert(name.clone(), json);
            serde_json::from_value(all.into()).ok()
        });
        match fitting {
            Some(fitting) => new = fitting,
            None => {
                let example = serde_json::to_value(base).unwrap_or_default()[&name].clone();
                let what = if example.is_array() {
                    kind.list
                } else {
                    kind.one
                };
                let example = match example {
                    serde_json::Value::Null => String::new(),
                    example => format!(", such as {example}"),
                };
                return wrong(value.span(), format!("{name} is {what}{example}"));
            }
        }
    }
    Ok(new)
}

/// What the fields of a table are.
struct Kind {
    /// Of a field that is not there.
    unknown: &'static str,
    one: &'static str,
    list: &'static str,
    read: fn(&Value<'_>) -> Option<serde_json::Value>,
}

/// How much a workload does.
const AMOUNTS: Kind = Kind {
    unknown: "no amount of a scale",
    one: "a whole number above 0",
    list: "a list of whole numbers above 0",
    read: amounts,
};

/// From where on the noise watch flags a cell.
const NOISE: Kind = Kind {
    unknown: "nothing the noise watch has a limit for",
    one: "a number from 0 on, or \"none\"",
    list: "a list",
    read: |value| match value.get_ref() {
        DeValue::String(text) if text == "none" => Some(serde_json::Value::Null),
        DeValue::Float(digits) => {
            let number: f64 = digits.as_str().parse().ok()?;
            (number >= 0.0 && number.is_finite()).then(|| number.into())
        }
        _ => number(value).map(Into::into),
    },
};

/// A whole number above 0, or a list of such, as JSON.
fn amounts(value: &Value<'_>) -> Option<serde_json::Value> {
    match value.get_ref() {
        DeValue::Array(items) => items
            .iter()
            .map(|item| number(item).filter(|n| *n > 0).map(Into::into))
            .collect::<Option<Vec<serde_json::Value>>>()
            .filter(|items| !items.is_empty())
            .map(Into::into),
        _ => number(value).filter(|n| *n > 0).map(Into::into),
    }
}

pub(super) fn number(value: &Value<'_>) -> Option<u64> {
    match value.get_ref() {
        DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
        _ => None,
    }
}

/// A time, or `none`.
pub(super) fn time(key: &Name<'_>, value: &Value<'_>) -> Outcome<Option<Duration>> {
    let text = string(key, value, "\"20m\" or \"none\"")?;
    if text == "none" {
        return Ok(None);
    }
    match duration(text) {
        Ok(time) => Ok(Some(time)),
        Err(why) => wrong(value.span(), format!("{}: {why}", key.get_ref())),
    }
}

pub(super) fn string<'v>(key: &Name<'_>, value: &'v Value<'_>, example: &str) -> Outcome<&'v str> {
    match value.get_ref() {
        DeValue::String(text) if !text.is_empty() => Ok(text),
        _ => wrong(
            value.span(),
            format!("{:?} is a text in quotes, such as {example}", key.get_ref()),
        ),
    }
}

pub(super) fn table<'v, 'i>(key: &Name<'_>, value: &'v Value<'i>) -> Outcome<&'v DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => wrong(
            value.span(),
            format!("{:?} is a table, not a value", key.get_ref()),
        ),
    }
}

pub(super) fn unknown<T>(key: &Name<'_>, what: &str, known: &[&str]) -> Outcome<T> {
    let near = select::near(key.get_ref(), known);
    wrong(key.span(), format!("{:?} is {what}; {near}", key.get_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[profile.nightly]\nbased-on = \"quick\"\nrounds = 20\ntime-budget = \"20m\"\n\n[profile.nightly.scale]\nstarts = 3\nfile-sizes = [0x1000, 8_192]\n\n[profile.default]\ntime-budget = \"none\"\n\n[limit]\n\"start:time\" = \"5%\"\n\"*:allocated\" = \"0\"\n\n[noise]\nsteal = 0.1\nforeign-cpu = \"none\"\n";

    #[test]
    fn a_profile_is_its_base_with_changes() {
        let settings = parse(FILE).unwrap();
        let nightly = settings.profile("nightly").unwrap();
        let quick = profile::built_in("quick").unwrap();
        assert_eq!(nightly.rounds, 20);
        assert_eq!(nightly.budget, Some(Duration::from_secs(1200)));
        assert_eq!((nightly.scale.starts, &nightly.image), (3, &quick.image));
        assert_eq!(nightly.scale.file_sizes, [4096, 8192]);
        assert_eq!(nightly.scale.depths, quick.scale.depths);
        let default = settings.profile("default").unwrap();
        assert_eq!((default.rounds, default.budget), (20, None));
        assert_eq!(settings.profile("publish").unwrap().rounds, 30);
    }

    #[test]
    fn limits_are_handed_on_with_their_lines() {
        let limits = parse(FILE).unwrap().limits;
        let limits: Vec<_> = limits
            .iter()
            .map(|limit| (limit.name.as_str(), limit.text.as_str(), limit.line))
            .collect();
        assert_eq!(limits, [("*:allocated", "0", 15), ("start:time", "5%", 14)]);
    }

    #[test]
    fn noise_limits_are_changed_or_lifted() {
        let noise = parse(FILE).unwrap().noise;
        let built_in = crate::noise::Limits::default();
        assert_eq!((noise.steal, noise.foreign_cpu), (Some(0.1), None));
        assert_eq!(noise.swapped_bytes, built_in.swapped_bytes);
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_what_is_near() {
        for (from, to, at, near) in [
            ("rounds", "ruonds", 3, "rounds"),
            ("20\n", "0\n", 3, "1 to 1000"),
            ("\"20m\"", "\"20 monkeys\"", 4, "time-budget"),
            ("\"20m\"", "20", 4, "in quotes"),
            ("\"quick\"", "\"nightly\"", 2, "publish"),
            ("starts", "start", 7, "starts"),
            ("starts = 3", "starts = 0", 7, "such as 5"),
            ("starts = 3", "starts = [3]", 7, "whole number"),
            ("starts = 3", "starts = 5000000000", 7, "whole number"),
            ("[0x1000, 8_192]", "8192", 8, "list"),
            ("[limit]", "[limits]", 13, "limit"),
            ("\"5%\"", "5", 14, "in quotes"),
            ("[limit]", "[limit", 13, ""),
            ("steal", "stael", 18, "steal"),
            ("0.1", "-0.1", 18, "from 0 on"),
            ("\"none\"\n", "\"soon\"\n", 19, "such as 0.1"),
            ("[profile.default]", "[profile.nightly]", 10, "duplicate"),
        ] {
            let text = FILE.replace(from, to);
            let error = parse(&text).unwrap_err();
            assert_eq!(error.line(&text), at, "{to}: {}", error.what);
            assert!(error.what.contains(near), "{to}: {}", error.what);
            assert!(!error.what.contains('\n'), "{}", error.what);
        }
        assert!(parse("").unwrap().limits.is_empty());
    }

    #[test]
    fn a_profile_that_is_not_there_is_told_with_those_that_are() {
        let error = parse(FILE).unwrap().profile("nigthly").unwrap_err();
        assert!(error.to_string().contains("publish, nightly"));
    }
}
