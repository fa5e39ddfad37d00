//! Every phase is measured, what was done is checked by the workloads themselves, and nothing is left.

use workloads::cell::Scale;
use workloads::recorder::{Metric, Sample};
use workloads::{Cell, Workload};

use crate::common::{Place, on_each_driver};

fn run(workload: &Workload, cell: Cell<'_>) -> Vec<Sample> {
    let mut cell = cell;
    (workload.run)(&mut cell).unwrap();
    let (samples, missing) = cell.recorder.finish();
    assert_eq!(missing, []);
    samples
}

fn timed<'a>(samples: &'a [Sample], phase: &str) -> Vec<&'a Sample> {
    let metrics = [Metric::Time, Metric::LatencyP50];
    let of_phase = samples.iter().filter(|s| s.phase == phase);
    of_phase.filter(|s| metrics.contains(&s.metric)).collect()
}

/// Runs it twice in a driver, so that it finds what it left, and once on the control; `not_there` are phases that a plain
/// directory has not.
fn both(place: &Place<'_>, workload: &Workload, not_there: &[&str]) -> Vec<Sample> {
    let (scale, environment) = (Scale::smoke(), place.environment());
    let (mut items, mut last) = (0, Vec::new());
    for _ in 0..2 {
        let samples = run(workload, place.cell(false, &scale, &environment));
        for (phase, _) in workload.phases {
            assert!(!timed(&samples, phase).is_empty(), "{phase}");
        }
        let declared = |s: &Sample| workload.phases.iter().any(|(name, _)| *name == s.phase);
        assert!(samples.iter().all(declared));
        assert_eq!((place.containers(), place.left()), (0, vec![]));
        // Fixtures stay, and are used again.
        let now = place.driver.list().unwrap().len();
        assert!(items == 0 || items == now, "{items} items, then {now}");
        items = now;
        last = samples;
    }
    let samples = run(workload, place.cell(true, &scale, &environment));
    for (phase, _) in workload.phases {
        let there = !timed(&samples, phase).is_empty();
        assert_eq!(there, !not_there.contains(phase), "{phase} of the control");
    }
    assert_eq!(place.left(), Vec::<std::path::PathBuf>::new());
    let kept = std::fs::read_dir(&place.hostdir).unwrap();
    let kept: Vec<_> = kept.map(|e| e.unwrap().file_name()).collect();
    assert!(
        kept.iter()
            .all(|name| name.to_string_lossy().starts_with("image")),
        "{kept:?}"
    );
    last
}

#[test]
fn builds_are_whole_and_leave_nothing() {
    on_each_driver("build", 2 << 30, |place| {
        let without = ["prepare", "commit", "cached", "rebuild"];
        both(place, &workloads::build::WORKLOAD, &without);
    });
}

#[test]
fn changes_are_found_exported_and_committed() {
    on_each_driver("diff", 2 << 30, |place| {
        let samples = both(place, &workloads::diff::WORKLOAD, &["commit"]);
        let counts: Vec<_> = timed(&samples, "commit")
            .iter()
            .map(|sample| sample.params["changes"].clone())
            .collect();
        assert_eq!(counts, ["0", "10"]);
        // From a dropped page cache and again at once, for each.
        assert_eq!(timed(&samples, "changes").len(), 4);
        assert_eq!(timed(&samples, "changes-naive").len(), 1);
    });
}

#[test]
fn what_is_removed_gives_its_space_back() {
    on_each_driver("remove", 2 << 30, |place| {
        let samples = both(place, &workloads::removal::WORKLOAD, &["unmount"]);
        for phase in ["remove", "space-back"] {
            let what: Vec<_> = timed(&samples, phase)
                .iter()
                .map(|sample| sample.params["what"].clone())
                .collect();
            assert_eq!(what, ["container", "image", "large-layer"], "{phase}");
        }
        let of = |metric| {
            let mut all = samples.iter().filter(move |s| s.metric == metric);
            all.next().unwrap()
        };
        assert_eq!(of(Metric::Payload).value, f64::from((1 << 20) + (20 << 12)));
        let fsync = timed(&samples, "neighbour-fsync");
        assert_eq!(fsync.len(), 2);
        assert_eq!(fsync[0].histogram.as_ref().unwrap().len(), 4);
        assert!(!fsync[1].histogram.as_ref().unwrap().is_empty());
    });
}
