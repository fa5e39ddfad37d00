//! Replays the fuzz corpus of the image reader without a fuzzer.

use std::path::{Path, PathBuf};

use workloads::image::fuzz::{ARCHIVE, Came, RAW, image};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/image")
}

const LAYERS: [&str; 4] = ["unused", "#gzip\none", "#zstd\ntwo", "#tar\nthree"];

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{"Env":["A=b"],"WorkingDir":"/"},
"rootfs":{"type":"layers","diff_ids":["!1","!2","!3"]},"history":[{"created_by":"x"},{"empty_layer":true}]}"#;

const MANIFEST: &str = r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"$4","size":~4},
"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"$1","size":~1},
{"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd","digest":"$2","size":~2},
{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"$3","size":~3}]}"#;

const INDEX: &str = r#"@index.json
{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"$5","size":~5,
"platform":{"os":"linux","architecture":"amd64"},"annotations":{"org.opencontainers.image.ref.name":"a"}}]}"#;

const SAVED: &str = r#"@manifest.json
[{"Config":"blobs/sha256/^4","RepoTags":["a:b"],"Layers":["blobs/sha256/^1","blobs/sha256/^2","blobs/sha256/^3"]}]"#;

/// Where the search starts, each with a name and what must come of it.
fn seeds() -> Vec<(&'static str, Vec<u8>, Came)> {
    let recipe = |how: u8, files: &[&str]| [&[how][..], files.join("\0").as_bytes()].concat();
    let layers = LAYERS.join("\0");
    let wrong = CONFIG.replace("!1", "!2");
    let nested = r#"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"$5","size":~5}]}"#;
    let outer = r#"@index.json
{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"$6","size":~6}]}"#;
    let mut saved = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    saved
        .append_data(
            &mut header,
            format!("{}/manifest.json", "d".repeat(120)),
            &b"[]"[..],
        )
        .unwrap();
    let saved = saved.into_inner().unwrap();
    vec![
        (
            "layout",
            recipe(0, &[&layers, CONFIG, MANIFEST, INDEX]),
            Came::Right,
        ),
        (
            "archive",
            recipe(ARCHIVE, &[&layers, CONFIG, MANIFEST, INDEX]),
            Came::Right,
        ),
        (
            "saved",
            recipe(ARCHIVE, &[&layers, CONFIG, SAVED]),
            Came::Right,
        ),
        (
            "wrong",
            recipe(0, &[&layers, &wrong, MANIFEST, INDEX]),
            Came::Wrong,
        ),
        (
            "nested",
            recipe(0, &[&layers, CONFIG, MANIFEST, nested, outer]),
            Came::Right,
        ),
        (
            "absent",
            recipe(0, &[&layers, CONFIG, INDEX]),
            Came::Refused,
        ),
        ("raw", [&[RAW][..], &saved].concat(), Came::Refused),
        (
            "gzip",
            [
                &[RAW][..],
                b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0",
            ]
            .concat(),
            Came::Refused,
        ),
    ]
}

fn came(bytes: &[u8]) -> Came {
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    image(dir.path(), bytes)
}

#[test]
fn the_corpus_of_the_image_reader_finds_nothing() {
    for (name, bytes, expected) in seeds() {
        assert_eq!(came(&bytes), expected, "{name}");
        let file = corpus().join(format!("seed-{name}"));
        if std::env::var_os("LAYERBENCH_WRITE_SEEDS").is_some() {
            std::fs::write(&file, &bytes).unwrap();
        }
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "write the seeds anew");
    }
    for entry in std::fs::read_dir(corpus()).unwrap() {
        came(&std::fs::read(entry.unwrap().path()).unwrap());
    }
}
