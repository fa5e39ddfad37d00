//! HTTP and TLS: how requests are made, and what their failures mean.

use std::path::Path;
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::options::RegistryOptions;
use super::patience::Failure;

/// How long it may take to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(15);

/// Where distributions keep the certificates that the host trusts.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Makes the one that keeps connections. With `secure` nothing goes without TLS, redirects included; with `local` no proxy is
/// asked.
pub(super) fn agent(options: &RegistryOptions, secure: bool, local: bool) -> Result<Agent> {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(secure)
        // Followed by hand: a password is for one host and port, not for whoever stores the blobs.
        .max_redirects(0)
        .timeout_connect(Some(CONNECT))
        .timeout_resolve(Some(CONNECT))
        .timeout_recv_response(Some(options.patience))
        .timeout_per_read(Some(options.patience))
        .max_idle_connections_per_host(options.parallel.max(1))
        .user_agent(concat!("layerbench/", env!("CARGO_PKG_VERSION")));
    if secure {
        let tls = TlsConfig::builder().root_certs(roots(options.certificates.as_deref())?);
        config = config.tls_config(tls.build());
    }
    if local {
        config = config.proxy(None);
    }
    Ok(config.build().into())
}

/// What the host trusts, and the user's own; those of Mozilla where the host has no list.
fn roots(own: Option<&Path>) -> Result<RootCerts> {
    let mut found = Vec::new();
    if let Some(path) = own {
        let pem = std::fs::read(path).attempt("read the certificates in", path)?;
        found = certificates(&pem);
        if found.is_empty() {
            return Err(Error::new(ErrorKind::BadInput, "read the certificates in")
                .path(path)
                .because("there is none in it")
                .hint("it is a text file with BEGIN CERTIFICATE lines"));
        }
    }
    let bundle = BUNDLES.iter().find_map(|path| std::fs::read(path).ok());
    let host = bundle.map(|pem| certificates(&pem)).unwrap_or_default();
    if found.is_empty() && host.is_empty() {
        return Ok(RootCerts::WebPki);
    }
    found.extend(host);
    Ok(RootCerts::new_with_certs(&found))
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect()
}

/// Where a redirecting answer leads, seen from the address that was asked: an absolute one, or a path of the same host.
pub(super) fn leads_to(answer: &Response<Body>, asked: &str) -> Option<String> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = answer.headers().get("location")?.to_str().ok()?;
    let (scheme, rest) = asked.split_once("://")?;
    Some(if to.starts_with("//") {
        format!("{scheme}:{to}")
    } else if to.starts_with('/') {
        let host = rest.split('/').next()?;
        format!("{scheme}://{host}{to}")
    } else {
        to.to_owned()
    })
}

/// Whether two addresses are of one server: scheme, host and port.
pub(super) fn same_server(one: &str, other: &str) -> bool {
    let of = |address: &str| {
        let uri: Uri = address.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let port = uri
            .port_u16()
            .unwrap_or(if scheme == "https" { 443 } else { 80 });
        Some((scheme, uri.host()?.to_ascii_lowercase(), port))
    };
    of(one).is_some_and(|one| of(other) == Some(one))
}

/// An address with further parameters behind it (RFC 3986: all but unreserved characters are escaped).
pub(super) fn with_query(address: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = address.to_owned();
    for (name, value) in parameters {
        text.push(if text.contains('?') { '&' } else { '?' });
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                use std::fmt::Write as _;
                // Writing to a string does not fail.
                let _written = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// What a failed request means. `op` and `place` are for the message.
pub(super) fn failure(op: &str, place: &str, error: ureq::Error) -> Failure {
    let of = |kind, why: String| Error::new(kind, op.to_owned()).path(place).because(why);
    match error {
        ureq::Error::Timeout(_) => Failure::Chance(
            of(
                ErrorKind::TimedOut,
                format!("the registry did not answer in time: {error}"),
            ),
            None,
        ),
        // The system's resolver has no errno for it.
        ureq::Error::Io(io) if io.to_string().contains("lookup address") => Failure::Final(
            of(
                ErrorKind::NotFound,
                "no host of this name is found".to_owned(),
            )
            .hint("check the name, and how this machine looks names up"),
        ),
        ureq::Error::Io(io) if !is_tls(&io) => {
            Failure::Chance(of(ErrorKind::Io, lower(&io.to_string())), None)
        }
        ureq::Error::ConnectionFailed => Failure::Chance(
            of(ErrorKind::Io, "no connection could be made".to_owned()),
            None,
        ),
        ureq::Error::HostNotFound => Failure::Final(
            of(
                ErrorKind::NotFound,
                "there is no host of this name".to_owned(),
            )
            .hint("check the name, and how this machine looks names up"),
        ),
        ureq::Error::RequireHttpsOnly(to) => Failure::Final(of(
            ErrorKind::BadInput,
            format!("it leads from https to {to}, where everybody can listen"),
        )),
        // A peer that does not speak HTTP, or no TLS: the same the next time.
        other => Failure::Final(of(ErrorKind::Io, lower(&other.to_string())).hint(
            "--registry-ca FILE trusts further certificates, --registry-cleartext does without TLS",
        )),
    }
}

/// Whether TLS refused, not the network: such errors come as I/O, too.
fn is_tls(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::InvalidData
}

fn lower(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_scheme_host_and_port() {
        let own = "https://r.example/v2/a";
        assert!(same_server(own, "HTTPS://R.example:443/x?y"));
        for other in [
            "http://r.example/x",
            "https://r.example:444/x",
            "https://r.example.org/x",
            "https://user@other/x",
            "/x",
            "",
        ] {
            assert!(!same_server(own, other), "{other}");
        }
    }

    #[test]
    fn redirects_are_followed_from_where_they_were_found() {
        let to = |status: u16, location: &str| {
            let answer = Response::builder()
                .status(status)
                .header("Location", location)
                .body(Body::builder().data(""))
                .unwrap();
            leads_to(&answer, "https://r.example:1/v2/a/b")
        };
        for (location, expected) in [
            ("https://s.example/x", "https://s.example/x"),
            ("//s.example/x", "https://s.example/x"),
            ("/x?y", "https://r.example:1/x?y"),
        ] {
            assert_eq!(to(307, location).as_deref(), Some(expected));
        }
        assert_eq!(to(200, "/x"), None);
    }

    #[test]
    fn parameters_are_escaped() {
        assert_eq!(
            with_query(
                "https://a/t?x=1",
                &[("scope", "repository:a/b:pull"), ("s", "é &")]
            ),
            "https://a/t?x=1&scope=repository%3Aa%2Fb%3Apull&s=%C3%A9%20%26"
        );
    }
}
