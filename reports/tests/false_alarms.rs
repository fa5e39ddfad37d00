//! The statistics on simulated machines, in seconds: what `cargo bench -p layerbench-reports --bench calibration` asks with
//! many more runs. Seeded, so that the shares are fixed.

#[path = "../benches/calibration/machine.rs"]
mod machine;
#[path = "../benches/calibration/share.rs"]
mod share;
#[path = "../benches/calibration/trials.rs"]
mod trials;

use machine::Drift;

#[test]
fn identical_subjects_differ_in_about_five_of_a_hundred_tests_and_never_in_a_verdict() {
    for drift in Drift::ALL {
        let got = trials::runs(7, drift, 12, 1.0, 12);
        let name = drift.name();
        assert!(got.raw.within(3.0, 7.0), "{name}: {}", got.raw);
        assert!(got.omnibus.within(3.0, 7.0), "{name}: {}", got.omnibus);
        assert!(got.covered.within(95.0, 100.0), "{name}: {}", got.covered);
        assert!(got.found.percent() < 0.5, "{name}: {}", got.found);
        assert!(got.any.within(0.0, 5.0), "{name}: {}", got.any);
        assert_eq!(
            (got.better.percent(), got.worse.percent()),
            (0.0, 0.0),
            "{name}"
        );
    }
}

#[test]
fn eight_percent_are_found_in_twenty_rounds_and_never_called_equal() {
    for drift in Drift::ALL {
        let got = trials::runs(5, drift, 20, 1.08, 12);
        let name = drift.name();
        assert!(got.raw.within(80.0, 100.0), "{name}: {}", got.raw);
        assert!(got.covered.within(95.0, 100.0), "{name}: {}", got.covered);
        assert!(got.equivalent.percent() < 1.0, "{name}: {}", got.equivalent);
    }
}

#[test]
fn a_quarter_more_is_worse() {
    let got = trials::runs(6, Drift::Neighbour, 20, 1.25, 5);
    assert!(got.worse.percent() > 90.0, "{}", got.worse);
}

#[test]
fn without_blocks_drift_deceives() {
    let got = trials::designs(3, Drift::Ramp, 10, 1.0, 200);
    assert!(got.paired.within(3.0, 7.0), "{}", got.paired);
    assert!(got.far.percent() > 80.0, "{}", got.far);
    assert!(
        got.adjacent.percent() > got.paired.percent(),
        "{}",
        got.adjacent
    );
    assert!(got.unpaired.percent() < 3.0, "{}", got.unpaired);
}

#[test]
fn intervals_of_geometric_means_hold_the_truth() {
    let got = trials::geometric_means(9, Drift::Wander, 12, 40);
    assert!(got.within(92.0, 98.0), "{got}");
}
