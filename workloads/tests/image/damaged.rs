//! Damaged and hostile images: one line that names what is wrong, never a panic.

use std::path::Path;

use drivers::ErrorKind;
use workloads::image::Compression;

use crate::common::{open, tiny};

fn refused(path: &Path, kind: ErrorKind, words: &str) {
    let error = open(path).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{text}");
    assert!(text.contains(words) && !text.contains('\n'), "{text}");
}

#[test]
fn garbage_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x");
    let long = vec![b'x'; 5000];
    let cases: [(&[u8], ErrorKind, &str); 6] = [
        (b"", ErrorKind::BadInput, "not a tar archive"),
        (b"hello", ErrorKind::BadInput, "not a tar archive"),
        (&long, ErrorKind::BadInput, "no tar header"),
        (
            &[0; 2048],
            ErrorKind::BadInput,
            "neither index.json nor manifest.json",
        ),
        (b"\x1f\x8bxxxxxxxxxxxxxx", ErrorKind::BadInput, "decompress"),
        (b"\xfd7zXZ\0xxxxxx", ErrorKind::Unsupported, "xz"),
    ];
    for (bytes, kind, words) in cases {
        std::fs::write(&file, bytes).unwrap();
        refused(&file, kind, words);
    }
    refused(
        dir.path(),
        ErrorKind::BadInput,
        "neither index.json nor manifest.json",
    );
    refused(&dir.path().join("absent"), ErrorKind::NotFound, "absent");
}

#[test]
fn a_layout_is_refused_for_each_thing_that_can_be_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::Gzip);
    let image = open(&path).unwrap();
    let blobs = path.join("blobs/sha256");
    let index = std::fs::read(path.join("index.json")).unwrap();

    let manifest = blobs.join(image.manifest_digest.as_ref().unwrap().hex());
    damaged(
        &manifest,
        |bytes| bytes[20] ^= 1,
        &path,
        "verify the manifest",
    );
    damaged(&manifest, |bytes| bytes.truncate(9), &path, "has 9 bytes");
    let config = blobs.join(image.config_digest.hex());
    damaged(&config, |bytes| bytes[20] ^= 1, &path, "verify the config");
    let layer = blobs.join(image.layers[0].digest.as_ref().unwrap().hex());
    damaged(&layer, |bytes| bytes.truncate(100), &path, "has 100 bytes");
    let kept = dir.path().join("kept");
    std::fs::rename(&layer, &kept).unwrap();
    refused(&path, ErrorKind::BadInput, "blob of layer 1");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &layer,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    refused(&path, ErrorKind::BadInput, "not a regular file");
    std::fs::remove_file(&layer).unwrap();
    std::fs::rename(&kept, &layer).unwrap();
    open(&path).unwrap();

    for (text, words) in [
        ("{", "index"),
        ("[]", "index"),
        (r#"{"schemaVersion":2,"manifests":null}"#, "holds no image"),
        (
            r#"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:../../../etc/passwd","size":1}]}"#,
            "64 lower-case hex",
        ),
        (&"[".repeat(100_000), "index"),
        (&" ".repeat(5_000_000), "over the limit"),
    ] {
        std::fs::write(path.join("index.json"), text).unwrap();
        refused(&path, ErrorKind::BadInput, words);
    }
    // An index that holds itself cannot be made (its digest would have to hold itself), but a deep one can.
    let mut inner = serde_json::from_slice::<serde_json::Value>(&index).unwrap();
    for _ in 0..8 {
        let text = inner.to_string();
        let digest = workloads::image::Digest::of(text.as_bytes());
        std::fs::write(blobs.join(digest.hex()), &text).unwrap();
        inner = serde_json::json!({"schemaVersion": 2, "manifests": [{
            "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": text.len(),
        }]});
    }
    std::fs::write(path.join("index.json"), inner.to_string()).unwrap();
    refused(&path, ErrorKind::BadInput, "nested deeper");
}

fn damaged(file: &Path, damage: impl FnOnce(&mut Vec<u8>), image: &Path, words: &str) {
    let good = std::fs::read(file).unwrap();
    let mut bad = good.clone();
    damage(&mut bad);
    std::fs::write(file, bad).unwrap();
    refused(image, ErrorKind::BadInput, words);
    std::fs::write(file, good).unwrap();
}

#[test]
fn every_truncation_of_an_archive_is_an_error_or_the_image() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::Gzip);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all(".", &path).unwrap();
    let whole = builder.into_inner().unwrap();
    let file = dir.path().join("x.tar");
    for len in (0..whole.len()).step_by(whole.len() / 97) {
        std::fs::write(&file, &whole[..len]).unwrap();
        if let Err(error) = open(&file) {
            assert!(!error.to_string().contains('\n'), "{error}");
            assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
        }
    }
}
