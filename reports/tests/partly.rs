//! A run that measured a part of what a use rests on recommends nothing for it.

mod common;

use reports::Analysis;
use reports::decide::decide;
use reports::headline::{Use, rows};

fn uses(workloads: &[&str]) -> Vec<Use> {
    let mut results = common::results(12);
    results
        .records
        .retain(|record| workloads.contains(&record.workload.as_str()));
    let analysis = Analysis::new(&results);
    decide(&analysis, &rows(&analysis))
        .iter()
        .map(|decision| decision.of)
        .collect()
}

#[test]
fn starting_containers_says_nothing_of_writing_in_them() {
    let all = uses(&["pull", "start", "copy-up", "write-heavy"]);
    assert!(all.contains(&Use::Writing) && all.contains(&Use::Density));
    let of_start = uses(&["start"]);
    assert!(!of_start.contains(&Use::Writing), "{of_start:?}");
    assert!(of_start.contains(&Use::Density), "{of_start:?}");
}
