//! Published statements on made-up results: a world in which everything is as published, one in which nothing is, and
//! worlds that do not tell.

mod rows;
mod world;

use reports::claims::check::Check;
use reports::claims::{Answer, Verdict, answers, page, show};
use reports::{Analysis, Outcome, Results};
use world::World;

fn ask(results: &Results) -> Vec<Answer> {
    answers(&Analysis::new(results))
}

/// Each statement in its world: where files are cloned, copy-up is not what it is elsewhere.
fn each(base: World, mut look: impl FnMut(&Answer)) {
    for clones in [false, true] {
        let results = World { clones, ..base }.results();
        let answers = ask(&results).into_iter();
        answers
            .filter(|answer| (answer.claim.number == 36) == clones)
            .for_each(|answer| look(&answer));
    }
}

#[test]
fn what_is_as_published_is_confirmed() {
    each(World::PUBLISHED, |answer| {
        if answer.claim.parts.is_empty() {
            assert_eq!(answer.verdict, Verdict::Inconclusive);
            assert!(answer.reason.contains("no workload"), "{}", answer.reason);
            return;
        }
        assert_eq!(
            answer.verdict,
            Verdict::Confirmed,
            "{} {}: {} {:#?}",
            answer.claim.number,
            answer.claim.name,
            answer.reason,
            answer.findings
        );
    });
}

/// Not only the statement: each of its parts can be refuted.
#[test]
fn what_is_not_as_published_is_refuted_in_every_part() {
    each(World::CONTRARY, |answer| {
        for part in answer.claim.parts {
            let of = answer
                .findings
                .iter()
                .filter(|f| part.checks.contains(&f.check));
            let refuted = of.clone().any(|f| f.verdict == Verdict::Refuted);
            assert!(
                refuted,
                "{}: {part:?} {:#?}",
                answer.claim.name,
                of.collect::<Vec<_>>()
            );
        }
        let wanted = if answer.claim.parts.is_empty() {
            Verdict::Inconclusive
        } else {
            Verdict::Refuted
        };
        assert_eq!(answer.verdict, wanted, "{}", answer.claim.name);
    });
}

#[test]
fn five_rounds_decide_nothing_that_noise_can_move() {
    for base in [World::PUBLISHED, World::CONTRARY] {
        let few = World { rounds: 5, ..base };
        each(few, |answer| {
            for finding in &answer.findings {
                let steady = finding.number.as_ref().is_some_and(|n| n.steady);
                if matches!(finding.check, Check::Number(..)) && !steady {
                    assert_eq!(finding.verdict, Verdict::Inconclusive, "{finding:#?}");
                    assert!(finding.reason.contains("6 rounds"), "{}", finding.reason);
                }
            }
        });
    }
}

#[test]
fn what_scatters_over_an_end_of_the_band_is_inconclusive() {
    // Half the rounds are as published, half are not.
    let torn = World {
        torn: true,
        ..World::PUBLISHED
    };
    each(torn, |answer| {
        for finding in &answer.findings {
            if matches!(finding.check, Check::Number(..)) {
                assert_ne!(finding.verdict, Verdict::Confirmed, "{finding:#?}");
            }
        }
    });
}

#[test]
fn nothing_says_nothing() {
    for results in [Results::default(), World::PUBLISHED.without_numbers()] {
        for answer in ask(&results) {
            assert!(
                !matches!(answer.verdict, Verdict::Confirmed | Verdict::Refuted)
                    || answer
                        .findings
                        .iter()
                        .any(|f| !matches!(f.check, Check::Number(..))),
                "{}",
                answer.claim.name
            );
            assert!(!answer.reason.is_empty() || answer.verdict.decides());
        }
    }
    for answer in ask(&Results::default()) {
        assert!(!answer.verdict.decides(), "{}", answer.claim.name);
    }
}

fn finding<'a>(all: &'a [Answer], number: u32, subject: &str) -> &'a reports::claims::Finding {
    let answer = all.iter().find(|a| a.claim.number == number).unwrap();
    let mut of = answer.findings.iter();
    of.find(|f| f.subject.starts_with(subject)).unwrap()
}

#[test]
fn why_a_number_is_missing_is_told() {
    let mut results = World::PUBLISHED.results();
    results.records.retain(|r| r.phase != "random-write");
    results.dnf.push(reports::Dnf {
        subject: "overlay2@ext4".to_owned(),
        workload: "write-heavy".to_owned(),
        phase: Some("random-write".to_owned()),
        params: reports::Facts::new(),
        round: Some(0),
        after_seconds: None,
        reason: "the disk is full".to_owned(),
    });
    let all = ask(&results);
    let found = finding(&all, 10, "overlay2@ext4");
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert!(
        found.reason.contains("the disk is full"),
        "{}",
        found.reason
    );

    results.run.workloads.retain(|w| w.name != "start");
    results.records.retain(|r| r.workload != "start");
    let all = ask(&results);
    let found = finding(&all, 41, "vfs");
    assert!(
        found.reason.contains("--workload start"),
        "{}",
        found.reason
    );
}

#[test]
fn rounds_that_ran_into_a_limit_leave_no_verdict() {
    let mut results = World::PUBLISHED.results();
    results.dnf.push(reports::Dnf {
        subject: "vfs@ext4".to_owned(),
        workload: "pull".to_owned(),
        phase: Some("pull".to_owned()),
        params: reports::Facts::new(),
        round: Some(2),
        after_seconds: Some(60.0),
        reason: "stopped".to_owned(),
    });
    let all = ask(&results);
    let found = finding(&all, 41, "vfs");
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert!(found.reason.contains("time limit"), "{}", found.reason);
}

#[test]
fn a_case_that_contradicts_a_number_leaves_no_verdict() {
    let mut results = World::PUBLISHED.results();
    for case in &mut results.cases {
        if case.case == "first_write_costs_what_is_declared" {
            case.outcome = Outcome::Pass;
        }
    }
    let all = ask(&results);
    let found = finding(&all, 5, "overlay2@ext4");
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert!(found.reason.contains("says otherwise"), "{}", found.reason);
}

#[test]
fn a_limit_counts_only_where_its_case_bears_it_out() {
    let mut results = World::PUBLISHED.results();
    for case in &mut results.cases {
        if case.case.starts_with("deepest_stack") {
            case.outcome = Outcome::Fail;
        }
    }
    let all = ask(&results);
    assert_eq!(
        finding(&all, 23, "overlay2@ext4").verdict,
        Verdict::Inconclusive
    );
    results.cases.clear();
    let all = ask(&results);
    let found = finding(&all, 23, "overlay2@ext4");
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert!(found.reason.contains("was not asked"), "{}", found.reason);
}

#[test]
fn who_cannot_run_makes_a_statement_inapplicable() {
    let mut results = World::PUBLISHED.results();
    for subject in &mut results.subjects {
        if subject.name.starts_with("btrfs") {
            subject.support = reports::Support::Missing {
                reason: "tool".to_owned(),
                what: "mkfs.btrfs is not installed".to_owned(),
                fix: "apt-get install btrfs-progs".to_owned(),
            };
        }
    }
    let all = ask(&results);
    let answer = all.iter().find(|a| a.claim.number == 21).unwrap();
    assert_eq!(answer.verdict, Verdict::NotApplicable);
    assert!(answer.reason.contains("btrfs-progs"), "{}", answer.reason);
}

#[test]
fn the_documents_say_the_same() {
    let results = World::CONTRARY.results();
    let all = ask(&results);
    let text = show::text(&results, &all, true);
    let json: serde_json::Value =
        serde_json::from_str(&show::json(&results, &all).unwrap()).unwrap();
    let page = page::page(Some(&results));
    let html = reports::render(&results);
    let summary = reports::markdown::summary(&results);
    for (answer, told) in all.iter().zip(json["claims"].as_array().unwrap()) {
        let claim = answer.claim;
        assert_eq!(told["number"], claim.number);
        assert_eq!(
            told["findings"].as_array().unwrap().len(),
            answer.findings.len()
        );
        assert!(text.contains(claim.statement) && text.contains(claim.source));
        assert!(page.contains(&format!("<a id=\"{}\">", claim.name)));
        assert!(html.contains(&format!("id=\"claim-{}\"", claim.number)));
    }
    let refuted = all.iter().filter(|a| a.verdict == Verdict::Refuted).count();
    assert_eq!(json["counts"]["refuted"], refuted);
    assert!(text.contains(&format!(" {refuted} refuted")) && page.contains("**refuted**"));
    assert!(summary.contains(&format!("{refuted} do not")), "{summary}");
    assert!(
        text.contains("says nothing of OpenZFS"),
        "cautions are told"
    );
}

#[test]
fn hostile_words_are_no_markup() {
    let mut results = World::CONTRARY.results();
    for case in &mut results.cases {
        case.reason = "<script>alert(1)</script>\u{1b}[31m|*x*".to_owned();
    }
    let all = ask(&results);
    assert!(!show::text(&results, &all, true).contains('\u{1b}'));
    assert!(!page::page(Some(&results)).contains("<script>"));
    assert_eq!(reports::render(&results).matches("<script>").count(), 1);
}
