//! HTTP and TLS: how requests are made, and what their failures mean.

use std::path::Path;
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::options::RegistryOptions;
use super::patience::Failure;

/// How long it may take to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(15);
/// Redirects that are followed: registries send blobs from elsewhere, in one step.
const REDIRECTS: u32 = 5;

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
        .max_redirects(REDIRECTS)
        // A token is for the registry, not for whoever stores its blobs.
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
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
