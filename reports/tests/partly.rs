//! A run that measured a part of what a use rests on recommends nothing for it; a part that was measured again counts as
//! the round it stands in for.

mod common;

use reports::decide::decide;
use reports::headline::{Use, rows};
use reports::{Analysis, Block};

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

#[test]
fn a_repeat_takes_the_place_of_its_round_beside_other_workloads() {
    let mut results = common::results(6);
    let mut again: Vec<_> = results.records.clone();
    again.retain(|record| record.workload == "start" && record.round == 2);
    again.iter_mut().for_each(|record| record.round = 6);
    assert!(!again.is_empty());
    results.records.extend(again);
    results.blocks.push(Block {
        workload: "start".to_owned(),
        round: 6,
        repeats: 2,
        flags: vec!["steal 12 %".to_owned()],
        counts: true,
    });
    let analysis = Analysis::new(&results);
    let decisions = decide(&analysis, &rows(&analysis));
    let builders = decisions.iter().find(|d| d.of == Use::Builders).unwrap();
    assert_eq!(builders.lead.as_ref().unwrap().rounds, 6);
}
