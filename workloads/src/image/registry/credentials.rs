//! Who asks: user and password, from flags or from files like Docker's `config.json` (podman's `auth.json` has the same form).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use serde::Deserialize;

use super::reference::Reference;

/// How Docker's file calls Docker Hub.
const HUB_KEY: &str = "index.docker.io";

/// A user and a password. Neither is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    user: String,
    password: String,
}

impl Login {
    /// From both parts.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
        }
    }

    /// The value of an `Authorization` header (RFC 7617).
    pub(super) fn basic(&self) -> String {
        let pair = format!("{}:{}", self.user, self.password);
        format!("Basic {}", STANDARD.encode(pair))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(...)")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry(...)")
    }
}

/// What a file knows of a registry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    Login(Login),
    /// It says that another program keeps the password, or keeps it in a form that is not read.
    Elsewhere(String),
    Nothing,
}

/// Looks in files, in order; those that are not there are passed over.
pub(super) fn find(files: &[PathBuf], reference: &Reference) -> Result<Known> {
    let mut elsewhere = Known::Nothing;
    for path in files {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).attempt("read the passwords in", path),
        };
        match of_text(&text, reference, path)? {
            Known::Login(login) => return Ok(Known::Login(login)),
            other @ Known::Elsewhere(_) => elsewhere = other,
            Known::Nothing => {}
        }
    }
    Ok(elsewhere)
}

fn of_text(text: &str, reference: &Reference, path: &Path) -> Result<Known> {
    let bad = |why: String| {
        Error::new(ErrorKind::BadInput, "read the passwords in")
            .path(path)
            .because(why)
            .hint("docker login or podman login writes it anew")
    };
    // The message of a parser may quote what it read: the place is enough.
    let file: File = serde_json::from_str(text).map_err(|e| {
        bad(format!(
            "it is not JSON of the form expected, at line {}",
            e.line()
        ))
    })?;
    let registry = match reference.registry() {
        "docker.io" => HUB_KEY,
        other => other,
    };
    let whole = format!("{registry}/{}", reference.repository());
    // Podman knows logins for parts of a registry: the longest key that fits counts.
    let entry = file
        .auths
        .iter()
        .map(|(key, entry)| (normal(key), entry))
        .filter(|(key, _)| {
            whole
                .strip_prefix(key)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|(key, _)| key.len())
        .map(|(_, entry)| entry);
    if let Some(entry) = entry {
        if let Some(login) = login(entry).map_err(bad)? {
            return Ok(Known::Login(login));
        }
        if entry.identitytoken.is_some() {
            return Ok(Known::Elsewhere("an identity token".to_owned()));
        }
    }
    let helper = file
        .cred_helpers
        .iter()
        .find(|(key, _)| normal(key) == registry)
        .map(|(_, helper)| helper)
        .or(file.creds_store.as_ref().filter(|_| entry.is_some()));
    Ok(helper.map_or(Known::Nothing, |helper| {
        Known::Elsewhere(format!("the credential helper {helper:?}"))
    }))
}

/// `https://index.docker.io/v1/` and `index.docker.io` are one.
fn normal(key: &str) -> &str {
    let key = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    let key = key.trim_end_matches('/');
    let key = key
        .strip_suffix("/v1")
        .or_else(|| key.strip_suffix("/v2"))
        .unwrap_or(key);
    if key == "docker.io" { HUB_KEY } else { key }
}

fn login(entry: &Entry) -> Result<Option<Login>, String> {
    if let (Some(user), Some(password)) = (&entry.username, &entry.password) {
        return Ok(Some(Login::new(user, password)));
    }
    let Some(auth) = entry.auth.as_deref().filter(|auth| !auth.is_empty()) else {
        return Ok(None);
    };
    let pair = STANDARD
        .decode(auth)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or("an \"auth\" in it is not base64 of text")?;
    match pair.trim_end_matches('\0').split_once(':') {
        Some((user, password)) => Ok(Some(Login::new(user, password))),
        None => Err("an \"auth\" in it is not USER:PASSWORD".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, reference: &str) -> Result<Known> {
        of_text(text, &reference.parse().unwrap(), Path::new("config.json"))
    }

    #[test]
    fn the_most_fitting_entry_counts_and_no_other_registry_gets_it() {
        let text = r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "aHViOnB3"},
            "r.example:5000": {"auth": "YWxsOnB3"},
            "r.example:5000/team": {"username": "team", "password": "p:w"},
            "empty.example": {}
        }, "credsStore": "desktop"}"#;
        let login = |user: &str, password: &str| Known::Login(Login::new(user, password));
        assert_eq!(of(text, "docker://debian").unwrap(), login("hub", "pw"));
        assert_eq!(
            of(text, "docker://r.example:5000/x").unwrap(),
            login("all", "pw")
        );
        assert_eq!(
            of(text, "docker://r.example:5000/team/x").unwrap(),
            login("team", "p:w")
        );
        assert_eq!(
            of(text, "docker://r.example:5000/teams").unwrap(),
            login("all", "pw")
        );
        for other in [
            "docker://r.example/x",
            "docker://r.example:50001/x",
            "docker://a.r.example:5000/x",
        ] {
            assert_eq!(of(text, other).unwrap(), Known::Nothing, "{other}");
        }
        assert!(matches!(
            of(text, "docker://empty.example/x").unwrap(),
            Known::Elsewhere(_)
        ));
    }

    #[test]
    fn a_password_is_in_no_message() {
        let shown = format!("{:?}", Login::new("user", "secret"));
        assert!(
            !shown.contains("secret") && !shown.contains("user"),
            "{shown}"
        );
        for text in [
            r#"{"auths": {"r.example": {"auth": "c2VjcmV0"}}}"#,
            r#"{"auths": {"r.example": {"auth": "%secret%"}}}"#,
            r#"{"auths": {"r.example": "secret"}}"#,
        ] {
            let error = of(text, "docker://r.example/x").unwrap_err().to_string();
            assert!(
                !error.contains("secret") && !error.contains("c2VjcmV0"),
                "{error}"
            );
            assert!(error.contains("config.json"), "{error}");
        }
    }
}
