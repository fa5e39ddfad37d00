//! Images that are not there, damaged, or hostile.

use serde_json::{Value, json};

use crate::session::{Session, assert_one_line};

#[test]
fn bad_images_are_told_apart_and_leave_nothing() {
    let session = Session::new();
    let exec = |image: &str| {
        vec!["exec", "--driver", "vfs", "--image"]
            .into_iter()
            .chain([image, "--", "true"])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let check = |code: i32, image: &str| {
        let line = exec(image);
        let (_, err) = session.expect(code, &line.iter().map(String::as_str).collect::<Vec<_>>());
        assert_one_line(&err);
        session.assert_clean();
    };
    check(66, "absent");
    std::fs::write(session.path("garbage"), vec![7_u8; 5000]).unwrap();
    check(65, "garbage");
    session.expect(0, &["image", "generate", "img", "--preset", "tiny"]);
    let blobs = session.path("img/blobs/sha256");
    let largest = std::fs::read_dir(&blobs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| path.metadata().unwrap().len())
        .unwrap();
    let bytes = std::fs::read(&largest).unwrap();
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(&largest, &flipped).unwrap();
    check(65, "img");
    std::fs::write(&largest, &bytes[..middle]).unwrap();
    check(65, "img");
    std::fs::write(&largest, &bytes).unwrap();
    session.expect(
        0,
        &["exec", "--driver", "vfs", "--image", "img", "--", "true"],
    );
}

/// Writes an image of one layer that holds what `tar` packs.
pub(crate) fn packed(session: &Session, name: &str, script: &str) {
    let pack = format!("mkdir pack-{name} && cd pack-{name} && {script}");
    let output = session.tool("sh", &["-c", &pack]);
    assert!(output.status.success(), "{output:?}");
    let layer = std::fs::read(session.path(&format!("pack-{name}/layer.tar"))).unwrap();
    let dir = session.path(name);
    std::fs::create_dir_all(dir.join("blobs/sha256")).unwrap();
    let put = |bytes: &[u8]| {
        std::fs::write(session.path("blob"), bytes).unwrap();
        let sum = session.tool("sha256sum", &["blob"]).stdout;
        let hex = String::from_utf8_lossy(&sum[..64]).into_owned();
        std::fs::write(dir.join("blobs/sha256").join(&hex), bytes).unwrap();
        json!({ "digest": format!("sha256:{hex}"), "size": bytes.len() })
    };
    let typed = |mut blob: Value, kind: &str| {
        blob["mediaType"] = format!("application/vnd.oci.image.{kind}").into();
        blob
    };
    let layer = typed(put(&layer), "layer.v1.tar");
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": [layer["digest"]] },
    });
    let config = typed(put(config.to_string().as_bytes()), "config.v1+json");
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
    let manifest = typed(put(manifest.to_string().as_bytes()), "manifest.v1+json");
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    std::fs::write(dir.join("index.json"), index.to_string()).unwrap();
    std::fs::write(dir.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
}

#[test]
fn a_hostile_image_reaches_nothing_outside() {
    let session = Session::new();
    std::fs::write(session.path("victim"), "precious").unwrap();
    let here = session.dir().display().to_string();
    let up = "../".repeat(12);
    let victim = format!("{here}/victim");
    for (name, script, code) in [
        // GNU tar writes names as they are with -P; --transform makes those it would not read.
        (
            "dots",
            format!("echo x > f && tar -cPf layer.tar --transform 's,f,{up}{victim},' f"),
            65,
        ),
        (
            "absolute",
            format!("echo x > f && tar -cPf layer.tar --transform 's,f,{victim},' f"),
            0,
        ),
        (
            "symlink",
            format!(
                "ln -s {here} l && echo x > f && tar -cPf layer.tar l && tar -rPf layer.tar --transform 's,f,l/victim,' f"
            ),
            0,
        ),
        (
            "hardlink",
            format!(
                "echo x > f && ln f g && tar -cPf layer.tar --transform 's,^f$,{up}{victim},h' --exclude nothing f g && tar -f layer.tar --delete '{up}{victim}'"
            ),
            65,
        ),
    ] {
        packed(&session, name, &script);
        for driver in ["vfs", "overlay2"] {
            let line = ["exec", "--driver", driver, "--image", name, "--", "true"];
            let (_, err) = session.expect(code, &line);
            if code != 0 {
                assert_one_line(&err);
                assert!(err.contains(name), "{err}");
            }
        }
        session.assert_clean();
        assert_eq!(std::fs::read(session.path("victim")).unwrap(), b"precious");
    }
    // A run ends with the image's fault, not with that of every driver in turn.
    let (_, err) = session.expect(
        65,
        &[
            "bench",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--workload",
            "pull",
            "--image",
            "dots",
        ],
    );
    assert!(err.contains("the image dots cannot be used"), "{err}");
    assert!(session.path("layerbench-out/report.html").exists());
    session.assert_clean();
}

/// What an image may ask for is the user's to say: for once, less than a small image has.
#[test]
fn limits_on_images_are_kept() {
    let session = Session::new();
    for flag in ["--limit-entries=3", "--limit-bytes=1KiB"] {
        let line = [
            "exec", "--driver", "vfs", "--image", "tiny", flag, "--", "true",
        ];
        let (_, err) = session.expect(65, &line);
        assert!(err.contains("limit"), "{flag}: {err}");
    }
    session.expect(
        0,
        &["exec", "--driver", "vfs", "--image", "tiny", "--", "true"],
    );
    session.assert_clean();
}
