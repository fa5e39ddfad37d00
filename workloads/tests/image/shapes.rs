//! The `pull-shapes` workload on real drivers and on the control.

use std::path::Path;

use drivers::ErrorKind;
use workloads::cell::{Cell, Ground, Scale};
use workloads::image::{Compression, Image};
use workloads::pull::SHAPES;
use workloads::recorder::{Metric, Recorder, Sample, Uncounted};

use crate::common::{open, tiny};
use crate::pull::on_each_driver;
use crate::workload::Sync;

/// Runs it once; what it measured, and the orders it could not do.
fn run(
    ground: Ground<'_>,
    dir: &Path,
    image: &Image,
    limits: drivers::Limits,
) -> (drivers::Result<()>, Vec<Sample>, usize) {
    let (plain, scratch) = (dir.join("plain"), dir.join("scratch"));
    for dir in [&plain, &scratch] {
        std::fs::create_dir_all(dir).unwrap();
    }
    let mut cell = Cell {
        ground,
        plain: &plain,
        scratch: &scratch,
        image,
        second_image: None,
        limits,
        scale: &Scale::smoke(),
        seed: 1,
        name: "r1".to_owned(),
        recorder: Recorder::new(Box::new(Uncounted)),
        environment: &Sync,
    };
    let outcome = (SHAPES.run)(&mut cell);
    let (samples, missing) = cell.recorder.finish();
    assert!(missing.iter().all(|m| m.params["order"] == "parallel"));
    for dir in [&plain, &scratch] {
        assert_eq!(std::fs::read_dir(dir).unwrap().count(), 0, "{dir:?}");
    }
    (outcome, samples, missing.len())
}

/// Shape, compression and order of every pull, with the bytes it unpacked.
fn pulls(samples: &[Sample]) -> Vec<(String, f64)> {
    let payloads = samples.iter().filter(|s| s.metric == Metric::Payload);
    payloads
        .map(|sample| {
            let values: Vec<&str> = sample.params.values().map(String::as_str).collect();
            (values.join(" "), sample.value)
        })
        .collect()
}

#[test]
fn every_shape_is_pulled_whole_and_taken_away() {
    let images = tempfile::tempdir().unwrap();
    let image = open(&tiny(images.path(), "run", Compression::Gzip)).unwrap();
    on_each_driver(|driver, dir| {
        let limits = drivers::Limits::default();
        let parallel = driver.capabilities().parallel_apply;
        let (outcome, samples, missing) = run(Ground::Driver(driver), dir, &image, limits);
        outcome.unwrap();
        assert_eq!(missing, usize::from(!parallel));
        assert!(driver.list().unwrap().is_empty());
        let pulled = pulls(&samples);
        assert_eq!(pulled.len(), 6 - missing, "{pulled:?}");
        assert!(pulled.iter().all(|(_, bytes)| *bytes > 100_000.0));
        // Commits that are said to outlive power cuts wait for the disk, and say how long.
        let waits = samples.iter().any(|s| s.phase == "sync" && s.value > 0.0);
        if waits {
            assert!(driver.capabilities().layers_survive_power_cuts);
        }
        let hostdir = dir.join("hostdir");
        std::fs::create_dir_all(&hostdir).unwrap();
        let (outcome, samples, missing) = run(Ground::HostDir(&hostdir), dir, &image, limits);
        outcome.unwrap();
        assert_eq!(missing, 1);
        assert_eq!(std::fs::read_dir(&hostdir).unwrap().count(), 0);
        // All unpacked the same.
        for (name, bytes) in pulls(&samples) {
            let same = pulled.iter().find(|(other, _)| *other == name).unwrap();
            assert_eq!(same.1, bytes, "{name}");
        }
    });
}

#[test]
fn a_limit_that_is_too_low_ends_it_and_leaves_nothing() {
    let images = tempfile::tempdir().unwrap();
    let image = open(&tiny(images.path(), "run", Compression::Gzip)).unwrap();
    let limits = drivers::Limits {
        entries: 20,
        ..drivers::Limits::default()
    };
    on_each_driver(|driver, dir| {
        let (outcome, ..) = run(Ground::Driver(driver), dir, &image, limits);
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
        assert!(error.to_string().contains("entries"), "{error}");
        assert!(driver.list().unwrap().is_empty());
    });
}
