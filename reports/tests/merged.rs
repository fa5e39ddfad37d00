//! Several runs in one report: nothing of one run is paired with another's, what differs is marked, the emulated are not ranked.

mod common;
mod markup;

use std::collections::BTreeSet;

use reports::merge::changes::{baselines, changes};
use reports::merge::growth::growths;
use reports::{Analysis, Beside, Outcome, Results, Role, merge, render, render_with};

/// The made-up run on another kernel, with other answers.
fn on(kernel: &str, answers: &[(&str, &str, Outcome)]) -> Results {
    let mut run = common::results(8);
    run.host.insert("kernel".to_owned(), kernel.to_owned());
    for (subject, case, outcome) in answers {
        let found = run.cases.iter_mut();
        let mut found = found.filter(|c| c.subject == *subject && c.case == *case);
        found.next().unwrap().outcome = *outcome;
    }
    run
}

fn emulated(mut run: Results) -> Results {
    run.host
        .insert("emulated".to_owned(), "QEMU TCG".to_owned());
    run
}

const RENAME: &str = "rename_of_a_lower_directory";

fn two() -> Results {
    let changed = [
        ("overlay2@ext4", RENAME, Outcome::Deviates),
        ("fuse-overlayfs@ext4", RENAME, Outcome::Pass),
    ];
    merge(vec![on("6.1.0-49-amd64", &[]), on("6.12.9", &changed)]).unwrap()
}

/// What a table's row says, without markup.
fn rows(page: &str, after: &str) -> Vec<String> {
    let (_, rest) = page.split_once(after).unwrap();
    let table = rest.split("</table>").next().unwrap();
    table
        .split("<tr")
        .skip(1)
        .map(|row| {
            let mut text = String::new();
            let mut inside = true;
            for c in row.chars() {
                match c {
                    '<' => inside = true,
                    '>' => {
                        inside = false;
                        text.push(' ');
                    }
                    c if !inside => text.push(c),
                    _ => {}
                }
            }
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// Every tag closes, no id stands twice, and every link within the page leads somewhere.
fn well_formed(page: &str) {
    let tags = markup::tags(page).unwrap();
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter_map(|tag| tag.get("id")) {
        assert!(ids.insert(id), "id {id:?} twice");
    }
    for link in tags.iter().filter_map(|tag| tag.get("href")) {
        let id = link.strip_prefix('#').unwrap_or(link);
        assert!(ids.contains(id), "{link} leads nowhere");
    }
}

#[test]
fn one_run_is_itself() {
    let run = common::results(3);
    assert!(merge(vec![run.clone()]).unwrap() == run);
    assert!(merge(Vec::new()).is_err());
    let twice = merge(vec![run.clone(), run]).unwrap_err().to_string();
    assert!(twice.contains("named twice"), "{twice}");
}

#[test]
fn every_number_answer_and_gap_is_kept_under_its_new_name() {
    let (a, b) = (on("6.1.0", &[]), on("6.12.0", &[]));
    let merged = merge(vec![a.clone(), b.clone()]).unwrap();
    assert_eq!(merged.records.len(), a.records.len() + b.records.len());
    assert_eq!(merged.cases.len(), a.cases.len() + b.cases.len());
    assert_eq!(merged.dnf.len(), 2);
    assert_eq!(merged.subjects.len(), 2 * a.subjects.len());
    let names: BTreeSet<&str> = merged.subjects.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(
        names.len(),
        merged.subjects.len(),
        "names tell subjects apart"
    );
    for record in &merged.records {
        assert!(
            names.contains(record.subject.as_str()),
            "{}",
            record.subject
        );
    }
    for subject in &merged.subjects {
        for other in subject.control.iter().chain(&subject.twin_of) {
            assert!(names.contains(other.as_str()), "{other}");
            let label = |name: &str| name.split_once(" (linux").unwrap().1.to_owned();
            assert_eq!(label(other), label(&subject.name), "of its own run");
        }
    }
    let values = |run: &Results| -> f64 { run.records.iter().map(|r| r.value).sum() };
    let sum = values(&a) + values(&b);
    assert!((values(&merged) - sum).abs() < 1e-9 * sum);
}

#[test]
fn ratios_are_those_of_the_runs_alone() {
    let (a, b) = (on("6.1.0", &[]), on("6.12.0", &[]));
    let merged = merge(vec![a.clone(), b.clone()]).unwrap();
    let whole = Analysis::new(&merged);
    let mut compared = 0;
    for (run, label) in [(&a, "linux 6.1"), (&b, "linux 6.12")] {
        let alone = Analysis::new(run);
        for (series, own) in alone.comparisons() {
            let name = format!("{} ({label})", series.subject);
            let other = whole.against_control(&name, &series.key).unwrap();
            assert_eq!(own.pair.ratio, other.pair.ratio, "{name} {:?}", series.key);
            assert_eq!(own.pair.interval, other.pair.interval);
            compared += 1;
        }
    }
    assert_eq!(compared, whole.comparisons().count());
    assert!(compared > 20, "{compared}");
}

#[test]
fn no_round_is_shared_by_two_runs() {
    let merged = two();
    let rounds = |label: &str| -> BTreeSet<u32> {
        let own = merged.records.iter().filter(|r| r.subject.ends_with(label));
        own.map(|r| r.round).collect()
    };
    let (first, second) = (rounds("(linux 6.1)"), rounds("(linux 6.12)"));
    assert_eq!((first.len(), second.len()), (8, 8));
    assert!(first.is_disjoint(&second));
    let page = render(&merged);
    assert!(
        !page.contains("✓ overlay2"),
        "nobody is recommended across runs"
    );
}

#[test]
fn kin_stand_side_by_side_and_what_changed_is_marked() {
    let merged = two();
    let subjects = merged.subjects.iter().filter(|s| s.role == Role::Subject);
    let names: Vec<&str> = subjects.map(|s| s.name.as_str()).collect();
    assert_eq!(names[0], "overlay2@ext4 (linux 6.1)");
    assert_eq!(names[1], "overlay2@ext4 (linux 6.12)");
    let kin = baselines(&merged);
    assert_eq!(
        kin.get("overlay2@ext4 (linux 6.12)"),
        Some(&"overlay2@ext4 (linux 6.1)")
    );
    assert_eq!(kin.get("overlay2@ext4 (linux 6.1)"), None);
    let mut found: Vec<(&str, Outcome, Outcome, bool)> = changes(&merged)
        .iter()
        .map(|c| {
            (
                c.to.subject.as_str(),
                c.from.outcome,
                c.to.outcome,
                c.is_worse(),
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (
                "fuse-overlayfs@ext4 (linux 6.12)",
                Outcome::Fail,
                Outcome::Pass,
                false
            ),
            (
                "overlay2@ext4 (linux 6.12)",
                Outcome::Pass,
                Outcome::Deviates,
                true
            ),
        ]
    );
    let page = render(&merged);
    well_formed(&page);
    let cases = rows(&page, "aria-label=\"Cases by subjects\"");
    let row = cases
        .iter()
        .find(|row| row.contains("rename of a lower directory"))
        .unwrap();
    assert!(
        row.contains("≠ was pass") && row.contains("≠ was FAIL"),
        "{row}"
    );
    let differs = rows(&page, "aria-label=\"What differs between the runs\"");
    let kernel = differs.iter().find(|row| row.contains("kernel")).unwrap();
    assert!(
        kernel.contains("6.1.0-49-amd64") && kernel.contains("≠ 6.12.9"),
        "{kernel}"
    );
    assert!(
        !differs.iter().any(|row| row.contains("Invented CPU")),
        "the same"
    );
    assert!(page.contains("2 runs side by side"));
}

#[test]
fn answers_of_an_earlier_run_are_held_against() {
    let now = on("6.18.0", &[("overlay2@ext4", RENAME, Outcome::Fail)]);
    let before = on("6.12.9", &[("vfs@xfs", RENAME, Outcome::Deviates)]);
    let beside = Beside {
        baseline: Some(&before),
        ..Beside::default()
    };
    let page = render_with(&now, &beside);
    well_formed(&page);
    assert_eq!(page.matches("≠ was ").count(), 2);
    let cases = rows(&page, "aria-label=\"Cases by subjects\"");
    let row = cases
        .iter()
        .find(|r| r.contains("rename of a lower directory"));
    let row = row.unwrap();
    assert!(
        row.contains("overlay2@ext4 FAIL, was pass on overlay2@ext4 of 2026-01-02"),
        "{row}"
    );
    assert!(page.contains("<b>≠ 1</b> case is answered otherwise than in the baseline"));
    let alone = render(&now);
    assert!(!alone.contains("≠ was ") && !alone.contains("answered otherwise than before"));
}

#[test]
fn what_could_not_be_asked_is_neither_an_answer_nor_a_change() {
    let broken = [("overlay2@ext4", RENAME, Outcome::Broken)];
    for (a, b) in [(&broken[..], &[][..]), (&[][..], &broken[..])] {
        let merged = merge(vec![on("6.1.0", a), on("6.12.0", b)]).unwrap();
        assert_eq!(changes(&merged), []);
        assert!(!render(&merged).contains("≠ was "));
    }
    let mut asked = on("6.1.0", &broken);
    asked.records.clear();
    asked.cases.retain(|c| c.outcome != Outcome::Fail);
    let page = render(&asked);
    assert!(
        page.contains("0 of 28 answers of the conformance suite are failures, 2 could not be had.")
    );
}

#[test]
fn who_was_asked_without_having_been_described_has_a_column() {
    let mut run = common::results(3);
    run.subjects.retain(|s| s.name != "vfs@xfs");
    let page = render(&run);
    well_formed(&page);
    assert!(page.contains("every container is a full copy: 256 MiB"));
}

#[test]
fn an_emulated_run_keeps_its_counts_and_loses_its_times() {
    let merged = merge(vec![on("6.18.1", &[]), emulated(on("6.1.0", &[]))]).unwrap();
    let analysis = Analysis::new(&merged);
    let units = |label: &str| -> BTreeSet<&str> {
        let own = analysis
            .series
            .iter()
            .filter(|s| s.subject.ends_with(label));
        own.map(|s| s.unit.as_str()).collect()
    };
    assert_eq!(units("(linux 6.18)"), BTreeSet::from(["B", "s"]));
    assert_eq!(units("(linux 6.1)"), BTreeSet::from(["B"]));
    let page = render(&merged);
    assert!(page.contains("emulated: no times"));
    // Its empty cells say why they are empty.
    let matrix = rows(&page, "aria-label=\"Drivers by workloads\"");
    let pull = matrix
        .iter()
        .find(|row| row.contains("Pull the image"))
        .unwrap();
    assert!(pull.contains("emulated: times are not compared"), "{pull}");
    assert!(!pull.contains("not measured"), "{pull}");
    let growths = growths(&merged);
    let (line, by_subject) = growths
        .iter()
        .find(|(line, _)| line.phase == "append-first" && line.param == "size")
        .unwrap();
    assert_eq!(line.workload, "copy-up");
    assert!(by_subject.contains_key("overlay2@ext4 (linux 6.1)"));
    assert!(
        by_subject.contains_key("overlay2@ext4 (linux 6.18)"),
        "a real one beside it"
    );
}

#[test]
fn an_emulated_run_alone_recommends_nobody_and_says_why() {
    let page = render(&emulated(common::results(8)));
    well_formed(&page);
    assert!(page.contains("Made on an emulated processor (QEMU TCG)"));
    assert!(!page.contains("on this host, choose"));
    let real = render(&common::results(8));
    assert!(real.contains("on this host, choose"));
}

#[test]
fn runs_of_one_host_keep_the_names_that_only_one_of_them_has() {
    let mut a = common::results(4);
    let mut b = a.clone();
    b.run.started = "2026-01-05T00:00:00Z".to_owned();
    let only = |run: &mut Results, keep: &str| {
        run.subjects
            .retain(|s| s.role == Role::Control || s.name == keep);
        let names: Vec<String> = run.subjects.iter().map(|s| s.name.clone()).collect();
        run.records.retain(|r| names.contains(&r.subject));
        run.cases.retain(|c| names.contains(&c.subject));
        run.dnf.retain(|d| names.contains(&d.subject));
    };
    only(&mut a, "overlay2@ext4");
    only(&mut b, "btrfs@btrfs");
    let merged = merge(vec![a, b]).unwrap();
    let names: Vec<&str> = merged.subjects.iter().map(|s| s.name.as_str()).collect();
    assert!(
        names.contains(&"overlay2@ext4") && names.contains(&"btrfs@btrfs"),
        "{names:?}"
    );
    assert!(names.contains(&"hostdir@ext4 (2026-01-02)"), "{names:?}");
}

#[test]
fn merged_bytes_are_the_same_each_time_and_merging_twice_changes_nothing() {
    let page = render(&two());
    assert!(page == render(&two()));
    let third = on("6.18.0", &[]);
    let step = merge(vec![two(), third.clone()]).unwrap();
    let parts = two().parts.into_iter().map(|part| part.results);
    let at_once = merge(parts.chain([third]).collect()).unwrap();
    assert!(step == at_once);
    assert_eq!(step.parts.len(), 3);
}
