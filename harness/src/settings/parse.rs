//! The text of the settings file, read with the place of everything, so that a mistake can be told with its line.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use workloads::Scale;

use super::{Limit, Settings};
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

type Outcome<T> = Result<T, Wrong>;
type Name<'a> = Spanned<Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

fn wrong<T>(at: Range<usize>, what: impl Into<String>) -> Outcome<T> {
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
            _ => return unknown(key, "no table", &["profile", "limit"]),
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
            "scale" => profile.scale = scale(&profile.scale, table(key, value)?)?,
            _ => return unknown(key, "no key of a profile", &KEYS),
        }
    }
    Ok(profile)
}

/// The scale with some of its amounts changed. Its fields are those of [`Scale`], whatever they are.
fn scale(base: &Scale, fields: &DeTable<'_>) -> Outcome<Scale> {
    let mut scale = base.clone();
    for (key, value) in fields {
        let Ok(serde_json::Value::Object(mut all)) = serde_json::to_value(&scale) else {
            return wrong(key.span(), "the scale has no fields");
        };
        let name = key.get_ref().replace('-', "_");
        let Some(old) = all.get(&name) else {
            let names: Vec<&str> = all.keys().map(String::as_str).collect();
            return unknown(key, "no amount of a scale", &names);
        };
        let new = amounts(value).filter(|new| new.is_array() == old.is_array());
        // What fits is found by trying: each field has its own type.
        let changed = new.and_then(|new| {
            all.insert(name.clone(), new);
            serde_json::from_value(all.into()).ok()
        });
        match changed {
            Some(changed) => scale = changed,
            None => return wrong(value.span(), wanted(&name, base)),
        }
    }
    Ok(scale)
}

fn wanted(name: &str, base: &Scale) -> String {
    let example = serde_json::to_value(base).unwrap_or_default()[name].clone();
    let what = if example.is_array() {
        "a list of whole numbers"
    } else {
        "a whole number"
    };
    format!("{name} is {what} above 0, such as {example}")
}

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

fn number(value: &Value<'_>) -> Option<u64> {
    match value.get_ref() {
        DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
        _ => None,
    }
}

/// A time, or `none`.
fn time(key: &Name<'_>, value: &Value<'_>) -> Outcome<Option<Duration>> {
    let text = string(key, value, "\"20m\" or \"none\"")?;
    if text == "none" {
        return Ok(None);
    }
    match duration(text) {
        Ok(time) => Ok(Some(time)),
        Err(why) => wrong(value.span(), format!("{}: {why}", key.get_ref())),
    }
}

fn string<'v>(key: &Name<'_>, value: &'v Value<'_>, example: &str) -> Outcome<&'v str> {
    match value.get_ref() {
        DeValue::String(text) if !text.is_empty() => Ok(text),
        _ => wrong(
            value.span(),
            format!("{:?} is a text in quotes, such as {example}", key.get_ref()),
        ),
    }
}

fn table<'v, 'i>(key: &Name<'_>, value: &'v Value<'i>) -> Outcome<&'v DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => wrong(
            value.span(),
            format!("{:?} is a table, not a value", key.get_ref()),
        ),
    }
}

fn unknown<T>(key: &Name<'_>, what: &str, known: &[&str]) -> Outcome<T> {
    let near = select::near(key.get_ref(), known);
    wrong(key.span(), format!("{:?} is {what}; {near}", key.get_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[profile.nightly]\nbased-on = \"quick\"\nrounds = 20\ntime-budget = \"20m\"\n\n[profile.nightly.scale]\nstarts = 3\nfile-sizes = [0x1000, 8_192]\n\n[profile.default]\ntime-budget = \"none\"\n\n[limit]\n\"start:time\" = \"5%\"\n\"*:allocated\" = \"0\"\n";

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
        assert_eq!((default.rounds, default.budget), (12, None));
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
