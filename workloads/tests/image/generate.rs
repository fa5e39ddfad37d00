//! Generated images: the same everywhere, well-formed in the eyes of others, and of the shape that was asked for.

use crate::common::{open, tiny, tiny_spec};
use workloads::image::Compression;
use workloads::image::generate::{self, Preset, START_FILES_LABEL, Spec};

/// Golden digests: when one changes, records made before and after are not comparable. A change needs a reason, and the
/// presets a new name.
#[test]
fn a_seed_gives_the_same_bytes_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    for (compression, expected) in [
        (
            Compression::None,
            "sha256:5705e43533e9bcf172b9a5e6c54ccf26f607a53d51d8b796010b0a6f40d018dd",
        ),
        (
            Compression::Gzip,
            "sha256:b2a9ae00a7f9904cc32e20fe02810182382ea7961d66ef756c8ed39742906cb7",
        ),
        (
            Compression::Zstd,
            "sha256:d933688960cf1f8f3b80e114fdd764cc0905c0847556245ac571216ce8451a17",
        ),
    ] {
        let image = open(&tiny(dir.path(), compression.name(), compression)).unwrap();
        let digest = image.manifest_digest.unwrap();
        assert_eq!(digest.as_str(), expected, "{compression:?}");
    }
}

#[test]
fn another_seed_gives_another_image() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&tiny(dir.path(), "a", Compression::None)).unwrap();
    let spec = Spec {
        seed: 2,
        ..tiny_spec(Compression::None)
    };
    generate::write(&spec, &dir.path().join("b")).unwrap();
    let second = open(&dir.path().join("b")).unwrap();
    assert_ne!(first.layers[0].diff_id, second.layers[0].diff_id);
}

#[test]
fn a_second_image_shares_the_lower_layers_only() {
    let dir = tempfile::tempdir().unwrap();
    let spec = tiny_spec(Compression::Gzip);
    generate::write(&spec, &dir.path().join("a")).unwrap();
    generate::write(&spec.second(), &dir.path().join("b")).unwrap();
    let (a, b) = (
        open(&dir.path().join("a")).unwrap(),
        open(&dir.path().join("b")).unwrap(),
    );
    let shared = a
        .layers
        .iter()
        .zip(&b.layers)
        .take_while(|(a, b)| a.chain_id == b.chain_id && a.digest == b.digest)
        .count();
    assert_eq!(shared, spec.shared_layers as usize);
    assert!(shared > 0 && shared < a.layers.len());
}

#[test]
fn the_size_is_about_what_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let spec = tiny_spec(Compression::None);
    let image = open(&tiny(dir.path(), "a", Compression::None)).unwrap();
    let (mut bytes, mut files) = (0, 0);
    for layer in &image.layers {
        let mut archive = tar::Archive::new(layer.open());
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            bytes += entry.size();
            files += u64::from(entry.size() > 0);
        }
    }
    assert!(
        (spec.bytes * 9 / 10..spec.bytes * 12 / 10).contains(&bytes),
        "{bytes}"
    );
    assert!((100..160).contains(&files), "{files}");
    let start = &image.config.labels[START_FILES_LABEL];
    assert!(start.lines().count() >= 4, "{start}");
    assert_eq!(image.config.cmd, ["/bin/true"]);
}

#[test]
fn the_documents_are_what_the_image_spec_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::Zstd);
    let index = oci_spec::image::ImageIndex::from_file(path.join("index.json")).unwrap();
    let descriptor = &index.manifests()[0];
    let blob = |digest: &oci_spec::image::Digest| path.join("blobs/sha256").join(digest.digest());
    let manifest = oci_spec::image::ImageManifest::from_file(blob(descriptor.digest())).unwrap();
    assert_eq!(
        manifest.layers()[0].media_type(),
        &oci_spec::image::MediaType::ImageLayerZstd
    );
    let config =
        oci_spec::image::ImageConfiguration::from_file(blob(manifest.config().digest())).unwrap();
    assert_eq!(config.rootfs().diff_ids().len(), 3);
    assert_eq!(
        oci_spec::image::OciLayout::from_file(path.join("oci-layout"))
            .unwrap()
            .image_layout_version(),
        "1.0.0"
    );
}

#[test]
fn what_is_there_is_never_overwritten_and_a_failure_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::None);
    let refused = generate::write(&tiny_spec(Compression::None), &path).unwrap_err();
    assert_eq!(refused.kind(), drivers::ErrorKind::AlreadyExists);
    open(&path).unwrap();
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["a"]);
}

#[test]
fn specs_that_cannot_be_made_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let good = Preset::Tiny.spec();
    for bad in [
        Spec {
            layers: 0,
            ..good.clone()
        },
        Spec {
            files: 1,
            ..good.clone()
        },
        Spec {
            bytes: 1,
            ..good.clone()
        },
        Spec {
            depth: 0,
            ..good.clone()
        },
        Spec {
            duplication: 1.5,
            ..good.clone()
        },
        Spec {
            compressibility: f64::NAN,
            ..good.clone()
        },
        Spec {
            architecture: "vax".to_owned(),
            ..good.clone()
        },
        Spec {
            shared_layers: 4,
            ..good
        },
    ] {
        let refused = generate::write(&bad, &dir.path().join("x")).unwrap_err();
        assert_eq!(refused.kind(), drivers::ErrorKind::BadInput, "{refused}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
