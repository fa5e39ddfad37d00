//! `--image docker://...`, against Debian's registry on the loopback, with a password that must not show anywhere.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::Value;

use crate::session::{Session, assert_one_line};

/// bcrypt of [`PASSWORD`], for "user".
const HTPASSWD: &str = "user:$2b$04$TNZ7FymZT3GB7PFhmAZGpe/Oump9qh5JTGa04s3vFxTIXWmvMUDwq\n";
const PASSWORD: &str = "secret";

struct Registry(Child);

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A registry that holds `img`, and its address; `None` where the tools are not installed.
#[expect(clippy::print_stdout, reason = "says why a test proves less here")]
fn start(session: &Session) -> Option<(Registry, String)> {
    for tool in ["docker-registry", "skopeo"] {
        let found = session.tool("sh", &["-c", "command -v \"$0\"", tool]);
        if !found.status.success() {
            println!("skipped: {tool} is not installed");
            return None;
        }
    }
    std::fs::write(session.path("htpasswd"), HTPASSWD).unwrap();
    let config = format!(
        "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n\
         auth: {{htpasswd: {{realm: here, path: {}}}}}\n",
        session.path("registry").display(),
        session.path("htpasswd").display()
    );
    std::fs::write(session.path("registry.yml"), config).unwrap();
    let mut child = session
        .program("docker-registry", &["serve", "registry.yml"])
        // It is the session's own, not what a run left: see `Session::assert_clean`.
        .env_remove("LAYERBENCH_WORK")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let registry = Registry(child);
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            drop(tell.send(line));
        }
    });
    let address = loop {
        let line = told.recv_timeout(Duration::from_secs(60)).unwrap();
        if let Some((_, rest)) = line.split_once("listening on ") {
            break rest[..rest.find([' ', '"', ',']).unwrap_or(rest.len())].to_owned();
        }
    };
    session.expect(0, &["image", "generate", "img", "--preset", "tiny"]);
    let to = format!("docker://{address}/some/image:1");
    let login = format!("user:{PASSWORD}");
    let line = [
        "--insecure-policy",
        "copy",
        "-q",
        "--dest-tls-verify=false",
        "--dest-creds",
        &login,
        "oci:img",
        &to,
    ];
    let pushed = session.tool("skopeo", &line);
    assert!(pushed.status.success(), "{pushed:?}");
    Some((registry, to))
}

#[test]
fn an_image_of_a_registry_is_used_like_any_other() {
    let session = Session::new();
    let Some((_registry, image)) = start(&session) else {
        return;
    };
    let exec = ["exec", "--driver", "vfs", "--image", &image];
    let script = ["--", "sh", "-c", "test -x \"$LAYERBENCH_ROOT/bin/true\""];
    let login = format!("user:{PASSWORD}");
    let flag = ["--registry-user", &login];
    session.expect(0, &[&exec[..], &flag, &script].concat());
    session.assert_clean();

    // Who may not, learns it in one line, and so does who asks for what is not there.
    let (_, err) = session.expect(77, &[&exec[..], &script].concat());
    assert!(err.contains("wants a password"), "{err}");
    let wrong = ["--registry-user", "user:wrong"];
    let (_, err) = session.expect(77, &[&exec[..], &wrong, &script].concat());
    assert!(!err.contains("wrong"), "{err}");
    let absent = image.replace("image:1", "image:2");
    let (_, err) = session.expect(66, &[&["image", "inspect", &absent][..], &flag].concat());
    assert!(err.contains("manifest unknown"), "{err}");
    let (_, err) = session.expect(2, &["image", "inspect", "docker://a//b"]);
    assert_one_line(&err);
    session.assert_clean();

    let auth = r#"{"auths": {"HOST": {"username": "user", "password": "secret"}}}"#;
    let host = image["docker://".len()..].split('/').next().unwrap();
    std::fs::write(session.path("auth.json"), auth.replace("HOST", host)).unwrap();
    let inspect = [
        "image",
        "inspect",
        &image,
        "--json",
        "--registry-auth",
        "auth.json",
    ];
    let (out, _) = session.expect(0, &inspect);
    let shown: Value = serde_json::from_str(&out).unwrap();
    let (own, _) = session.expect(0, &["image", "inspect", "img", "--json"]);
    let own: Value = serde_json::from_str(&own).unwrap();
    assert_eq!(shown["config_digest"], own["config_digest"]);
    assert_eq!(shown["manifest_digest"], own["manifest_digest"]);

    let bench = [
        "bench",
        "--profile",
        "smoke",
        "--driver",
        "vfs",
        "--workload",
        "pull",
    ];
    let image = ["--image", &image, "--json"];
    let (out, err) = session.expect(0, &[&bench[..], &image, &flag].concat());
    assert!(!out.contains(PASSWORD) && !err.contains(PASSWORD));
    let results: Value = serde_json::from_str(&out).unwrap();
    let records = results["records"].as_array().unwrap();
    for subject in ["vfs", "hostdir"] {
        for phase in ["resolve", "download", "download-verify", "pull-registry"] {
            let found = |record: &&Value| {
                record["driver"] == subject
                    && record["phase"] == phase
                    && record["metric"] == "time"
            };
            assert!(
                records.iter().any(|record| found(&record)),
                "{subject} {phase}"
            );
        }
    }
    for file in ["records.jsonl", "results.json", "report.html"] {
        let text = std::fs::read_to_string(session.path("layerbench-out").join(file)).unwrap();
        assert!(!text.contains(PASSWORD), "{file}");
    }
    session.assert_clean();
}
