//! A registry, as it is asked: one request, let in where it wants to know who asks, and judged.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use drivers::{Error, ErrorKind, Result};
use serde::Deserialize;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::let_in::Pass;
use super::options::RegistryOptions;
use super::patience::{Failure, Stop, retry_after};
use super::reference::Reference;
use super::transport;

/// Redirects that are followed: registries send blobs from elsewhere, in one step.
const REDIRECTS: u32 = 5;
/// Bytes of an error message that are read.
const MESSAGE_LIMIT: u64 = 16 << 10;

/// A registry, and what is known about being let in.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) reference: Reference,
    pub(super) options: RegistryOptions,
    pub(super) stop: Stop,
    agent: Agent,
    /// `https://HOST`.
    pub(super) base: String,
    pass: Mutex<Pass>,
    /// Whether the registry has answered at all.
    reached: AtomicBool,
    requests: AtomicU32,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    /// For messages: `ask for the manifest of`.
    pub(super) op: &'a str,
    /// Behind `/v2/NAME/`.
    pub(super) path: &'a str,
    pub(super) accept: &'a [&'a str],
    /// From this byte on; 0 is the whole.
    pub(super) from: u64,
    /// How long the body may take.
    pub(super) time: Duration,
}

impl Client {
    /// Finds out how the registry is spoken to. A registry elsewhere is spoken to over TLS, without a request.
    pub(super) fn connect(reference: &Reference, options: &RegistryOptions) -> Result<Self> {
        let local = reference.is_loopback();
        let mut client = Self {
            reference: reference.clone(),
            options: options.clone(),
            stop: Stop::new(options.cancelled),
            agent: transport::agent(options, !options.cleartext, local)?,
            base: format!("https://{}", reference.host()),
            pass: Mutex::default(),
            reached: AtomicBool::new(false),
            requests: AtomicU32::new(0),
        };
        if options.cleartext {
            client.base = format!("http://{}", reference.host());
        } else if local && options.certificates.is_none() {
            let plain = transport::agent(options, false, true)?;
            let base = format!("http://{}", reference.host());
            client.requests.fetch_add(1, Ordering::Relaxed);
            // A server that wants TLS says so with 400, or in a form that is no HTTP. No secret is in this question.
            match plain.get(format!("{base}/v2/")).call() {
                Ok(answer) if answer.status() != 400 && !answer.status().is_redirection() => {
                    (client.agent, client.base) = (plain, base);
                    client.reached.store(true, Ordering::Relaxed);
                }
                Err(error @ (ureq::Error::Timeout(_) | ureq::Error::HostNotFound)) => {
                    return Err(match client.failure("reach the registry of", error) {
                        Failure::Final(error)
                        | Failure::Chance(error, _)
                        | Failure::Damaged(error) => error,
                    });
                }
                _ => {}
            }
        }
        Ok(client)
    }

    /// Requests sent so far.
    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// An error about this image.
    pub(super) fn error(&self, kind: ErrorKind, op: &str, why: impl Into<String>) -> Error {
        Error::new(kind, op.to_owned())
            .path(self.reference.to_string())
            .because(why)
    }

    /// Asks once; when turned away, lets itself in and asks once more.
    pub(super) fn ask(&self, ask: Ask<'_>) -> Result<Response<Body>, Failure> {
        let url = format!(
            "{}/v2/{}/{}",
            self.base,
            self.reference.repository(),
            ask.path
        );
        let (header, number) = {
            let pass = self.pass();
            (pass.header.clone(), pass.number)
        };
        let answer = self.send(&url, header.as_deref(), ask)?;
        if answer.status() != 401 {
            return self.judge(ask.op, answer);
        }
        let header = self.let_in(ask.op, answer.headers(), number)?;
        let answer = self.send(&url, Some(&header), ask)?;
        self.judge(ask.op, answer)
    }

    pub(super) fn pass(&self) -> MutexGuard<'_, Pass> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request, and after it those that redirects lead to. Another server than the first is not told who asks.
    pub(super) fn send(
        &self,
        url: &str,
        authorization: Option<&str>,
        ask: Ask<'_>,
    ) -> Result<Response<Body>, Failure> {
        let (mut url, mut authorization) = (url.to_owned(), authorization);
        for _ in 0..=REDIRECTS {
            self.stop.check()?;
            self.requests.fetch_add(1, Ordering::Relaxed);
            let mut request = self.agent.get(&url);
            for accept in ask.accept {
                request = request.header("Accept", *accept);
            }
            if ask.from > 0 {
                request = request.header("Range", format!("bytes={}-", ask.from));
            }
            if let Some(authorization) = authorization {
                request = request.header("Authorization", authorization);
            }
            let answer = request
                .config()
                .timeout_recv_body(Some(ask.time))
                .build()
                .call()
                .map_err(|error| self.failure(ask.op, error))?;
            self.reached.store(true, Ordering::Relaxed);
            let Some(to) = transport::leads_to(&answer, &url) else {
                return Ok(answer);
            };
            authorization = authorization.filter(|_| transport::same_server(&url, &to));
            url = to;
        }
        let why = format!("it leads elsewhere more than {REDIRECTS} times");
        Err(self.error(ErrorKind::BadInput, ask.op, why).into())
    }

    /// What a failed request means. A registry that was never reached is not there; one that was may come back.
    pub(super) fn failure(&self, op: &str, error: ureq::Error) -> Failure {
        let refused = matches!(&error, ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused);
        match transport::failure(op, &self.reference.to_string(), error) {
            Failure::Chance(error, _) if refused && !self.reached.load(Ordering::Relaxed) => {
                Failure::Final(error.hint("does a registry listen there?"))
            }
            other => other,
        }
    }

    pub(super) fn judge(
        &self,
        op: &str,
        mut answer: Response<Body>,
    ) -> Result<Response<Body>, Failure> {
        let status = answer.status().as_u16();
        if status == 200 || status == 206 {
            return Ok(answer);
        }
        let wait = header(answer.headers(), "retry-after").and_then(retry_after);
        let said = message(&mut answer);
        let error = |kind| self.error(kind, op, format!("the registry answers {status}{said}"));
        Err(match status {
            401 | 403 => Failure::Final(error(ErrorKind::PermissionDenied).hint(
                "docker login, or --registry-user USER:PASSWORD; the image may also not exist",
            )),
            404 => Failure::Final(error(ErrorKind::NotFound).hint("check host, name and tag")),
            408 | 429 | 500 | 502 | 503 | 504 => Failure::Chance(error(ErrorKind::Io), wait),
            _ => Failure::Final(error(ErrorKind::Io)),
        })
    }
}

/// A header's text, where it is text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// What a registry says beside the status: `: manifest unknown` (OCI distribution spec, error codes).
fn message(answer: &mut Response<Body>) -> String {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        #[serde(default)]
        message: String,
    }
    let mut text = Vec::new();
    // What cannot be read is not worth another error.
    drop(
        answer
            .body_mut()
            .as_reader()
            .take(MESSAGE_LIMIT)
            .read_to_end(&mut text),
    );
    let first = serde_json::from_slice::<Errors>(&text)
        .ok()
        .and_then(|said| said.errors.into_iter().next())
        .map(|one| one.message)
        .unwrap_or_default();
    let shown: String = first
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    if shown.is_empty() {
        shown
    } else {
        format!(": {shown}")
    }
}
