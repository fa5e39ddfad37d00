//! The `pull` workload on real drivers and on the control.

use std::path::Path;

use drivers::Result;
use workloads::cell::{Cell, Ground, Place, Scale};
use workloads::environment::{CacheState, Environment, Probe, Settled};
use workloads::image::{Compression, Image};
use workloads::recorder::{Metric, Recorder, Sample, Uncounted};

use crate::common::{open, tiny_spec};
use crate::pull::on_each_driver;

/// Syncs, and proves nothing about caches.
#[derive(Debug)]
pub(crate) struct Sync;

impl Environment for Sync {
    fn settle(&self, _: CacheState, _: Probe<'_>) -> Result<Settled> {
        self.sync()?;
        Ok(Settled::proven(CacheState::Warm))
    }

    fn sync(&self) -> Result<()> {
        rustix::fs::sync();
        Ok(())
    }
}

fn run(ground: Ground<'_>, dir: &Path, image: &Image, second: &Image) -> (Vec<Sample>, Place) {
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
        image,
        second_image: Some(second),
        limits: drivers::Limits::default(),
        scale: &Scale::smoke(),
        seed: 1,
        name: "r1.Pull Test!".to_owned(),
        recorder: Recorder::new(Box::new(Uncounted)),
        environment: &Sync,
    };
    (workloads::pull::WORKLOAD.run)(&mut cell).unwrap();
    let place = cell.ensure_image().unwrap();
    let (samples, missing) = cell.recorder.finish();
    assert_eq!(missing.len(), 0);
    (samples, place)
}

fn time(samples: &[Sample], phase: &str) -> Option<f64> {
    value(samples, phase, Metric::Time)
}

fn value(samples: &[Sample], phase: &str, metric: Metric) -> Option<f64> {
    let mut of_phase = samples
        .iter()
        .filter(|s| s.phase == phase && s.metric == metric);
    of_phase.next().map(|sample| sample.value)
}

fn check(first: &[Sample], again: &[Sample]) {
    assert_eq!(time(first, "remove"), None, "there was nothing to remove");
    // What only an image of a registry has: see registry/measured.rs.
    let of_registries = |phase: &str| {
        phase.contains("registry") || phase.contains("download") || phase == "resolve"
    };
    for (phase, _) in workloads::pull::WORKLOAD.phases {
        // Only where commits wait for the disk; and what only images of registries have.
        if *phase == "sync" || of_registries(phase) {
            continue;
        }
        let seconds = time(again, phase).unwrap_or_else(|| panic!("{phase}"));
        assert!((0.0..600.0).contains(&seconds), "{phase}");
    }
    let declared: Vec<&str> = workloads::pull::WORKLOAD
        .phases
        .iter()
        .map(|p| p.0)
        .collect();
    assert!(again.iter().all(|s| declared.contains(&s.phase.as_str())));
    for phase in ["remove", "pull", "pull-second"] {
        let durable = value(again, phase, Metric::Durable);
        assert!(time(again, phase) <= durable, "{phase}");
    }
    let payload = |s: &&Sample| s.phase == "pull" && s.metric == Metric::Payload;
    assert!(again.iter().find(payload).unwrap().value > 900_000.0);
}

#[test]
fn the_workload_leaves_the_image_and_nothing_else() {
    let images = tempfile::tempdir().unwrap();
    let spec = tiny_spec(Compression::Gzip);
    let paths = [images.path().join("a"), images.path().join("b")];
    workloads::image::generate::write(&spec, &paths[0]).unwrap();
    workloads::image::generate::write(&spec.second(), &paths[1]).unwrap();
    let [image, second] = paths.map(|path| open(&path).unwrap());
    on_each_driver(|driver, dir| {
        let (first, _) = run(Ground::Driver(driver), dir, &image, &second);
        let (again, place) = run(Ground::Driver(driver), dir, &image, &second);
        check(&first, &again);
        let top = image.top().unwrap().chain_id.clone();
        assert_eq!(place, Place::Layer(top));
        assert_eq!(driver.list().unwrap().len(), image.layers.len());

        let hostdir = dir.join("hostdir");
        if !hostdir.exists() {
            std::fs::create_dir(&hostdir).unwrap();
        }
        let (first, _) = run(Ground::HostDir(&hostdir), dir, &image, &second);
        let (again, place) = run(Ground::HostDir(&hostdir), dir, &image, &second);
        check(&first, &again);
        assert_eq!(place, Place::Directory(hostdir.join("image")));
        assert!(hostdir.join("image/bin/true").exists());
        let mut left: Vec<_> = std::fs::read_dir(&hostdir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["image", "image.id"]);
    });
}
