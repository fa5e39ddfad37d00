//! Debian's `docker-registry`, started here: what is pushed to it comes back, with passwords and TLS too.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use drivers::ErrorKind;
use workloads::image::registry::{Login, Reference, RegistryOptions, fetch};

use super::faults::{image, same};
use crate::common::tool;

/// "user" with the password "secret": bcrypt, the one form this registry reads.
const HTPASSWD: &str = "user:$2b$04$TNZ7FymZT3GB7PFhmAZGpe/Oump9qh5JTGa04s3vFxTIXWmvMUDwq\n";

/// A running registry; killed when dropped.
struct Registry {
    child: Child,
    address: String,
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts it on a port of its own choice, with further lines of configuration; `None`, with the reason on the test's
/// output, where it is not installed.
#[expect(clippy::print_stdout, reason = "says why a test proves less here")]
fn start(dir: &Path, auth: &str, tls: &str) -> Option<Registry> {
    let Some(program) = drivers::Host::detect().tool("docker-registry") else {
        println!("skipped: docker-registry is not installed (scripts/setup.sh tests does it)");
        return None;
    };
    let config = dir.join(format!("config-{}-{}.yml", auth.len(), tls.len()));
    let text = format!(
        "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp:\n  addr: 127.0.0.1:0\n{tls}{auth}",
        dir.join("store").display()
    );
    std::fs::write(&config, text).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a server, ended by the guard")]
    let mut child = Command::new(program)
        .arg("serve")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (lines, (tell, told)) = (
        BufReader::new(child.stderr.take().unwrap()).lines(),
        channel(),
    );
    // It is read to its end, so that it never waits for a reader.
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            drop(tell.send(line));
        }
    });
    let mut registry = Registry {
        child,
        address: String::new(),
    };
    let mut seen = Vec::new();
    while registry.address.is_empty() {
        let line = told
            .recv_timeout(Duration::from_secs(60))
            .unwrap_or_else(|_| panic!("it does not listen: {seen:#?}"));
        if let Some((_, rest)) = line.split_once("listening on ") {
            let end = rest.find([' ', '"', ',']).unwrap_or(rest.len());
            registry.address = rest[..end].to_owned();
        }
        seen.push(line);
    }
    Some(registry)
}

/// Pushes a layout, by the steps of the distribution API.
fn push(address: &str, layout: &Path) {
    let text = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let blob = |digest: &str| layout.join("blobs/sha256").join(&digest["sha256:".len()..]);
    let index = json(&text(layout.join("index.json")));
    let entry = &index["manifests"][0];
    let manifest = text(blob(entry["digest"].as_str().unwrap()));
    let parsed = json(&manifest);
    let layers = parsed["layers"].as_array().unwrap().iter();
    for descriptor in layers.chain([&parsed["config"]]) {
        let digest = descriptor["digest"].as_str().unwrap();
        let begun = ureq::post(format!("http://{address}/v2/some/image/blobs/uploads/"))
            .send_empty()
            .unwrap();
        let location = begun.headers()["location"].to_str().unwrap().to_owned();
        ureq::put(location)
            .query("digest", digest)
            .content_type("application/octet-stream")
            .send(&std::fs::read(blob(digest)).unwrap()[..])
            .unwrap();
    }
    ureq::put(format!("http://{address}/v2/some/image/manifests/1"))
        .content_type(entry["mediaType"].as_str().unwrap())
        .send(manifest)
        .unwrap();
}

fn reference(address: &str) -> Reference {
    format!("docker://{address}/some/image:1").parse().unwrap()
}

#[test]
fn what_was_pushed_is_fetched_with_passwords_and_tls_too() {
    let (_kept, layout) = image();
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let open = RegistryOptions::default();
    let Some(plain) = start(dir.path(), "", "") else {
        return;
    };
    push(&plain.address, &layout);
    let fetched = fetch(&reference(&plain.address), &open, &at("plain")).unwrap();
    same(&fetched, &layout);
    let origin = fetched.origin.unwrap();
    origin.resolve().unwrap();
    let pinned = origin.reference.pinned(&origin.digest);
    same(&fetch(&pinned, &open, &at("pinned")).unwrap(), &layout);
    let absent = format!("docker://{}/some/image:2", plain.address);
    let error = fetch(&absent.parse().unwrap(), &open, &at("absent")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("manifest unknown"), "{error}");
    drop(plain);

    std::fs::write(at("htpasswd"), HTPASSWD).unwrap();
    let auth = format!(
        "auth:\n  htpasswd: {{realm: here, path: {}}}\n",
        at("htpasswd").display()
    );
    let guarded = start(dir.path(), &auth, "").unwrap();
    let login = |password: &str| RegistryOptions {
        login: Some(Login::new("user", password)),
        ..RegistryOptions::default()
    };
    let name = reference(&guarded.address);
    same(
        &fetch(&name, &login("secret"), &at("guarded")).unwrap(),
        &layout,
    );
    for options in [&open, &login("wrong")] {
        let error = fetch(&name, options, &at("refused")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    }
    drop(guarded);

    let Some(tls) = certificate(dir.path()) else {
        return;
    };
    let secure = start(dir.path(), &auth, &tls).unwrap();
    let name = reference(&secure.address);
    let trusting = RegistryOptions {
        certificates: Some(at("certificate.pem")),
        ..login("secret")
    };
    same(&fetch(&name, &trusting, &at("secure")).unwrap(), &layout);
    let error = fetch(&name, &login("secret"), &at("untrusted")).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("ertificate") && text.contains("--registry-ca"),
        "{text}"
    );
    for name in ["absent", "refused", "untrusted"] {
        assert!(!at(name).exists());
    }
}

/// Makes a key and a certificate for the loopback; gives the registry's configuration of them.
fn certificate(dir: &Path) -> Option<String> {
    let at = |name: &str| dir.join(name).display().to_string();
    let config = "[req]\ndistinguished_name=name\nx509_extensions=more\nprompt=no\n[name]\nCN=layerbench test\n\
                  [more]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1\n";
    std::fs::write(dir.join("openssl.cnf"), config).unwrap();
    let (key, certificate) = (at("key.pem"), at("certificate.pem"));
    tool(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-config",
            &at("openssl.cnf"),
            "-keyout",
            &key,
            "-out",
            &certificate,
        ],
    )?;
    Some(format!(
        "  tls: {{certificate: {certificate}, key: {key}}}\n"
    ))
}
