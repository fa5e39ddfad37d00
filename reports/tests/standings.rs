//! Who stands where, who cannot be told apart, and what becomes of what was not finished: never a wrong verdict, always a
//! sentence.

use reports::decide::decide;
use reports::finish::{nobody, timed_out};
use reports::headline::{Row, rows};
use reports::stats::random::Random;
use reports::stats::{Verdict, Why};
use reports::tied::{Tied, tied};
use reports::uses;
use reports::{Analysis, Results, markdown, render, summary};

/// The work of the use "CI builders": workload and phase.
const WORK: [(&str, &str); 3] = [
    ("pull", "pull"),
    ("pull", "pull-second"),
    ("start", "total"),
];

/// A run in the making.
struct Made {
    lines: Vec<String>,
    rounds: u32,
    random: Random,
}

impl Made {
    fn new(rounds: u32) -> Self {
        let run = format!(
            r#"{{"kind":"run","schema":2,"version":"","commit":"","seed":1,"profile":"","rounds":{rounds},"started":"","command_line":[],"config":{{}},"image":{{}},"workloads":[{{"name":"pull","question":"?","phases":[]}},{{"name":"start","question":"?","phases":[]}}]}}"#
        );
        let mut made = Self {
            lines: vec![run],
            rounds,
            random: Random::new(5),
        };
        made.subject("plain", "control", [1.0; 3]);
        made
    }

    /// A subject that takes so many seconds for each of [`WORK`], give or take 1 %.
    fn subject(&mut self, name: &str, role: &str, seconds: [f64; 3]) {
        self.announce(name, role);
        for ((workload, phase), seconds) in WORK.into_iter().zip(seconds) {
            if seconds.is_finite() {
                self.measure(name, workload, phase, seconds, 0..self.rounds);
            }
        }
    }

    fn announce(&mut self, name: &str, role: &str) {
        self.lines.push(format!(
            r#"{{"kind":"subject","name":"{name}","driver":"{name}","role":"{role}","control":"plain","options":{{}},"support":{{"status":"ready"}},"facts":[],"capabilities":{{}}}}"#
        ));
    }

    fn measure(
        &mut self,
        name: &str,
        workload: &str,
        phase: &str,
        seconds: f64,
        rounds: std::ops::Range<u32>,
    ) {
        for round in rounds {
            let value = seconds * (0.01 * self.random.normal()).exp();
            self.lines.push(format!(
                r#"{{"kind":"record","subject":"{name}","driver":"","workload":"{workload}","phase":"{phase}","metric":"time","unit":"s","round":{round},"position":0,"value":{value}}}"#
            ));
        }
    }

    /// The subject does not finish a workload in a round; after `limit` seconds if there is a limit.
    fn stopped(&mut self, name: &str, workload: &str, round: u32, limit: Option<u32>) {
        let after = limit.map_or(String::new(), |limit| {
            format!(r#""after_seconds":{limit},"#)
        });
        self.lines.push(format!(
            r#"{{"kind":"dnf","subject":"{name}","workload":"{workload}","round":{round},{after}"reason":"it stood still"}}"#
        ));
    }

    fn results(&self) -> Results {
        Results::from_lines(&self.lines.join("\n")).unwrap()
    }
}

fn row(analysis: &Analysis<'_>, phase: &str) -> (Row, Tied) {
    let rows = rows(analysis);
    let at = rows.iter().position(|row| row.key.phase == phase).unwrap();
    (rows[at].clone(), tied(analysis, &rows)[at].clone().unwrap())
}

#[test]
fn whoever_differs_has_a_letter_of_its_own() {
    let mut made = Made::new(12);
    made.subject("slow", "subject", [2.0; 3]);
    made.subject("one", "subject", [1.0; 3]);
    made.subject("two", "subject", [1.0; 3]);
    let results = made.results();
    let analysis = Analysis::new(&results);
    let (_, tied) = row(&analysis, "pull");
    assert_eq!(
        [tied.of("one"), tied.of("two"), tied.of("slow")],
        [Some("a"), Some("a"), Some("b")]
    );
    assert!(
        tied.words().contains("drivers differ, p < 0.001, n = 12"),
        "{}",
        tied.words()
    );
    let decision = &decide(&analysis, &rows(&analysis))[0];
    assert_eq!(decision.of, uses::BUILDERS);
    assert_eq!(decision.winners().len(), 2);
    let slow = decision.standings.last().unwrap();
    let interval = slow.interval.unwrap();
    assert_eq!((slow.name.as_str(), slow.letters.as_str()), ("slow", "b"));
    assert!(
        interval.low < 2.0 && 2.0 < interval.high && interval.high < 2.05,
        "{slow:?}"
    );
    assert!(decision.fragile.is_empty());
}

#[test]
fn twins_share_a_letter_and_nobody_is_named() {
    let mut made = Made::new(12);
    for name in ["one", "two", "three"] {
        made.subject(name, "subject", [1.0; 3]);
    }
    let results = made.results();
    let analysis = Analysis::new(&results);
    for (_, phase) in WORK {
        let (_, tied) = row(&analysis, phase);
        assert!(
            tied.letters.iter().all(|(_, letters)| letters == "a"),
            "{tied:?}"
        );
        assert!(
            tied.words().contains("no driver surely differs"),
            "{}",
            tied.words()
        );
    }
    let decision = &decide(&analysis, &rows(&analysis))[0];
    assert!(decision.winners().is_empty());
    assert!(
        decision.standings.iter().all(|s| s.letters == "a"),
        "{decision:?}"
    );
}

#[test]
fn too_few_rounds_rank_nobody_and_say_so() {
    let mut made = Made::new(4);
    made.subject("slow", "subject", [2.0; 3]);
    made.subject("fast", "subject", [1.0; 3]);
    let results = made.results();
    let analysis = Analysis::new(&results);
    let (_, tied) = row(&analysis, "pull");
    assert!(tied.letters.is_empty() && tied.words().contains("too few rounds"));
    let decision = &decide(&analysis, &rows(&analysis))[0];
    assert!(
        decision
            .standings
            .iter()
            .all(|s| s.letters.is_empty() && s.interval.is_none())
    );
    assert!(
        summary::text(&results, 200)
            .contains("4 rounds are too few to be sure of anything (6 are the least)")
    );
}

#[test]
fn a_time_out_ranks_last_has_no_ratio_and_never_flatters() {
    let mut made = Made::new(14);
    made.subject("steady", "subject", [1.0; 3]);
    made.announce("hangs", "subject");
    // Twice as fast as the control where it finishes, which is in half of the rounds.
    for (workload, phase) in WORK {
        made.measure("hangs", workload, phase, 0.5, 0..7);
    }
    for round in 7..14 {
        made.stopped("hangs", "pull", round, Some(60));
        made.stopped("hangs", "start", round, Some(60));
    }
    let results = made.results();
    let analysis = Analysis::new(&results);
    let (row, tied) = row(&analysis, "pull");
    assert_eq!(timed_out(&analysis, "hangs", &row.key).len(), 7);
    assert_eq!(
        tied.test.unwrap().rounds,
        14,
        "a round with a time-out counts"
    );
    let compared = analysis.against_control("hangs", &row.key).unwrap();
    assert_eq!((compared.pair.rounds, compared.timed_out), (7, 7));
    assert_eq!(compared.verdict, Verdict::Inconclusive(Why::TimedOut));
    let decision = &decide(&analysis, &rows(&analysis))[0];
    assert_eq!(decision.ranking, ["steady"]);
    assert!(
        decision.out[0]
            .1
            .contains("timed out in 7 rounds of: Pull the image"),
        "{:?}",
        decision.out
    );
    assert!(render(&results).contains("7 rounds timed out"));
}

#[test]
fn one_that_always_times_out_is_last_of_all() {
    let mut made = Made::new(8);
    made.subject("steady", "subject", [1.0; 3]);
    made.announce("hangs", "subject");
    for round in 0..8 {
        made.stopped("hangs", "pull", round, Some(60));
    }
    let results = made.results();
    let analysis = Analysis::new(&results);
    let (_, tied) = row(&analysis, "pull");
    assert_eq!(
        tied.letters,
        [("steady".into(), "a".into()), ("hangs".into(), "b".into())]
    );
    assert!(render(&results).contains("over 60.0 s"));
}

#[test]
fn what_failed_is_neither_ranked_nor_imputed() {
    let mut made = Made::new(8);
    made.subject("whole", "subject", [1.0; 3]);
    made.subject("half", "subject", [0.5, 0.5, f64::INFINITY]);
    for round in 0..8 {
        made.stopped("half", "start", round, None);
    }
    let results = made.results();
    let analysis = Analysis::new(&results);
    let rows = rows(&analysis);
    let start = rows
        .iter()
        .position(|row| row.key.workload == "start")
        .unwrap();
    assert!(
        tied(&analysis, &rows)[start].is_none(),
        "one subject alone has no rank"
    );
    let decision = &decide(&analysis, &rows)[0];
    assert_eq!(decision.ranking, ["whole"]);
    let half = decision
        .standings
        .iter()
        .find(|s| s.name == "half")
        .unwrap();
    assert_eq!((half.covered, half.of, half.letters.as_str()), (2, 3, ""));
    assert!((half.times.unwrap() - 0.5).abs() < 0.01);
    assert!(
        markdown::summary(&results).contains("x (2/3)"),
        "{}",
        markdown::summary(&results)
    );
}

#[test]
fn a_workload_nobody_finished_gets_a_sentence() {
    let mut made = Made::new(6);
    for name in ["one", "two"] {
        made.subject(name, "subject", [1.0, 1.0, f64::INFINITY]);
        for round in 0..6 {
            made.stopped(name, "start", round, None);
        }
    }
    let results = made.results();
    let said = nobody(&Analysis::new(&results));
    let want = "Nobody finished start, so nothing is said of it; all 2 subjects: it stood still";
    assert_eq!(said, [want]);
    assert!(summary::text(&results, 200).contains(want) && render(&results).contains(want));
}

#[test]
fn a_recommendation_that_rests_on_one_workload_says_so() {
    let mut made = Made::new(12);
    made.subject("puller", "subject", [0.2, 0.2, 1.5]);
    made.subject("starter", "subject", [1.0, 1.0, 1.0]);
    let results = made.results();
    let analysis = Analysis::new(&results);
    let decision = &decide(&analysis, &rows(&analysis))[0];
    assert_eq!(decision.winners(), ["puller"]);
    assert_eq!(decision.fragile, [("pull".into(), Some("starter".into()))]);
    assert!(
        summary::text(&results, 200)
            .contains("CI builders: this rests on pull; without it starter would lead.")
    );
}

#[test]
fn a_difference_no_clock_can_tell_is_no_verdict() {
    let mut made = Made::new(12);
    made.lines.retain(|line| !line.contains("\"record\""));
    for (name, seconds) in [("plain", 1e-5), ("near", 1.5e-5), ("far", 4e-5)] {
        if name != "plain" {
            made.announce(name, "subject");
        }
        made.measure(name, "pull", "pull", seconds, 0..12);
    }
    let results = made.results();
    let analysis = Analysis::new(&results);
    let (row, _) = row(&analysis, "pull");
    let verdict = |name| analysis.against_control(name, &row.key).unwrap().verdict;
    assert_eq!(verdict("near"), Verdict::Inconclusive(Why::BelowFloor));
    assert_eq!(verdict("far"), Verdict::Worse);
}
