//! A run that measured a part of what a use rests on recommends nothing for it; a part that was measured again counts as
//! the round it stands in for.

mod common;

use reports::decide::{decide, undecided};
use reports::headline::rows;
use reports::uses;
use reports::{Analysis, Block};

fn decided(workloads: &[&str]) -> Vec<&'static str> {
    let mut results = common::results(12);
    results
        .records
        .retain(|record| workloads.contains(&record.workload.as_str()));
    let analysis = Analysis::new(&results);
    decide(&analysis, &rows(&analysis))
        .iter()
        .map(|decision| decision.of.id)
        .collect()
}

#[test]
fn starting_containers_says_nothing_of_writing_in_them() {
    let all = decided(&["pull", "start", "copy-up", "write-heavy"]);
    assert_eq!(all, ["ci-builders", "writing-layer", "writing-volumes"]);
    assert!(decided(&["start"]).is_empty());
    assert!(decided(&["pull"]).is_empty());
}

#[test]
fn what_is_missing_is_said() {
    let results = common::results(6);
    let rows = rows(&Analysis::new(&results));
    let open = undecided(&rows);
    let names: Vec<&str> = open.iter().map(|open| open.of.id).collect();
    assert_eq!(names, ["many-containers", "rootless", "little-disk"]);
    assert_eq!(
        open[0].missing,
        [
            "start-scale",
            "share",
            "density",
            "remove",
            "start-programs"
        ]
    );
    assert!(open.iter().all(|open| open.share > 0.0 && open.share < 0.5));
    let decision = &decide(&Analysis::new(&results), &rows)[0];
    assert_eq!((decision.of, decision.share), (uses::BUILDERS, 0.5));
    assert_eq!(
        decision.missing,
        ["build", "start-programs", "tools", "diff"]
    );
    let page = reports::render(&results);
    assert!(page.contains("Rests on 50 % of what it should, by weight; not measured: build, start-programs, tools, diff."));
    assert!(page.contains("Rootless desktop</strong>: not decided."));
    let told = "Not decided, for want of workloads: many small containers (start-scale, share, density, remove, start-programs)";
    assert!(reports::summary::text(&results, usize::MAX).contains(told));
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
    let builders = decisions.iter().find(|d| d.of == uses::BUILDERS).unwrap();
    assert_eq!(builders.lead.as_ref().unwrap().rounds, 6);
}
