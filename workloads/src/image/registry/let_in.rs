//! Being let in: what a registry asks for with 401, and how it is given: a password, or a token that is fetched elsewhere.

use std::io::Read as _;

use drivers::ErrorKind;
use serde::Deserialize;
use ureq::http::{HeaderMap, Uri};

use super::challenge::{self, Challenge};
use super::client::{Ask, Client};
use super::credentials::{self, Known};
use super::patience::Failure;
use super::transport;

/// Bytes of the longest answer to the question for a token.
const TOKEN_LIMIT: u64 = 1 << 20;

/// The `Authorization` header in use.
#[derive(Default)]
pub(super) struct Pass {
    pub(super) header: Option<String>,
    /// How many there were before it: who was turned away with an older one need not fetch another.
    pub(super) number: u32,
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Client {
    /// Does what the registry asks of those it does not know; gives the header that lets in.
    pub(super) fn let_in(
        &self,
        op: &str,
        headers: &HeaderMap,
        used: u32,
    ) -> Result<String, Failure> {
        let mut pass = self.pass();
        if let (Some(header), true) = (&pass.header, pass.number != used) {
            return Ok(header.clone());
        }
        let known = match &self.options.login {
            Some(login) => Known::Login(login.clone()),
            None => credentials::find(&self.options.auth_files, &self.reference)?,
        };
        let challenges: Vec<Challenge> = headers
            .get_all("www-authenticate")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(challenge::parse)
            .collect();
        // A token is worth less to a thief than the password.
        let bearer = challenges
            .iter()
            .find(|c| matches!(c, Challenge::Bearer { .. }));
        let header = match (bearer.or(challenges.first()), known) {
            (
                Some(Challenge::Bearer {
                    realm,
                    service,
                    scope,
                }),
                known,
            ) => self.token(op, realm, service.as_deref(), scope.as_deref(), known)?,
            (Some(Challenge::Basic), Known::Login(login)) => login.basic(),
            (Some(Challenge::Basic), Known::Elsewhere(keeper)) => {
                return Err(self
                    .error(
                        ErrorKind::PermissionDenied,
                        op,
                        format!("the registry wants a password, which {keeper} keeps"),
                    )
                    .hint("name it with --registry-user USER:PASSWORD")
                    .into());
            }
            (Some(Challenge::Basic), Known::Nothing) => {
                return Err(self
                    .error(
                        ErrorKind::PermissionDenied,
                        op,
                        "the registry wants a password",
                    )
                    .hint("docker login, or --registry-user USER:PASSWORD")
                    .into());
            }
            (None, _) => {
                return Err(self
                    .error(
                        ErrorKind::PermissionDenied,
                        op,
                        "the registry answers 401 and asks for nothing that is known: neither a password nor a token",
                    )
                    .into());
            }
        };
        pass.header = Some(header.clone());
        pass.number += 1;
        Ok(header)
    }

    /// Fetches a token from where the registry says.
    fn token(
        &self,
        op: &str,
        realm: &str,
        service: Option<&str>,
        scope: Option<&str>,
        known: Known,
    ) -> Result<String, Failure> {
        let bad = |why: String| Failure::Final(self.error(ErrorKind::BadInput, op, why));
        // Whoever listens to the registry may as well listen to this; nobody else may.
        let sound = realm.parse::<Uri>().is_ok_and(|uri| {
            uri.host().is_some()
                && (uri.scheme_str() == Some("https")
                    || (uri.scheme_str() == Some("http") && self.base.starts_with("http:")))
        });
        if !sound {
            let shown: String = realm.chars().take(120).collect();
            return Err(bad(format!(
                "it sends for a token to {shown:?}, which is not https"
            )));
        }
        let scope = scope.map_or_else(
            || format!("repository:{}:pull", self.reference.repository()),
            str::to_owned,
        );
        let mut parameters = vec![("scope", scope.as_str())];
        parameters.extend(service.map(|service| ("service", service)));
        let authorization = match &known {
            Known::Login(login) => Some(login.basic()),
            Known::Elsewhere(_) | Known::Nothing => None,
        };
        let ask = Ask {
            op,
            path: "",
            accept: &[],
            from: 0,
            time: self.options.patience,
        };
        let address = transport::with_query(realm, &parameters);
        let answer = self.send(&address, authorization.as_deref(), ask)?;
        let answer = self.judge(op, answer)?;
        let mut text = Vec::new();
        answer
            .into_body()
            .into_reader()
            .take(TOKEN_LIMIT)
            .read_to_end(&mut text)
            .map_err(|error| self.failure(op, error.into()))?;
        let token: Token = serde_json::from_slice(&text)
            .map_err(|_| bad("what it sends as a token is not JSON".to_owned()))?;
        let token = token
            .token
            .or(token.access_token)
            .filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()))
            .ok_or_else(|| bad("what it sends holds no token".to_owned()))?;
        Ok(format!("Bearer {token}"))
    }
}
