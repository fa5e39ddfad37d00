//! What is chance is tried again, where it stopped; what cannot be right is refused; nothing is left half-fetched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::{ErrorKind, Limits};
use workloads::image::registry::RegistryOptions;
use workloads::image::{Compression, Digest, Image};
use workloads::pull::verify;

use super::server::{Asked, Reply, Server};
use crate::common::{open, tiny};

pub(super) fn image() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "image", Compression::Gzip);
    (dir, path)
}

/// It is the image of the layout, every byte of it.
pub(super) fn same(fetched: &Image, layout: &Path) {
    let original = open(layout).unwrap();
    assert_eq!(fetched.config_digest, original.config_digest);
    assert_eq!(fetched.manifest_digest, original.manifest_digest);
    assert_eq!(fetched.layers.len(), original.layers.len());
    for (one, other) in fetched.layers.iter().zip(&original.layers) {
        assert_eq!(one.digest, other.digest);
        verify(one, &Limits::default()).unwrap();
    }
}

/// Fetches where `behaviour` must do no lasting harm.
fn overcome(behaviour: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Vec<Asked> {
    overcome_with(&RegistryOptions::default(), behaviour)
}

fn overcome_with(
    options: &RegistryOptions,
    behaviour: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Vec<Asked> {
    let (_kept, layout) = image();
    let server = Server::start(&layout, behaviour);
    let dir = tempfile::tempdir().unwrap();
    let fetched = server.fetch(options, dir.path()).unwrap();
    same(&fetched, &layout);
    server.asked()
}

/// Fetches where it must be refused, and gives the message.
fn refused(kind: ErrorKind, behaviour: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> String {
    let (_kept, layout) = image();
    let server = Server::start(&layout, behaviour);
    let error = server.refuse(&RegistryOptions::default());
    assert_eq!(error.kind(), kind, "{error}");
    error.to_string()
}

#[test]
fn an_image_comes_as_it_was_each_blob_asked_for_once() {
    for parallel in [1, 4, 50] {
        let options = RegistryOptions {
            parallel,
            ..RegistryOptions::default()
        };
        let asked = overcome_with(&options, |_| Reply::Usual);
        assert!(asked.iter().all(|asked| asked.before == 0), "{asked:?}");
    }
}

#[test]
fn a_cut_connection_is_resumed_where_it_broke() {
    let asked = overcome(|asked| match asked.before {
        0 if asked.is_blob() => Reply::Cut(700),
        1 if asked.is_blob() => Reply::Cut(100),
        _ => Reply::Usual,
    });
    let resumed = |from: u64| asked.iter().any(|asked| asked.range == Some(from));
    assert!(resumed(700) && resumed(800), "{asked:?}");
    // A registry that knows no ranges sends it all again.
    let asked = overcome(|asked| match asked.before {
        0 if asked.is_blob() => Reply::Cut(700),
        _ => Reply::Whole,
    });
    assert!(asked.iter().any(|asked| asked.range == Some(700)));
}

#[test]
fn a_stalled_transfer_is_asked_for_again() {
    let options = RegistryOptions {
        patience: Duration::from_secs(2),
        ..RegistryOptions::default()
    };
    let asked = overcome_with(&options, |asked| match asked.before {
        0 if asked.is_blob() => Reply::Stall(300),
        _ => Reply::Usual,
    });
    assert!(
        asked.iter().any(|asked| asked.range == Some(300)),
        "{asked:?}"
    );
}

#[test]
fn a_damaged_answer_is_asked_for_once_more_and_then_refused() {
    overcome(|asked| match asked.before {
        0 => Reply::Flip,
        _ => Reply::Usual,
    });
    let error = refused(ErrorKind::BadInput, |asked| match asked.is_blob() {
        true => Reply::Flip,
        false => Reply::Usual,
    });
    assert!(error.contains("its digest is sha256:"), "{error}");
}

#[test]
fn a_registry_under_load_is_waited_for_as_it_asks() {
    let busy = |status: u16, after: &'static str| {
        move |asked: &Asked| match asked.before {
            0 | 1 if asked.path != "/v2/" => {
                Reply::Say(status, vec![("Retry-After", after.to_owned())], Vec::new())
            }
            _ => Reply::Usual,
        }
    };
    overcome(busy(429, "0"));
    overcome(busy(503, "0"));
    let (_kept, layout) = image();
    let server = Server::start(&layout, |asked| match asked.before {
        0 if asked.is_blob() => Reply::Say(429, vec![("Retry-After", "1".to_owned())], Vec::new()),
        _ => Reply::Usual,
    });
    let (dir, start) = (tempfile::tempdir().unwrap(), std::time::Instant::now());
    server
        .fetch(&RegistryOptions::default(), dir.path())
        .unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));

    let error = refused(ErrorKind::Io, busy(429, "3600"));
    assert!(error.contains("429") && error.contains("3600 s"), "{error}");
    let error = refused(ErrorKind::Io, |asked| match asked.is_blob() {
        true => Reply::Say(
            500,
            vec![("Retry-After", "0".to_owned())],
            br#"{"errors":[{"code":"X","message":"the disk\nis gone"}]}"#.to_vec(),
        ),
        false => Reply::Usual,
    });
    assert!(
        error.contains("500: the diskis gone") && error.contains("6 times"),
        "{error}"
    );
}

#[test]
fn bodies_of_another_length_are_refused_at_once() {
    for reply in [Reply::Endless, Reply::Longer(1)] {
        let of = reply.clone();
        let error = refused(ErrorKind::BadInput, move |asked| match asked.is_blob() {
            true => of.clone(),
            false => Reply::Usual,
        });
        assert!(
            error.contains("beyond") || error.contains("bytes, where"),
            "{error}"
        );
        let error = refused(ErrorKind::BadInput, move |asked| {
            match asked.path.contains("/manifests/") {
                true => Reply::Say(200, Vec::new(), vec![b' '; 5 << 20]),
                false => Reply::Usual,
            }
        });
        assert!(error.contains("goes on beyond"), "{error}");
    }
    let error = refused(ErrorKind::BadInput, |asked| {
        match (asked.is_blob(), asked.before) {
            (true, 0) => Reply::Cut(700),
            (true, _) => Reply::WrongRange,
            _ => Reply::Usual,
        }
    });
    assert!(error.contains("another part"), "{error}");
}

#[test]
fn a_manifest_must_be_what_was_asked_for() {
    let other = Digest::of(b"another");
    let claimed = other.clone();
    let error = refused(ErrorKind::BadInput, move |asked| {
        match asked.path.contains("/manifests/") {
            true => Reply::With("Docker-Content-Digest", claimed.to_string()),
            false => Reply::Usual,
        }
    });
    assert!(error.contains(other.as_str()), "{error}");

    let (_kept, layout) = image();
    let server = Server::start(&layout, |asked| match asked.path.contains("/manifests/") {
        true => Reply::Flip,
        false => Reply::Usual,
    });
    let digest = open(&layout).unwrap().manifest_digest.unwrap();
    let pinned = server.reference().pinned(&digest);
    let dir = tempfile::tempdir().unwrap();
    let fetch = workloads::image::registry::fetch;
    let error = fetch(&pinned, &RegistryOptions::default(), &dir.path().join("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
    assert!(error.to_string().contains(digest.as_str()), "{error}");
}

#[test]
fn documents_that_are_no_image_are_told_apart() {
    for (body, kind, words) in [
        (
            r#"{"schemaVersion":2,"manifests":[],"config":{}}"#,
            ErrorKind::BadInput,
            "at once",
        ),
        (
            r#"{"schemaVersion":2,"manifests":[]}"#,
            ErrorKind::BadInput,
            "empty",
        ),
        (
            r#"{"schemaVersion":1,"fsLayers":[]}"#,
            ErrorKind::Unsupported,
            "schema 1",
        ),
        ("<html>", ErrorKind::BadInput, "line 1"),
    ] {
        let error = refused(kind, move |asked| {
            match asked.path.contains("/manifests/") {
                true => Reply::Say(200, Vec::new(), body.as_bytes().to_vec()),
                false => Reply::Usual,
            }
        });
        assert!(error.contains(words), "{error}");
    }
    let error = refused(ErrorKind::NotFound, |asked| {
        match asked.path.contains("/manifests/") {
            true => Reply::Say(
                404,
                Vec::new(),
                br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#
                    .to_vec(),
            ),
            false => Reply::Usual,
        }
    });
    assert!(error.contains("404: manifest unknown"), "{error}");
}

#[test]
fn an_index_leads_to_the_platform_that_is_wanted() {
    let (_kept, layout) = image();
    let index = std::fs::read_to_string(layout.join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let own = &index["manifests"][0];
    let entry = |architecture: &str, digest: &str| {
        serde_json::json!({
            "mediaType": own["mediaType"], "digest": digest, "size": own["size"],
            "platform": { "os": "linux", "architecture": architecture },
        })
    };
    let absent = Digest::of(b"absent");
    let amd64 = entry("amd64", own["digest"].as_str().unwrap());
    let index = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [entry("s390x", absent.as_str()), amd64],
    });
    let index = index.to_string().into_bytes();
    let server = Server::start(&layout, move |asked| {
        match asked.path.ends_with("/manifests/1") {
            true => Reply::Say(200, Vec::new(), index.clone()),
            false => Reply::Usual,
        }
    });
    let on = |platform: &str| RegistryOptions {
        platform: Some(platform.parse().unwrap()),
        ..RegistryOptions::default()
    };
    let dir = tempfile::tempdir().unwrap();
    same(
        &server.fetch(&on("linux/amd64"), dir.path()).unwrap(),
        &layout,
    );
    let error = server.refuse(&on("linux/s390x"));
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = server.refuse(&on("linux/riscv64")).to_string();
    assert!(error.contains("it has linux/s390x, linux/amd64"), "{error}");
}

#[test]
fn a_registry_that_is_not_there_is_not_waited_for() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, |_| Reply::Usual);
    let port = {
        // Taken and given back: nobody listens there.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    drop(server);
    let reference = format!("docker://127.0.0.1:{port}/x").parse().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let fetch = workloads::image::registry::fetch;
    let error = fetch(
        &reference,
        &RegistryOptions::default(),
        &dir.path().join("x"),
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error.to_string().contains("does a registry listen"),
        "{error}"
    );
}

#[test]
fn who_does_not_want_it_any_more_need_not_wait() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, |asked| match asked.is_blob() {
        true => Reply::Say(503, vec![("Retry-After", "50".to_owned())], Vec::new()),
        false => Reply::Usual,
    });
    let options = RegistryOptions {
        cancelled: Some(|| true),
        ..RegistryOptions::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let error = server.fetch(&options, dir.path()).unwrap_err();
    assert!(error.to_string().contains("not wanted any more"), "{error}");
}
