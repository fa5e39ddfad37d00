//! `[[workload]]`: a workload of the user's own, read with the place of every mistake.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use workloads::own::Ready;
use workloads::{CacheState, Own, Reach};

use super::parse::{Name, Outcome, Value, number, string, table, time, unknown, wrong};

/// The keys of a workload.
const KEYS: [&str; 15] = [
    "name", "question", "reach", "setup", "run", "ready", "load", "cleanup", "env", "dir", "user",
    "limit", "caches", "files", "volume",
];

/// All of them, in the order of the file.
pub(super) fn workloads(key: &Name<'_>, value: &Value<'_>) -> Outcome<Vec<Own>> {
    let DeValue::Array(tables) = value.get_ref() else {
        return wrong(
            key.span(),
            "workloads are tables of their own: [[workload]], with two brackets",
        );
    };
    let mut all: Vec<Own> = Vec::new();
    for one in tables {
        let own = workload(one, table(key, one)?)?;
        if all.iter().any(|other| other.name == own.name) {
            let name = &own.name;
            return wrong(one.span(), format!("there are two workloads {name:?}"));
        }
        all.push(own);
    }
    Ok(all)
}

fn workload(at: &Value<'_>, fields: &DeTable<'_>) -> Outcome<Own> {
    let given = |name: &str| fields.iter().find(|(key, _)| key.get_ref() == name);
    let (Some((name_key, name)), Some((run_key, run))) = (given("name"), given("run")) else {
        return wrong(
            at.span(),
            "a workload has a `name` and a command to `run`, at the least",
        );
    };
    let mut own = Own::new(&self::name(name_key, name)?, command(run_key, run)?);
    for (key, value) in fields {
        match key.get_ref().as_ref() {
            "name" | "run" => {}
            "question" => {
                string(key, value, "\"How soon does it serve?\"")?.clone_into(&mut own.question);
            }
            "reach" => own.reach = reach(key, value)?,
            "setup" => own.setup = Some(command(key, value)?),
            "load" => own.load = Some(command(key, value)?),
            "cleanup" => own.cleanup = Some(command(key, value)?),
            "ready" => own.ready = Some(ready(key, value)?),
            "env" => {
                for (variable, text) in table(key, value)? {
                    let DeValue::String(content) = text.get_ref() else {
                        return wrong(text.span(), "a variable is a text in quotes");
                    };
                    let variable = variable.get_ref().clone().into_owned();
                    own.env.insert(variable, content.clone().into_owned());
                }
            }
            "dir" => own.dir = Some(inside(key, value)?),
            "volume" => own.volume = Some(inside(key, value)?),
            "user" => own.user = Some(user(key, value)?),
            "limit" => match time(key, value)? {
                Some(limit) if limit.as_secs() > 0 => own.limit_seconds = limit.as_secs(),
                _ => return wrong(value.span(), "a limit is a second or more: \"60s\""),
            },
            "caches" => own.caches = caches(key, value)?,
            "files" => {
                let files = texts(key, value)?.into_iter().map(PathBuf::from);
                own.files = files.collect();
            }
            _ => return unknown(key, "no key of a workload", &KEYS),
        }
    }
    if own.load.is_some() && own.ready.is_none() {
        return wrong(
            at.span(),
            "`load` is done while `run` serves: `ready` tells when it does",
        );
    }
    Ok(own)
}

/// A name that is nobody else's, and fits a file and a command line.
fn name(key: &Name<'_>, value: &Value<'_>) -> Outcome<String> {
    let name = string(key, value, "\"redis\"")?;
    let fits = name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !fits {
        return wrong(
            value.span(),
            "a name is lower case letters, digits and -, beginning with a letter, 40 at most",
        );
    }
    if workloads::ALL.iter().any(|built_in| built_in.name == name) {
        return wrong(
            value.span(),
            format!("there is a built-in workload {name:?} already"),
        );
    }
    Ok(name.to_owned())
}

/// A text is for the image's shell; a list is a program with its arguments.
fn command(key: &Name<'_>, value: &Value<'_>) -> Outcome<Vec<String>> {
    match value.get_ref() {
        DeValue::String(text) if !text.trim().is_empty() && !text.contains('\0') => Ok(vec![
            "/bin/sh".to_owned(),
            "-c".to_owned(),
            text.clone().into_owned(),
        ]),
        DeValue::Array(_) => texts(key, value),
        _ => wrong(
            value.span(),
            format!(
                "{:?} is a command: a text for /bin/sh, or a list of a program and its arguments",
                key.get_ref()
            ),
        ),
    }
}

fn texts(key: &Name<'_>, value: &Value<'_>) -> Outcome<Vec<String>> {
    let fail = || {
        wrong(
            value.span(),
            format!("{:?} is a list of texts in quotes", key.get_ref()),
        )
    };
    let DeValue::Array(items) = value.get_ref() else {
        return fail();
    };
    let mut all = Vec::new();
    for item in items {
        match item.get_ref() {
            DeValue::String(text) if !text.contains('\0') => all.push(text.clone().into_owned()),
            _ => return fail(),
        }
    }
    // An empty program, or none, means nothing; an empty argument may.
    if all.first().is_none_or(String::is_empty) {
        return fail();
    }
    Ok(all)
}

/// A port, a line that holds a text, or a table that says which.
fn ready(key: &Name<'_>, value: &Value<'_>) -> Outcome<Ready> {
    let port = |value: &Value<'_>| match number(value).and_then(|n| u16::try_from(n).ok()) {
        Some(port @ 1..) => Ok(Ready::Port(port)),
        _ => wrong(value.span(), "a port is a number from 1 to 65535"),
    };
    match value.get_ref() {
        DeValue::Integer(_) => port(value),
        DeValue::String(text) if !text.is_empty() => Ok(Ready::Line(text.clone().into_owned())),
        DeValue::Table(fields) if fields.len() == 1 => {
            let Some((which, value)) = fields.iter().next() else {
                return wrong(value.span(), "it is empty");
            };
            match which.get_ref().as_ref() {
                "port" => port(value),
                "line" => Ok(Ready::Line(string(which, value, "\"ready\"")?.to_owned())),
                "socket" => Ok(Ready::Socket(inside(which, value)?)),
                _ => unknown(which, "no way to be ready", &["line", "port", "socket"]),
            }
        }
        _ => wrong(
            value.span(),
            format!(
                "{:?} is a text that a line of its output holds, a port, or one of {{ line = \"...\" }}, {{ port = 80 }}, {{ socket = \"/run/x\" }}",
                key.get_ref()
            ),
        ),
    }
}

/// A path inside the root.
fn inside(key: &Name<'_>, value: &Value<'_>) -> Outcome<PathBuf> {
    let path = Path::new(string(key, value, "\"/var/lib/x\"")?);
    let plain = path
        .components()
        .all(|part| !matches!(part, std::path::Component::ParentDir));
    if path.is_absolute() && plain && path != Path::new("/") {
        return Ok(path.to_owned());
    }
    wrong(
        value.span(),
        format!(
            "{:?} is a path inside the root: it begins with / and has no ..",
            key.get_ref()
        ),
    )
}

/// `1000`, `"1000:100"`, or the name of a user of the image.
fn user(key: &Name<'_>, value: &Value<'_>) -> Outcome<String> {
    let number = |text: &str| text.parse::<u32>().is_ok_and(|id| id != u32::MAX);
    let name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    let fits = |text: &str| match text.split_once(':') {
        Some((user, group)) => number(user) && number(group),
        None => number(text) || name(text),
    };
    match value.get_ref() {
        DeValue::Integer(digits) if number(digits.as_str()) => Ok(digits.as_str().to_owned()),
        DeValue::String(text) if fits(text) => Ok(text.clone().into_owned()),
        _ => wrong(
            value.span(),
            format!(
                "{:?} is a number, user and group as \"1000:1000\", or a user of the image",
                key.get_ref()
            ),
        ),
    }
}

fn reach(key: &Name<'_>, value: &Value<'_>) -> Outcome<Reach> {
    match string(key, value, "\"full\"")? {
        "short" => Ok(Reach::Short),
        "full" => Ok(Reach::Full),
        "long" => Ok(Reach::Long),
        _ => wrong(
            value.span(),
            "reach is \"short\" (every profile takes it), \"full\" (default and publish) or \"long\" (publish alone)",
        ),
    }
}

/// In the order they are measured in: what is cold comes before what is warm.
fn caches(key: &Name<'_>, value: &Value<'_>) -> Outcome<Vec<CacheState>> {
    let names = match value.get_ref() {
        DeValue::String(one) => vec![one.clone().into_owned()],
        _ => texts(key, value)?,
    };
    let known = [CacheState::Cold, CacheState::Lukewarm, CacheState::Warm];
    for name in &names {
        if !known.iter().any(|state| state.name() == name) {
            return wrong(
                value.span(),
                format!("there are no {name:?} caches: there are cold, lukewarm and warm ones"),
            );
        }
    }
    let wanted = known.into_iter();
    Ok(wanted
        .filter(|state| names.iter().any(|name| name == state.name()))
        .collect())
}
