//! Names of images in registries, in the notation that skopeo and podman share.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use drivers::{Error, ErrorKind, Result};

use crate::image::digest::Digest;

/// What every reference begins with.
const SCHEME: &str = "docker://";
/// Docker Hub: where it is reached, and under which name its images go.
const HUB: &str = "docker.io";
const HUB_HOST: &str = "registry-1.docker.io";
/// Bytes of the longest name (OCI distribution spec: 255 with the host).
const NAME_MAX: usize = 255;
/// Bytes of the longest tag (the same).
const TAG_MAX: usize = 128;

/// `docker://HOST[:PORT]/NAME[:TAG|@DIGEST]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Whether a text is meant as one: everything else is a path.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Host and port as they are reached.
    pub(super) fn host(&self) -> &str {
        if self.host == HUB {
            HUB_HOST
        } else {
            &self.host
        }
    }

    /// Host and port as they are called.
    pub(super) fn registry(&self) -> &str {
        &self.host
    }

    pub(super) fn repository(&self) -> &str {
        &self.repository
    }

    /// What the manifest is asked for by: the digest where there is one, for a tag may move.
    pub(super) fn wanted(&self) -> &str {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.as_str(),
            (None, Some(tag)) => tag,
            (None, None) => "latest",
        }
    }

    pub(super) fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same image, whatever becomes of its tag.
    #[must_use]
    pub fn pinned(&self, digest: &Digest) -> Self {
        Self {
            tag: None,
            digest: Some(digest.clone()),
            ..self.clone()
        }
    }

    /// Whether the registry is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let host = match self.host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.host.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.host, self.repository)?;
        match (&self.tag, &self.digest) {
            (_, Some(digest)) => write!(f, "@{digest}"),
            (Some(tag), None) => write!(f, ":{tag}"),
            (None, None) => Ok(()),
        }
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            let shown: String = text.chars().take(160).collect();
            Error::new(ErrorKind::BadInput, "read the image's name")
                .because(format!("{shown:?} {why}"))
                .hint("it is docker://HOST[:PORT]/NAME[:TAG] or .../NAME@DIGEST")
        };
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| bad("does not begin with docker://"))?;
        let (rest, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse::<Digest>()?)),
            None => (rest, None),
        };
        // A colon before the last slash belongs to the port.
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') && path.contains('/') => (path, Some(tag)),
            // docker://debian:12 has no slash at all; docker://localhost:5000 has no name.
            Some((path, tag)) if !rest.contains('/') && !is_host(path) => (path, Some(tag)),
            _ => (rest, None),
        };
        let (host, repository) = match path.split_once('/') {
            Some((host, repository)) if is_host(host) => (host, repository.to_owned()),
            Some(_) => (HUB, path.to_owned()),
            None => (HUB, format!("library/{path}")),
        };
        let port = |host: &str| match host.rsplit_once(':') {
            Some((_, port)) if !port.contains(']') => port.parse::<u16>().is_ok(),
            _ => true,
        };
        if !host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
            || !port(host)
        {
            return Err(bad("has no sound host"));
        }
        if repository.len() + host.len() > NAME_MAX || !repository.split('/').all(is_component) {
            return Err(bad(
                "has no sound name: lower-case letters, digits and . _ - / between them",
            ));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(bad("has no sound tag"));
        }
        Ok(Self {
            host: host.to_owned(),
            repository,
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

/// Whether the first part of a name is a host: Docker's rule.
fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

fn is_component(part: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    edge(part.bytes().next())
        && edge(part.bytes().last())
        && part
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

fn is_tag(tag: &str) -> bool {
    (1..=TAG_MAX).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_docker_reads_them() {
        let hex = "ab".repeat(32);
        for (text, host, repository, wanted) in [
            (
                "docker://127.0.0.1:5000/a/b:1",
                "127.0.0.1:5000",
                "a/b",
                "1",
            ),
            ("docker://localhost/x", "localhost", "x", "latest"),
            ("docker://[::1]:80/x:y", "[::1]:80", "x", "y"),
            ("docker://debian:12", HUB_HOST, "library/debian", "12"),
            ("docker://debian", HUB_HOST, "library/debian", "latest"),
            ("docker://me/mine", HUB_HOST, "me/mine", "latest"),
            ("docker://r.example/a", "r.example", "a", "latest"),
        ] {
            let read: Reference = text.parse().unwrap();
            assert_eq!(
                (read.host(), read.repository(), read.wanted()),
                (host, repository, wanted),
                "{text}"
            );
        }
        let pinned = format!("docker://r.example/a@sha256:{hex}");
        let read: Reference = pinned.parse().unwrap();
        assert_eq!(read.wanted(), format!("sha256:{hex}"));
        assert_eq!(read.to_string(), pinned);
        let tagged: Reference = "docker://r.example/a:1".parse().unwrap();
        assert_eq!(tagged.pinned(read.digest().unwrap()), read);
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        for bad in [
            "docker://",
            "docker:///x",
            "docker://user:password@host/x",
            "docker://host.example/../x",
            "docker://host.example/a//b",
            "docker://host.example/A",
            "docker://host.example/a?b",
            "docker://host.example:99999/a",
            "docker://localhost:5000",
            "docker://host.example/a:..",
            "docker://host.example/a@sha256:12",
            "host.example/a",
        ] {
            assert!(bad.parse::<Reference>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_loopback_is_known_by_address_and_name() {
        for (text, local) in [
            ("docker://127.3.2.1:5000/a", true),
            ("docker://[::1]:5000/a", true),
            ("docker://localhost:5000/a", true),
            ("docker://localhost.example/a", false),
            ("docker://10.0.0.1:5000/a", false),
        ] {
            let read: Reference = text.parse().unwrap();
            assert_eq!(read.is_loopback(), local, "{text}");
        }
    }
}
