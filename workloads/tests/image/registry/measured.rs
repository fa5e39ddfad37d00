//! Pulls of layers that are only arriving, and the phases of `pull` that only an image of a registry has.

use std::path::Path;

use drivers::{Driver, ErrorKind, Item};
use workloads::cell::{Cell, Ground, Scale};
use workloads::image::Image;
use workloads::image::registry::RegistryOptions;
use workloads::pull::{PullOptions, pull, unpack_into};
use workloads::recorder::{Metric, Recorder, Uncounted};

use super::faults::image;
use super::server::{Reply, Server};
use crate::common::open;
use crate::pull::{on_each_driver, same_tree};
use crate::workload::Sync;

fn fetch(server: &Server, dir: &Path) -> Image {
    let at = tempfile::tempdir_in(dir).unwrap().keep();
    server.fetch(&RegistryOptions::default(), &at).unwrap()
}

/// Pulls while it is downloaded; the blobs go through `dir`.
fn arriving(driver: &dyn Driver, image: &Image, dir: &Path) -> drivers::Result<()> {
    let contact = image.origin.as_ref().unwrap().resolve()?;
    let pull = |image: &Image| pull(driver, image, &PullOptions::default());
    contact.pull_arriving(image, dir, 2, pull).map(drop)
}

#[test]
fn what_arrives_is_unpacked_as_what_was_there() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, |asked| match asked.before % 2 {
        0 if asked.is_blob() => Reply::Cut(2000),
        _ => Reply::Usual,
    });
    on_each_driver(|driver, dir| {
        let image = fetch(&server, dir);
        let control = dir.join("control");
        unpack_into(&control, &open(&layout).unwrap(), &PullOptions::default()).unwrap();
        arriving(driver, &image, dir).unwrap();
        let view = driver
            .view(Item::Layer(&image.top().unwrap().chain_id))
            .unwrap();
        same_tree(&control, view.path());
        view.close().unwrap();
    });
}

#[test]
fn a_download_that_fails_leaves_no_layer() {
    let (_kept, layout) = image();
    let last = open(&layout).unwrap().layers.pop().unwrap().digest.unwrap();
    for (reply, kind, words) in [
        (Reply::Flip, ErrorKind::BadInput, "digest"),
        (Reply::Longer(5), ErrorKind::BadInput, "bytes, where"),
        (
            Reply::Say(404, Vec::new(), Vec::new()),
            ErrorKind::NotFound,
            "404",
        ),
    ] {
        // Good when the image is fetched, bad ever after.
        let of = (last.to_string(), reply);
        let server = Server::start(&layout, move |asked| {
            if asked.path.ends_with(&of.0) && asked.before > 0 {
                of.1.clone()
            } else {
                Reply::Usual
            }
        });
        let dir = tempfile::tempdir().unwrap();
        let image = fetch(&server, dir.path());
        on_each_driver(|driver, dir| {
            let error = arriving(driver, &image, dir).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(words), "{error}");
            assert!(driver.list().unwrap().is_empty());
        });
    }
}

#[test]
fn a_tag_that_moved_is_told() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, |_| Reply::Usual);
    let dir = tempfile::tempdir().unwrap();
    let image = fetch(&server, dir.path());
    let (_other_kept, other) = {
        let dir = tempfile::tempdir().unwrap();
        let spec = crate::common::tiny_spec(workloads::image::Compression::None);
        let path = dir.path().join("image");
        workloads::image::generate::write(&spec, &path).unwrap();
        (dir, path)
    };
    // The same tag leads to another image from now on.
    for name in ["index.json", "blobs"] {
        let (from, to) = (other.join(name), layout.join(name));
        let old = layout.join("old");
        std::fs::rename(&to, &old).unwrap();
        std::fs::rename(&from, &to).unwrap();
        std::fs::rename(&old, layout.join(format!("old-{name}"))).unwrap();
    }
    let error = image.origin.as_ref().unwrap().resolve().unwrap_err();
    assert!(error.to_string().contains("another image now"), "{error}");
}

#[test]
fn the_workload_measures_asking_downloading_and_all_of_it() {
    let (_kept, layout) = image();
    let server = Server::start(&layout, |_| Reply::Usual);
    on_each_driver(|driver, dir| {
        let image = fetch(&server, dir);
        let hostdir = dir.join("hostdir");
        std::fs::create_dir(&hostdir).unwrap();
        for ground in [Ground::Driver(driver), Ground::HostDir(&hostdir)] {
            let (plain, scratch) = (dir.join("plain"), dir.join("scratch"));
            for dir in [&plain, &scratch] {
                if !dir.exists() {
                    std::fs::create_dir(dir).unwrap();
                }
            }
            let mut cell = Cell {
                ground,
                plain: &plain,
                scratch: &scratch,
                image: &image,
                second_image: None,
                limits: drivers::Limits::default(),
                scale: &Scale::smoke(),
                seed: 1,
                name: "r1".to_owned(),
                recorder: Recorder::new(Box::new(Uncounted)),
                environment: &Sync,
            };
            (workloads::pull::WORKLOAD.run)(&mut cell).unwrap();
            let (samples, missing) = cell.recorder.finish();
            assert!(missing.is_empty());
            let of = |phase: &str, metric: Metric| {
                samples
                    .iter()
                    .filter(|s| s.phase == phase && s.metric == metric)
                    .map(|s| (s.params.get("downloads").cloned(), s.value))
                    .collect::<Vec<_>>()
            };
            assert_eq!(of("resolve", Metric::Time).len(), 1);
            let stored: u64 = image.layers.iter().map(|layer| layer.size).sum();
            for (one, downloads) in of("download", Metric::Payload).iter().zip(["1", "4"]) {
                assert_eq!(one.0.as_deref(), Some(downloads));
                assert!((one.1 - stored as f64).abs() < 0.5);
            }
            assert_eq!(of("download", Metric::Durable).len(), 2);
            assert!(
                of("download-verify", Metric::Time)
                    .iter()
                    .all(|(_, s)| *s > 0.0)
            );
            assert_eq!(of("pull-registry", Metric::Durable).len(), 1);
            for dir in [&plain, &scratch] {
                assert_eq!(std::fs::read_dir(dir).unwrap().count(), 0);
            }
        }
        assert_eq!(driver.list().unwrap().len(), image.layers.len());
        assert!(hostdir.join("image/bin/true").exists());
    });
}
