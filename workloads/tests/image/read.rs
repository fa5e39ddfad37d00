//! Images as other tools save them give the same layers as the layout they came from.

use std::path::Path;

use workloads::image::{Compression, Format, Image, OpenOptions};

use crate::common::{open, skopeo, tiny, tool};

fn diff_ids(image: &Image) -> Vec<String> {
    image
        .layers
        .iter()
        .map(|layer| layer.diff_id.to_string())
        .collect()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_form_skopeo_writes_gives_the_same_layers() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::Gzip);
    let original = open(&path).unwrap();
    let from = format!("oci:{}:latest", text(&path));
    let forms: [(&str, &[&str], Format, Compression); 5] = [
        ("oci", &[], Format::OciLayout, Compression::Gzip),
        ("oci-archive", &[], Format::OciArchive, Compression::Gzip),
        (
            "docker-archive",
            &[],
            Format::DockerArchive,
            Compression::None,
        ),
        (
            "oci",
            &["--dest-compress-format", "zstd", "--dest-compress"],
            Format::OciLayout,
            Compression::Zstd,
        ),
        (
            "oci-archive",
            &["--dest-compress-format", "zstd", "--dest-compress"],
            Format::OciArchive,
            Compression::Zstd,
        ),
    ];
    for (i, (transport, more, format, compression)) in forms.into_iter().enumerate() {
        let to = dir.path().join(format!("copy-{i}"));
        if skopeo(
            &from,
            &format!("{transport}:{}:example.org/img:v1", text(&to)),
            more,
        )
        .is_none()
        {
            return;
        }
        let copy = open(&to).unwrap();
        assert_eq!(copy.format, format, "{transport}");
        assert_eq!(diff_ids(&copy), diff_ids(&original), "{transport} {more:?}");
        assert_eq!(
            copy.layers[0].compression, compression,
            "{transport} {more:?}"
        );
        assert_eq!(copy.reference.as_deref(), Some("example.org/img:v1"));
        assert_eq!(copy.config.cmd, original.config.cmd);
        assert_eq!(copy.history.len(), original.history.len());
        open(format!("{}:v1", text(&to)).as_ref()).unwrap();
        let absent = open(format!("{}:v2", text(&to)).as_ref()).unwrap_err();
        assert_eq!(absent.kind(), drivers::ErrorKind::NotFound, "{absent}");
        assert!(
            absent.to_string().contains("example.org/img:v1"),
            "{absent}"
        );
    }
}

#[test]
fn an_archive_that_is_itself_compressed_is_read() {
    use std::io::Write as _;
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::None);
    let plain = tar_of(&path);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let zstd = zstd::encode_all(plain.as_slice(), 1).unwrap();
    for (name, bytes) in [
        ("tar", plain),
        ("gz", gzip.finish().unwrap()),
        ("zst", zstd),
    ] {
        let file = dir.path().join(name);
        std::fs::write(&file, &bytes).unwrap();
        let options = OpenOptions {
            scratch: Some(dir.path().to_owned()),
            ..OpenOptions::default()
        };
        let image = Image::open(&file, &options).unwrap();
        assert_eq!(image.format, Format::OciArchive, "{name}");
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut image.layers[1].open(), &mut bytes).unwrap();
        assert_eq!(
            workloads::image::Digest::of(&bytes),
            image.layers[1].diff_id
        );
    }
    let names = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(names, 4, "the decompressed archive has no name");
}

/// A tar of a directory's content, as `tar -C dir -c .` makes it.
fn tar_of(dir: &Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all(".", dir).unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn of_several_images_the_named_one_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let a = tiny(dir.path(), "a", Compression::Gzip);
    let all = dir.path().join("all");
    let from = format!("oci:{}:latest", text(&a));
    if skopeo(&from, &format!("oci:{}:one", text(&all)), &[]).is_none() {
        return;
    }
    let other = workloads::image::generate::Spec {
        seed: 9,
        ..crate::common::tiny_spec(Compression::Gzip)
    };
    let b = dir.path().join("b");
    workloads::image::generate::write(&other, &b).unwrap();
    skopeo(
        &format!("oci:{}", text(&b)),
        &format!("oci:{}:two", text(&all)),
        &[],
    );
    let undecided = open(&all).unwrap_err().to_string();
    assert!(
        undecided.contains("one, two") && undecided.contains("PATH:NAME"),
        "{undecided}"
    );
    for (name, original) in [("one", &a), ("two", &b)] {
        let chosen = open(format!("{}:{name}", text(&all)).as_ref()).unwrap();
        assert_eq!(diff_ids(&chosen), diff_ids(&open(original).unwrap()));
        let options = OpenOptions {
            reference: chosen.manifest_digest.as_ref().map(ToString::to_string),
            ..OpenOptions::default()
        };
        assert_eq!(
            Image::open(&all, &options).unwrap().config_digest,
            chosen.config_digest
        );
    }
}

/// Nested as `docker buildx` writes it: index.json -> index -> one manifest per platform, and an attestation.
#[test]
fn a_multi_platform_index_gives_the_wanted_platform() {
    let dir = tempfile::tempdir().unwrap();
    let all = tiny(dir.path(), "all", Compression::Gzip);
    let blobs = all.join("blobs/sha256");
    let arm = dir.path().join("arm");
    let spec = workloads::image::generate::Spec {
        architecture: "arm64".to_owned(),
        ..crate::common::tiny_spec(Compression::Gzip)
    };
    workloads::image::generate::write(&spec, &arm).unwrap();
    for blob in std::fs::read_dir(arm.join("blobs/sha256")).unwrap() {
        let blob = blob.unwrap();
        std::fs::copy(blob.path(), blobs.join(blob.file_name())).unwrap();
    }
    let manifest = |path: &Path| -> serde_json::Value {
        let index = std::fs::read(path.join("index.json")).unwrap();
        let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
        index["manifests"][0].clone()
    };
    let (amd64, arm64) = (manifest(&all), manifest(&arm));
    let mut attestation = amd64.clone();
    attestation["platform"] = serde_json::json!({"os": "unknown", "architecture": "unknown"});
    let inner = serde_json::json!({"schemaVersion": 2, "manifests": [attestation, amd64, arm64]})
        .to_string();
    let digest = workloads::image::Digest::of(inner.as_bytes());
    std::fs::write(blobs.join(digest.hex()), &inner).unwrap();
    let outer = serde_json::json!({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": inner.len(),
    }]});
    std::fs::write(all.join("index.json"), outer.to_string()).unwrap();

    for architecture in ["amd64", "arm64"] {
        let options = OpenOptions {
            platform: Some(format!("linux/{architecture}").parse().unwrap()),
            ..OpenOptions::default()
        };
        assert_eq!(
            Image::open(&all, &options).unwrap().config.architecture,
            architecture
        );
    }
    let options = OpenOptions {
        platform: Some("linux/s390x".parse().unwrap()),
        ..OpenOptions::default()
    };
    let refused = Image::open(&all, &options).unwrap_err();
    assert_eq!(refused.kind(), drivers::ErrorKind::NotFound);
    assert!(
        refused.to_string().contains("linux/amd64, linux/arm64"),
        "{refused}"
    );
    if let Ok(image) = open(&all) {
        assert_eq!(
            image.config.architecture,
            workloads::image::Platform::host().architecture
        );
    }
}

/// The form of dockers before 25: a directory per layer, equal layers linked to one another.
#[test]
fn old_docker_archives_with_linked_layers_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::None);
    let original = open(&path).unwrap();
    let blob = |digest: &workloads::image::Digest| {
        std::fs::read(path.join("blobs/sha256").join(digest.hex())).unwrap()
    };
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, bytes).unwrap();
    };
    let mut layers = Vec::new();
    for (i, layer) in original.layers.iter().enumerate() {
        let name = format!("{i:064}/layer.tar");
        add(&name, &blob(&layer.diff_id));
        layers.push(format!("{}/layer.tar", "f".repeat(63) + &i.to_string()));
    }
    let config = format!("{}.json", original.config_digest.hex());
    add(&config, &blob(&original.config_digest));
    let manifest =
        serde_json::json!([{"Config": config, "RepoTags": ["img:old"], "Layers": layers}]);
    add("manifest.json", manifest.to_string().as_bytes());
    for (i, link) in layers.iter().enumerate() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder
            .append_link(&mut header, link, format!("../{i:064}/layer.tar"))
            .unwrap();
    }
    let file = dir.path().join("saved.tar");
    std::fs::write(&file, builder.into_inner().unwrap()).unwrap();
    let saved = open(&file).unwrap();
    assert_eq!(saved.format, Format::DockerArchive);
    assert_eq!(diff_ids(&saved), diff_ids(&original));
    assert_eq!(saved.reference.as_deref(), Some("img:old"));
    assert_eq!(saved.config_digest, original.config_digest);
}

#[test]
fn umoci_accepts_a_generated_image() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::Gzip);
    let image = format!("{}:latest", text(&path));
    let Some(stat) = tool("umoci", &["stat", "--image", &image, "--json"]) else {
        return;
    };
    let stat: serde_json::Value = serde_json::from_slice(&stat).unwrap();
    assert_eq!(stat["history"].as_array().unwrap().len(), 3);
}
