//! The page of the largest run: small enough to be mailed, made in little memory. How long it takes is a benchmark.

mod big;

use std::process::Command;

use reports::{CaseResult, Level, Outcome, Results, Role};

const CHILD: &str = "the_child_that_is_measured";

/// Its own process, so that no other test's memory counts; run by the test below.
#[test]
#[ignore = "started by its parent"]
#[expect(clippy::print_stdout, reason = "what the parent reads")]
fn the_child_that_is_measured() {
    let page = reports::render(&big::results());
    // For looking at it.
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(dir.join("big.html"), &page).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    println!("{peak} page {}", page.len());
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a process of its own is what is measured"
)]
fn the_largest_page_is_small_and_takes_little_memory() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find(|line| line.contains("VmHWM")).unwrap();
    let numbers: Vec<u64> = line
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [kib, bytes] = numbers[..] else {
        panic!("{line}")
    };
    assert!(kib < 200 << 10, "{kib} KiB at most");
    assert!(bytes < 1_500_000, "{bytes} bytes");
}

/// As many answers as the suite has, of which one in six is no plain pass.
fn answered(results: &mut Results) {
    let subjects = results.subjects.iter().filter(|s| s.role == Role::Subject);
    let names: Vec<String> = subjects.map(|s| s.name.clone()).collect();
    for (case, (at, subject)) in
        (0..227).flat_map(|case| names.iter().enumerate().map(move |one| (case, one)))
    {
        let passes = case % 6 > 0 || at % 2 == 0;
        results.cases.push(CaseResult {
            subject: subject.clone(),
            driver: subject.split('@').next().unwrap().to_owned(),
            case: format!("promise_number_{case}_is_kept_by_every_driver"),
            outcome: if passes {
                Outcome::Pass
            } else {
                Outcome::Deviates
            },
            reason: if passes {
                String::new()
            } else {
                format!("declared by {subject}: ").repeat(6)
            },
            promise:
                "A file of a lower layer has the content, the mode and the owner it was given. "
                    .repeat(2),
            origin: "made up".to_owned(),
            level: Level::Must,
            theme: format!("theme {}", case / 20),
            capability: None,
            expected: None,
            actual: None,
            seconds: 0.1,
        });
    }
}

/// The raw values in a page.
fn values(page: &str) -> usize {
    let (_, rest) = page.split_once("<script id=\"series\"").unwrap();
    rest.split_once("</script>").unwrap().0.len()
}

#[test]
fn values_keep_their_share_and_the_page_says_what_it_lacks() {
    let mut results = big::results();
    answered(&mut results);
    let page = reports::render(&results);
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert!(values(&page) > 140_000, "{} bytes of values", values(&page));
    assert!(page.contains("Left out, so that this page stays small"));
}

#[test]
fn four_runs_side_by_side_make_no_bigger_page() {
    let run = |kernel: usize| {
        let mut results = big::results();
        results.records.retain(|record| record.round < 8);
        results.run.rounds = 8;
        results.run.started = format!("2026-01-0{kernel}T01:01:01Z");
        results
            .host
            .insert("kernel".to_owned(), format!("6.{kernel}.0"));
        answered(&mut results);
        // Some promises are kept by newer kernels only.
        for case in results.cases.iter_mut().skip(kernel).step_by(40) {
            case.outcome = Outcome::Fail;
        }
        results
    };
    let merged = reports::merge((1..=4).map(run).collect()).unwrap();
    let page = reports::render(&merged);
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert!(values(&page) > 140_000, "{} bytes of values", values(&page));
    assert!(page.contains("Left out, so that this page stays small"));
    assert!(page.contains("≠ was pass"), "what changed is marked");
}
