//! Pulling into every driver that can stand on a plain directory here, against the control and against umoci.

use std::path::Path;

use drivers::{Backing, Driver, ErrorKind, Host, Item, Limits, Options, Root, Support, changes};
use workloads::image::{Compression, Image};
use workloads::pull::{Outcome, PullOptions, pull, unpack_into, verify};

use crate::common::{open, tiny, tiny_spec, tool};

/// A directory in memory, where every commit's sync costs nothing; on the disk where a tmpfs takes no user xattrs yet.
fn ground() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .ok()
        .filter(|dir| {
            drivers::fsprobe::probe(dir.path()).is_ok_and(|fs| fs.capabilities.xattr_user)
        })
        .unwrap_or_else(|| tempfile::tempdir_in("/var/tmp").unwrap())
}

/// Runs a test on each driver, in a mount namespace of its own.
#[expect(
    clippy::print_stdout,
    reason = "says which drivers were not asked, and why"
)]
pub(crate) fn on_each_driver(test: impl Fn(&dyn Driver, &Path)) {
    drivers::sandbox::enter().unwrap();
    let host = Host::detect();
    let mut asked = 0;
    for backend in drivers::ALL {
        if !backend.backings().contains(&Backing::Directory) {
            continue;
        }
        if let Support::Missing(missing) = backend.probe(&host) {
            println!("skipped: {}: {}", backend.name(), missing.what);
            continue;
        }
        let dir = ground();
        let root = Root {
            dir: dir.path().join("root"),
            backing: Backing::Directory,
            store_file: None,
            run_id: format!("pulltest-{}", std::process::id()),
        };
        std::fs::create_dir(&root.dir).unwrap();
        match backend.open(&root, &Options::default()) {
            Ok(driver) => {
                test(&*driver, dir.path());
                driver.close().unwrap();
                asked += 1;
            }
            Err(error) => println!("skipped: {error}"),
        }
    }
    assert!(asked > 0, "vfs at least stands on any directory");
}

fn options(parallel: usize) -> PullOptions {
    PullOptions {
        parallel: Some(parallel),
        ..PullOptions::default()
    }
}

pub(crate) fn same_tree(expected: &Path, actual: &Path) {
    let mut differences = changes::compare(Some(expected), actual).unwrap();
    // No layer describes the root itself: its time is that of its making.
    differences.retain(|change| !change.path.is_empty());
    let shown: Vec<String> = differences
        .iter()
        .take(20)
        .map(|c| format!("{:?} {}", c.kind, String::from_utf8_lossy(&c.path)))
        .collect();
    assert!(
        differences.is_empty(),
        "{} differ: {shown:#?}",
        differences.len()
    );
}

#[test]
fn every_driver_shows_what_tar_would_unpack() {
    let images = tempfile::tempdir().unwrap();
    let paths = [Compression::None, Compression::Gzip, Compression::Zstd]
        .map(|compression| tiny(images.path(), compression.name(), compression));
    on_each_driver(|driver, dir| {
        let control = dir.join("control");
        unpack_into(&control, &open(&paths[0]).unwrap(), &options(1)).unwrap();
        for path in &paths {
            for parallel in [1, 3] {
                let image = open(path).unwrap();
                let pulled = pull(driver, &image, &options(parallel)).unwrap();
                assert!(
                    pulled
                        .layers
                        .iter()
                        .all(|layer| layer.outcome == Outcome::Pulled)
                );
                assert!(pulled.busy.unpack > std::time::Duration::ZERO);
                let view = driver.view(Item::Layer(&pulled.top)).unwrap();
                same_tree(&control, view.path());
                view.close().unwrap();
                let again = pull(driver, &image, &options(parallel)).unwrap();
                assert!(
                    again
                        .layers
                        .iter()
                        .all(|layer| layer.outcome == Outcome::AlreadyExists)
                );
                assert_eq!(again.blob_bytes, 0);
                for layer in image.layers.iter().rev() {
                    driver.remove(Item::Layer(&layer.chain_id)).unwrap();
                }
                assert!(driver.list().unwrap().is_empty());
            }
        }
    });
}

#[test]
fn a_second_image_finds_the_shared_layers_there() {
    let images = tempfile::tempdir().unwrap();
    let spec = tiny_spec(Compression::Gzip);
    let paths = [images.path().join("a"), images.path().join("b")];
    workloads::image::generate::write(&spec, &paths[0]).unwrap();
    workloads::image::generate::write(&spec.second(), &paths[1]).unwrap();
    on_each_driver(|driver, dir| {
        let second = open(&paths[1]).unwrap();
        pull(driver, &open(&paths[0]).unwrap(), &options(2)).unwrap();
        let pulled = pull(driver, &second, &options(2)).unwrap();
        let known = pulled
            .layers
            .iter()
            .filter(|l| l.outcome == Outcome::AlreadyExists)
            .count();
        assert_eq!(known, spec.shared_layers as usize);
        assert_eq!(pulled.layers.len(), second.layers.len());
        let control = dir.join("control");
        unpack_into(&control, &second, &options(1)).unwrap();
        let view = driver.view(Item::Layer(&pulled.top)).unwrap();
        same_tree(&control, view.path());
        view.close().unwrap();
    });
}

/// Damages the image's last layer in every way; each pull must say what is wrong and leave the driver as it was.
#[test]
fn a_failed_pull_names_the_digest_and_leaves_nothing() {
    let images = tempfile::tempdir().unwrap();
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let path = tiny(images.path(), compression.name(), compression);
        let good = open(&path).unwrap();
        let layer = &good.layers[2];
        let blob = path
            .join("blobs/sha256")
            .join(layer.digest.as_ref().unwrap().hex());
        let bytes = std::fs::read(&blob).unwrap();
        let mut wrong_diff_id = good.clone();
        wrong_diff_id.layers[2].diff_id = good.layers[0].diff_id.clone();

        on_each_driver(|driver, _| {
            for parallel in [1, 3] {
                let options = options(parallel);
                let refused = |image: &Image, words: &str| {
                    let error = pull(driver, image, &options).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
                    let text = error.to_string();
                    assert!(
                        text.contains(words) && !text.contains('\n'),
                        "{words}: {text}"
                    );
                    assert!(driver.list().unwrap().is_empty(), "{text}");
                };
                for at in [0, bytes.len() / 2, bytes.len() - 1] {
                    let mut bad = bytes.clone();
                    bad[at] ^= 0x40;
                    std::fs::write(&blob, bad).unwrap();
                    // The first bytes also tell the compression: an opened image keeps what it saw.
                    refused(&good, "blob of layer 3");
                }
                std::fs::write(&blob, &bytes[..bytes.len() / 2]).unwrap();
                refused(&good, "bytes too early");
                std::fs::write(&blob, &bytes).unwrap();
                if compression != Compression::None {
                    refused(&wrong_diff_id, "diff id of layer 3");
                }
                let small = PullOptions {
                    limits: Limits {
                        bytes: 1000,
                        entries: 1,
                        path_bytes: 100,
                        ..Limits::default()
                    },
                    ..options.clone()
                };
                assert!(pull(driver, &good, &small).is_err());
                assert!(driver.list().unwrap().is_empty());
            }
            pull(driver, &good, &options(3)).unwrap();
        });
        let control = images.path().join("control");
        assert!(unpack_into(&control, &wrong_diff_id, &options(1)).is_err());
        assert!(!control.exists());
    }
}

#[test]
fn a_bomb_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = tiny(dir.path(), "a", Compression::Gzip);
    let image = open(&path).unwrap();
    // A gigabyte of nothing after an empty archive.
    let file = dir.path().join("bomb.zst");
    let zeros = std::io::Read::take(std::io::repeat(0), 1 << 30);
    zstd::stream::copy_encode(zeros, std::fs::File::create(&file).unwrap(), 1).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let limits = Limits {
        bytes: 1 << 20,
        entries: 100,
        path_bytes: 100,
        ..Limits::default()
    };
    let bomb = saved_with(dir.path(), &bytes, &image);
    let error = verify(&bomb.layers[0], &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput);
    assert!(
        error.to_string().contains("grows beyond the limit"),
        "{error}"
    );
}

/// A `docker save` archive of one layer.
fn saved_with(dir: &Path, layer: &[u8], like: &Image) -> Image {
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [like.layers[0].diff_id]},
    });
    let manifest = r#"[{"Config":"config.json","Layers":["layer.tar"]}]"#;
    let mut builder = tar::Builder::new(std::fs::File::create(dir.join("saved.tar")).unwrap());
    for (name, bytes) in [
        ("config.json", config.to_string().as_bytes()),
        ("manifest.json", manifest.as_bytes()),
        ("layer.tar", layer),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, bytes).unwrap();
    }
    drop(builder.into_inner().unwrap());
    open(&dir.join("saved.tar")).unwrap()
}

#[test]
fn umoci_unpacks_the_same_tree() {
    let dir = ground();
    let path = tiny(dir.path(), "a", Compression::Gzip);
    let bundle = dir.path().join("bundle");
    let image = format!("{}:latest", path.display());
    if tool(
        "umoci",
        &["unpack", "--image", &image, bundle.to_str().unwrap()],
    )
    .is_none()
    {
        return;
    }
    let control = dir.path().join("control");
    unpack_into(&control, &open(&path).unwrap(), &options(1)).unwrap();
    same_tree(&bundle.join("rootfs"), &control);
}
