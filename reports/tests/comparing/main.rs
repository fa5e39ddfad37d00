//! Comparing and gating on made-up runs: what is planted is found and told twice, what is not there is not found, and
//! what cannot be compared is said so, never judged.

mod bad_input;
#[path = "../made_up/mod.rs"]
mod made_up;

use made_up::Made;
use reports::compare::{Call, Comparison, Matters, Method, Options, show};
use reports::gate::{Gate, Kind, Limit, Limits, State, Status, Strictness};
use reports::{Outcome, Results};

fn options() -> Options {
    Options {
        labels: ["a".to_owned(), "b".to_owned()],
        ..Options::default()
    }
}

fn compare(a: &Results, b: &Results) -> Comparison {
    Comparison::new(a, b, &options()).unwrap()
}

fn limited(limits: &[&str]) -> Options {
    let limits = limits
        .iter()
        .map(|text| Limit::parse_whole(text).unwrap())
        .collect();
    Options {
        limits: Limits::new(limits),
        ..options()
    }
}

const AGAIN: Strictness = Strictness {
    again: true,
    noise_free_only: false,
};
const ONCE: Strictness = Strictness {
    again: false,
    noise_free_only: false,
};

/// The whole course of a gate: a first look, and a second at fresh rounds.
fn gate(first: (&Results, &Results), again: (&Results, &Results), options: &Options) -> Gate {
    let compare = |(a, b)| Comparison::new(a, b, options).unwrap();
    let mut gate = Gate::screen("test", &compare(first), &options.limits, AGAIN);
    if gate.open().next().is_some() {
        gate.confirm(&compare(again));
    }
    gate
}

/// Two sides of a session; the second with costs of its own.
fn session(seed: u64, rounds: u32, change: impl Fn(&mut Made)) -> (Results, Results) {
    let old = Made::new(seed, rounds).in_session("s");
    let mut new = old.clone().noise_of(seed ^ 0xabcd);
    change(&mut new);
    (old.results(), new.results())
}

#[test]
fn equal_programs_do_not_fail_the_gate() {
    for seed in 0..60 {
        let (a, b) = session(seed, 12, |_| {});
        let (c, d) = session(seed + 10_000, 8, |_| {});
        let gate = gate((&a, &b), (&c, &d), &options());
        assert_ne!(gate.status, Status::Failed, "seed {seed}: {gate:#?}");
    }
}

#[test]
fn equal_runs_of_two_days_do_not_fail_the_gate() {
    let mut failed = 0;
    for seed in 0..60 {
        // On the second day the whole machine is a third slower.
        let a = Made::new(seed, 12).results();
        let b = Made::new(seed + 500, 12).slower_machine(1.33).results();
        let c = Made::new(seed + 900, 8).slower_machine(1.2).results();
        failed += usize::from(gate((&a, &b), (&a, &c), &options()).status == Status::Failed);
    }
    assert_eq!(failed, 0);
}

#[test]
fn a_planted_slowdown_is_found_and_confirmed() {
    let mut found = 0;
    for seed in 0..50 {
        let worse = |made: &mut Made| made.start *= 1.25;
        let (a, b) = session(seed, 12, worse);
        let (c, d) = session(seed + 10_000, 8, worse);
        let gate = gate((&a, &b), (&c, &d), &options());
        let only = |f: &&reports::gate::Finding| f.workload == "start" && f.kind == Kind::Measured;
        found += usize::from(gate.confirmed().filter(only).count() > 0);
        assert!(gate.confirmed().all(|f| f.workload == "start"), "{gate:#?}");
    }
    assert!(found >= 35, "{found} of 50");
}

#[test]
fn what_fresh_rounds_do_not_show_does_not_fail() {
    let (a, b) = session(1, 12, |made| made.start *= 1.25);
    let (c, d) = session(2, 8, |_| {});
    let gate = gate((&a, &b), (&c, &d), &options());
    let flagged: Vec<_> = gate
        .findings
        .iter()
        .filter(|f| f.workload == "start")
        .collect();
    assert!(!flagged.is_empty());
    assert_ne!(gate.status, Status::Failed, "{gate:#?}");
    assert!(
        flagged
            .iter()
            .all(|f| f.again.is_some() && f.state != State::Confirmed)
    );
}

#[test]
fn one_inode_more_is_found_on_any_machine_and_in_few_rounds() {
    let a = Made::new(1, 2).results();
    let mut other = Made::new(9, 2);
    other.inodes += 1.0;
    other.host("fingerprint", "other");
    let b = other.results();
    let comparison = compare(&a, &b);
    let row = &comparison.rows[0];
    assert_eq!(
        (row.key.metric.as_str(), row.method, &row.call),
        ("inodes", Method::Exact, &Call::Worse)
    );
    let gate = gate((&a, &b), (&a, &b), &options());
    assert_eq!(gate.status, Status::Failed);
    let finding = gate.confirmed().next().unwrap();
    assert_eq!(finding.kind, Kind::NoiseFree);
    assert!(
        finding.sentence().contains("4097 B, was 4096 B"),
        "{}",
        finding.sentence()
    );
}

#[test]
fn limits_give_room_and_take_it() {
    let (a, b) = session(3, 12, |made| {
        made.space *= 1.04;
        made.start *= 1.3;
    });
    let outcome = |limits: &[&str]| gate((&a, &b), (&a, &b), &limited(limits));
    let metrics = |limits: &[&str]| -> Vec<String> {
        outcome(limits)
            .confirmed()
            .map(|f| f.metric.clone())
            .collect()
    };
    assert_eq!(metrics(&[]), ["allocated", "time"]);
    assert_eq!(metrics(&["*:allocated=5%"]), ["time"]);
    assert_eq!(
        metrics(&["*:allocated=off", "start=60%"]),
        Vec::<String>::new()
    );
    assert_eq!(metrics(&["start:time=off"]), ["allocated"]);
}

#[test]
fn a_limit_makes_a_detail_a_guarded_number() {
    let (a, b) = session(4, 12, |made| made.detail *= 1.5);
    let detail = |options: &Options| gate((&a, &b), (&a, &b), options).status;
    assert_ne!(detail(&options()), Status::Failed);
    assert_eq!(detail(&limited(&["start/mount:time=10%"])), Status::Failed);
}

#[test]
fn without_a_second_look_the_correction_for_many_decides() {
    let (a, b) = session(5, 12, |made| made.start *= 1.5);
    let gate = Gate::screen("test", &compare(&a, &b), &Limits::default(), ONCE);
    assert_eq!(gate.status, Status::Failed, "{gate:#?}");
    // Three rounds have no interval: nothing is said.
    let (a, b) = session(5, 3, |made| made.start *= 1.5);
    let gate = Gate::screen("test", &compare(&a, &b), &Limits::default(), ONCE);
    assert_eq!(gate.status, Status::Inconclusive);
    assert!(
        gate.unclear
            .iter()
            .any(|(why, _)| why.contains("too few rounds")),
        "{gate:#?}"
    );
}

#[test]
fn another_machine_gives_ratios_or_nothing() {
    let a = Made::new(1, 12).results();
    let mut other = Made::new(2, 12).slower_machine(3.0);
    other.host("fingerprint", "other");
    other.start *= 1.5;
    let b = other.results();
    let comparison = compare(&a, &b);
    assert!(!comparison.same_machine);
    assert!(
        comparison.notes.iter().any(|n| n.contains("two machines")),
        "{:?}",
        comparison.notes
    );
    let times = |c: &Comparison| -> Vec<(Method, Call)> {
        let rows = c.rows.iter().filter(|row| row.key.metric == "time");
        rows.map(|row| (row.method, row.call.clone())).collect()
    };
    for (method, call) in times(&comparison) {
        assert_eq!(method, Method::None);
        assert!(
            matches!(&call, Call::Inconclusive(why) if why.contains("--ratios")),
            "{call:?}"
        );
    }
    let ratios = Options {
        ratios: true,
        ..options()
    };
    let comparison = Comparison::new(&a, &b, &ratios).unwrap();
    let start = comparison
        .rows
        .iter()
        .find(|row| row.key.phase == "total")
        .unwrap();
    assert_eq!(
        (start.method, &start.call),
        (Method::ToControl, &Call::Worse)
    );
    assert!((1.3..1.7).contains(&start.ratio.unwrap()), "{start:?}");
    assert!(
        times(&comparison)
            .iter()
            .all(|(method, _)| *method == Method::ToControl)
    );
}

#[test]
fn nothing_is_known_of_a_host_without_facts() {
    let mut nameless = Made::new(1, 12);
    nameless.facts.clear();
    let comparison = compare(&nameless.results(), &Made::new(2, 12).results());
    assert!(!comparison.same_machine);
}

#[test]
fn other_work_is_never_compared() {
    let a = Made::new(1, 12).results();
    let mut other = Made::new(1, 12);
    other.image = "other".to_owned();
    other.start *= 3.0;
    let b = other.results();
    let comparison = compare(&a, &b);
    assert_eq!(comparison.differences[0].matters, Matters::Work);
    assert!(comparison.rows.iter().all(|row| !row.call.differs()));
    assert!(
        comparison
            .notes
            .iter()
            .any(|n| n.contains("no number can be compared"))
    );
    let gate = Gate::screen("test", &comparison, &Limits::default(), ONCE);
    assert_eq!(gate.status, Status::Inconclusive);
}

#[test]
fn other_choices_make_nothing_exact() {
    let a = Made::new(1, 12).results();
    let mut other = Made::new(1, 12);
    other.run_seed = 2;
    other.space += 4096.0;
    let b = other.results();
    let comparison = compare(&a, &b);
    assert!(
        comparison
            .rows
            .iter()
            .all(|row| row.method != Method::Exact)
    );
    assert!(
        comparison.rows.iter().all(|row| !row.call.differs()),
        "{:#?}",
        comparison.rows
    );
}

#[test]
fn a_killed_run_is_never_a_pass() {
    let (a, mut b) = session(1, 12, |_| {});
    b.end = None;
    let comparison = compare(&a, &b);
    assert!(
        comparison.notes.iter().any(|n| n.contains("was killed")),
        "{:?}",
        comparison.notes
    );
    let gate = Gate::screen("test", &comparison, &Limits::default(), ONCE);
    assert_eq!(gate.status, Status::Inconclusive);
    assert!(gate.unclear.iter().any(|(why, _)| why.contains("its end")));
}

#[test]
fn work_that_is_not_finished_any_more_fails_when_seen_twice() {
    let (a, mut b) = session(1, 12, |_| {});
    Made::give_up(&mut b, "start");
    let twice = gate((&a, &b), (&a, &b), &options());
    assert_eq!(twice.status, Status::Failed, "{twice:#?}");
    assert_eq!(twice.confirmed().next().unwrap().kind, Kind::Unfinished);
    let (c, d) = session(2, 8, |_| {});
    let once = gate((&a, &b), (&c, &d), &options());
    assert_eq!(once.findings[0].state, State::Refuted, "{once:#?}");
    // On neither side: nothing to compare, and no verdict.
    let mut a = a;
    Made::give_up(&mut a, "start");
    let comparison = compare(&a, &b);
    assert!(
        comparison
            .rows
            .iter()
            .all(|row| row.key.workload != "start")
    );
    let text = show::text(
        &comparison,
        show::Shown {
            all: false,
            width: 200,
        },
    );
    assert!(text.contains("not finished on either side"), "{text}");
    let neither = Gate::screen("test", &comparison, &Limits::default(), ONCE);
    assert_eq!(neither.status, Status::Inconclusive);
}

#[test]
fn a_promise_that_is_broken_fails_when_it_is_broken_twice() {
    let (mut a, mut b) = session(1, 12, |_| {});
    Made::answer(&mut a, Outcome::Pass);
    Made::answer(&mut b, Outcome::Fail);
    let twice = gate((&a, &b), (&a, &b), &options());
    let finding = twice.confirmed().next().unwrap();
    assert_eq!(
        (finding.kind, finding.case.as_str()),
        (Kind::Conformance, "layers_stay")
    );
    let mut well = b.clone();
    well.cases.clear();
    Made::answer(&mut well, Outcome::Pass);
    let once = gate((&a, &b), (&a, &well), &options());
    assert_eq!(once.findings[0].state, State::Refuted);
    // What failed before, or could not be asked, is nobody's regression.
    for before in [Outcome::Fail, Outcome::Broken, Outcome::NotApplicable] {
        a.cases.clear();
        Made::answer(&mut a, before);
        let gate = Gate::screen("test", &compare(&a, &b), &Limits::default(), ONCE);
        assert_ne!(gate.status, Status::Failed, "{before:?}");
    }
}

#[test]
fn two_subjects_of_one_run_are_paired() {
    let mut run = Made::new(1, 12).results();
    let mut second = Made::new(2, 12);
    second.name = "other@ext4".to_owned();
    second.start *= 1.4;
    Made::join(&mut run, second.results());
    let options = Options {
        subjects: Some(("other".to_owned(), "driver@ext4".to_owned())),
        ..options()
    };
    let comparison = Comparison::new(&run, &run, &options).unwrap();
    let start = comparison
        .rows
        .iter()
        .find(|row| row.key.phase == "total")
        .unwrap();
    assert_eq!((start.method, &start.call), (Method::Paired, &Call::Worse));
    assert_eq!(start.against.as_deref(), Some("driver@ext4"));
    let error = Comparison::new(
        &run,
        &run,
        &Options {
            subjects: Some(("nosuch".to_owned(), "driver".to_owned())),
            ..options
        },
    );
    let error = error.unwrap_err().to_string();
    assert!(error.contains("other@ext4"), "{error}");
}

#[test]
fn documents_hold_what_people_need() {
    let (a, b) = session(3, 12, |made| made.start *= 1.5);
    let comparison = compare(&a, &b);
    let shown = show::Shown {
        all: false,
        width: 200,
    };
    let text = show::text(&comparison, shown);
    for part in ["start/total time", "▼ worse", "rows are not shown"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("equivalent  "), "hidden by default: {text}");
    let all = show::text(&comparison, show::Shown { all: true, ..shown });
    assert!(all.lines().count() > text.lines().count());
    assert!(show::markdown(&comparison, false).contains("| ▼ worse |"));
    let mut gate = gate((&a, &b), (&a, &b), &options());
    gate.findings[0].repeat = Some("layerbench gate --x".to_owned());
    let text = reports::gate::show::text(&gate);
    for part in [
        "FAILED",
        "first",
        "again  confirmed",
        "repeat layerbench gate --x",
        "5 % is allowed",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let junit = reports::gate::junit::junit(&gate).unwrap();
    assert!(
        junit.contains("<failure") && junit.contains("gate.driver@ext4"),
        "{junit}"
    );
    assert!(reports::gate::show::markdown(&gate).contains("**confirmed**"));
    let json = serde_json::to_string(&gate).unwrap();
    assert_eq!(serde_json::from_str::<Gate>(&json).unwrap(), gate);
}
