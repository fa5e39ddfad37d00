//! Passwords and tokens: given where they are asked for, and nowhere else.

use std::sync::atomic::{AtomicU32, Ordering};

use drivers::ErrorKind;
use workloads::image::registry::{Login, RegistryOptions};

use super::faults::{image, same};
use super::server::{Asked, Reply, Server};

/// `Basic` of user:secret.
const PAIR: &str = "Basic dXNlcjpzZWNyZXQ=";

fn with(login: Option<(&str, &str)>) -> RegistryOptions {
    RegistryOptions {
        login: login.map(|(user, password)| Login::new(user, password)),
        ..RegistryOptions::default()
    }
}

fn turn_away(challenge: &str) -> Reply {
    Reply::Say(
        401,
        vec![("WWW-Authenticate", challenge.to_owned())],
        Vec::new(),
    )
}

fn basic(asked: &Asked) -> Reply {
    match asked.authorization.as_deref() {
        Some(PAIR) => Reply::Usual,
        _ => turn_away("Basic realm=\"here\""),
    }
}

#[test]
fn a_password_lets_in_and_a_wrong_one_does_not() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, basic);
    let dir = tempfile::tempdir().unwrap();
    let fetched = server
        .fetch(&with(Some(("user", "secret"))), dir.path())
        .unwrap();
    same(&fetched, &layout);
    for (login, words) in [
        (None, "wants a password"),
        (Some(("user", "wrong")), "answers 401"),
    ] {
        let error = server.refuse(&with(login));
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        let text = error.to_string();
        assert!(text.contains(words) && !text.contains("wrong"), "{text}");
    }
}

#[test]
fn passwords_are_found_in_dockers_file() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, basic);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    let options = RegistryOptions {
        auth_files: vec![dir.path().join("absent"), file.clone()],
        ..RegistryOptions::default()
    };
    let auths =
        |host: &str| format!(r#"{{"auths": {{"{host}": {{"auth": "dXNlcjpzZWNyZXQ="}}}}}}"#);
    std::fs::write(&file, auths(&server.address.to_string())).unwrap();
    let out = tempfile::tempdir().unwrap();
    same(&server.fetch(&options, out.path()).unwrap(), &layout);
    std::fs::write(&file, auths("elsewhere.example")).unwrap();
    let error = server.refuse(&options);
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    std::fs::write(
        &file,
        r#"{"credHelpers": {"ADDRESS": "vault"}}"#.replace("ADDRESS", &server.address.to_string()),
    )
    .unwrap();
    let error = server.refuse(&options).to_string();
    assert!(error.contains("\"vault\" keeps"), "{error}");
}

/// Asks for tokens; each serves five requests.
fn tokens(asked: &Asked, used: &AtomicU32) -> Reply {
    let host = "HOST";
    if asked.path.starts_with("/token?") {
        let query = &asked.path["/token?".len()..];
        let sound =
            query.contains("service=the%20service") || query.contains("service=the+service");
        let sound = sound && query.contains("scope=repository") && query.contains("pull");
        return match (sound, asked.authorization.as_deref()) {
            (true, Some(PAIR)) => {
                used.store(0, Ordering::SeqCst);
                let body = format!(r#"{{"token": "t{}"}}"#, asked.before);
                Reply::Say(200, Vec::new(), body.into_bytes())
            }
            _ => Reply::Say(403, Vec::new(), Vec::new()),
        };
    }
    if asked.path == "/v2/" {
        return Reply::Usual;
    }
    match asked.authorization.as_deref() {
        Some(token) if token.starts_with("Bearer t") && used.fetch_add(1, Ordering::SeqCst) < 5 => {
            Reply::Usual
        }
        _ => turn_away(&format!(
            r#"Bearer realm="http://{host}/token",service="the service",scope="repository:some/image:pull""#
        )),
    }
}

/// The behaviour above, with the server's own address, which is known only when it listens.
fn token_server(layout: &std::path::Path) -> Server {
    let (used, address) = (
        AtomicU32::new(0),
        std::sync::Arc::new(std::sync::OnceLock::new()),
    );
    let own = std::sync::Arc::clone(&address);
    let server = Server::start(layout, move |asked| match tokens(asked, &used) {
        Reply::Say(status, headers, body) => {
            let host: &String = own.wait();
            let headers = headers
                .into_iter()
                .map(|(name, value)| (name, value.replace("HOST", host)))
                .collect();
            Reply::Say(status, headers, body)
        }
        other => other,
    });
    address.set(server.address.to_string()).unwrap();
    server
}

#[test]
fn tokens_are_fetched_and_fetched_again_when_they_end() {
    let (_kept, layout) = image();
    let server = token_server(&layout);
    let dir = tempfile::tempdir().unwrap();
    let options = RegistryOptions {
        parallel: 1,
        ..with(Some(("user", "secret")))
    };
    let fetched = server.fetch(&options, dir.path()).unwrap();
    same(&fetched, &layout);
    let asked = server.asked();
    let tokens = asked
        .iter()
        .filter(|asked| asked.path.starts_with("/token"))
        .count();
    let others = asked.len() - tokens;
    assert!(
        tokens >= 1 && tokens <= 1 + others / 5,
        "{tokens} for {others}"
    );
    for asked in asked.iter().filter(|asked| asked.path.starts_with("/v2/")) {
        let shown = asked.authorization.as_deref().unwrap_or("Bearer");
        assert!(
            shown.starts_with("Bearer"),
            "the password is for the token only"
        );
    }
    let error = server.refuse(&with(Some(("user", "wrong"))));
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[test]
fn a_blob_elsewhere_is_fetched_without_the_password() {
    let (_kept, layout) = image();
    let store = Server::start(&layout, |_| Reply::Usual);
    let elsewhere = store.address;
    let server = Server::start(&layout, move |asked| match basic(asked) {
        Reply::Usual if asked.is_blob() => Reply::Say(
            307,
            vec![("Location", format!("http://{elsewhere}{}", asked.path))],
            Vec::new(),
        ),
        other => other,
    });
    let dir = tempfile::tempdir().unwrap();
    let fetched = server
        .fetch(&with(Some(("user", "secret"))), dir.path())
        .unwrap();
    same(&fetched, &layout);
    let there = store.asked();
    assert!(!there.is_empty());
    for asked in there {
        assert_eq!(asked.authorization, None, "{}", asked.path);
    }
}

#[test]
fn redirects_without_end_and_unknown_challenges_are_refused() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, |asked| match asked.is_blob() {
        true => Reply::Say(307, vec![("Location", asked.path.clone())], Vec::new()),
        false => Reply::Usual,
    });
    let error = server.refuse(&RegistryOptions::default()).to_string();
    assert!(
        error.contains("leads elsewhere more than 5 times"),
        "{error}"
    );
    let server = Server::start(&layout, |asked| match asked.path.as_str() {
        "/v2/" => Reply::Usual,
        _ => turn_away("Negotiate"),
    });
    let error = server.refuse(&with(Some(("user", "secret"))));
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    for realm in ["ftp://x/", "relative", ""] {
        let server = Server::start(&layout, move |asked| match asked.path.as_str() {
            "/v2/" => Reply::Usual,
            _ => turn_away(&format!("Bearer realm=\"{realm}\"")),
        });
        let error = server.refuse(&with(Some(("user", "secret"))));
        assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
        assert!(
            !server
                .asked()
                .iter()
                .any(|asked| asked.authorization.is_some())
        );
    }
}
