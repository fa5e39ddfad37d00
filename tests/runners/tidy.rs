//! Keeps the house in order: nothing forgotten, nothing too long, no driver asked for its name.
//!
//! Every tree walked here is the workspace's own source.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use conformance::faults::Fault;
use conformance::lies;
use drivers::Capabilities;

/// The most lines a source file may have.
const LONGEST: usize = 500;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every source file under `dir`, build output left out.
fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for room in ["drivers", "workloads", "tests", "reports", "harness"] {
        sources(&workspace().join(room), &mut found);
    }
    found.sort();
    assert!(found.len() > 100, "the walk found {} files", found.len());
    found
}

fn lines(path: &Path) -> usize {
    fs::read_to_string(path).unwrap().lines().count()
}

#[test]
fn every_case_file_is_listed() {
    let dir = workspace().join("tests/src/cases");
    let mut found = Vec::new();
    sources(&dir, &mut found);
    let files: BTreeSet<PathBuf> = found
        .into_iter()
        .filter(|path| !path.ends_with("mod.rs"))
        .collect();
    let listed: BTreeSet<PathBuf> = conformance::ALL
        .iter()
        .map(|case| {
            let theme = case.theme.name().replace('-', "_");
            dir.join(theme).join(format!("{}.rs", case.name))
        })
        .collect();
    assert_eq!(files, listed);
    assert_eq!(conformance::ALL.len(), listed.len(), "a name is used twice");
    let order: Vec<_> = conformance::ALL
        .iter()
        .map(|case| (case.theme, case.name))
        .collect();
    assert!(order.is_sorted(), "ALL is sorted by theme and name");
}

#[test]
fn every_case_says_what_and_whence() {
    let capabilities = fs::read_to_string(workspace().join("drivers/src/capabilities.rs")).unwrap();
    for case in conformance::ALL {
        assert!(
            case.promise.ends_with('.'),
            "{}: {}",
            case.name,
            case.promise
        );
        assert!(!case.origin.trim().is_empty(), "{}", case.name);
        assert!(case.why.ends_with('.'), "{}: {}", case.name, case.why);
        if let Some(capability) = case.capability {
            assert!(
                capabilities.contains(&format!("    pub {capability}: ")),
                "{} turns on {capability}, which is no capability",
                case.name
            );
        }
    }
}

#[test]
fn every_capability_is_asked_for_by_a_case_or_measured() {
    let text = fs::read_to_string(workspace().join("drivers/src/capabilities.rs")).unwrap();
    let declaration = text.split("pub const PLAIN").next().unwrap();
    // Facts about cost, which workloads measure.
    let measured = ["constant_time_prepare"];
    let mut files = Vec::new();
    sources(&workspace().join("tests/src"), &mut files);
    let asked: String = files
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for line in declaration.lines() {
        let Some((field, _)) = line
            .strip_prefix("    pub ")
            .and_then(|line| line.split_once(':'))
        else {
            continue;
        };
        let is_asked = asked.contains(&format!(".{field}"));
        assert!(
            is_asked != measured.contains(&field),
            "{field}: no case asks for it, or it is one of {measured:?} and now has a case"
        );
    }
}

#[test]
fn every_promise_of_the_trait_has_its_case() {
    let text = fs::read_to_string(workspace().join("drivers/src/driver.rs")).unwrap();
    let mut promised = 0;
    for (start, _) in text.match_indices("*[") {
        let name = text[start + 2..].split(']').next().unwrap();
        promised += 1;
        assert!(
            conformance::ALL.iter().any(|case| case.name == name),
            "driver.rs promises {name}, which is no case"
        );
    }
    assert!(promised >= 10, "{promised} promises found");
}

/// A case that cannot fail proves nothing, and a fault that nobody notices is a hole in the suite.
#[test]
fn every_case_can_fail_and_every_fault_is_noticed() {
    let named = conformance::faults::named();
    for fault in Fault::OF_DRIVERS {
        assert!(named.contains(fault), "no case notices {fault:?}");
    }
    for lie in lies::ALL {
        assert!(named.contains(&Fault::Lie(lie)), "no case notices {lie:?}");
    }
    for fault in named {
        match fault {
            Fault::Flipped(name) => {
                conformance::flipped::flipped(&Capabilities::PLAIN, name).unwrap();
            }
            Fault::Lie(lie) => assert!(lies::ALL.contains(&lie), "{lie:?} is not listed"),
            _ => {}
        }
    }
    let without: Vec<_> = conformance::ALL
        .iter()
        .filter(|case| case.broken_by.is_empty())
        .map(|case| case.name)
        .collect();
    assert!(without.is_empty(), "nothing breaks {without:?}");
    let text = fs::read_to_string(workspace().join("tests/src/lies.rs")).unwrap();
    assert_eq!(
        text.matches(": Lie = ").count() + text.matches(": Lie =\n").count(),
        lies::ALL.len()
    );
}

/// Ids that are named but do not exist would hide what is not covered.
#[test]
fn cases_cover_what_exists() {
    let known: BTreeSet<&str> = conformance::catalogue::BEHAVIOURS
        .iter()
        .map(|behaviour| behaviour.id)
        .chain(
            conformance::catalogue::LESSONS
                .iter()
                .map(|lesson| lesson.id),
        )
        .collect();
    let elsewhere = conformance::elsewhere::all();
    let all = conformance::ALL
        .iter()
        .map(|case| (case.name, case.covers))
        .chain(elsewhere.iter().map(|proof| (proof.name, proof.covers)));
    let mut covered = BTreeSet::new();
    for (name, covers) in all {
        assert!(!covers.is_empty(), "{name} covers nothing");
        for id in covers {
            assert!(
                known.contains(id),
                "{name} covers {id}, which is not in the catalogue"
            );
            covered.insert(*id);
        }
    }
    let forgotten: Vec<_> = known.difference(&covered).collect();
    assert!(forgotten.is_empty(), "nothing covers {forgotten:?}");
    let capabilities = fs::read_to_string(workspace().join("drivers/src/capabilities.rs")).unwrap();
    for experiment in conformance::crash::ALL {
        assert!(experiment.promise.ends_with('.') && experiment.why.ends_with('.'));
        if let Some(capability) = &experiment.capability {
            let field = format!("    pub {}: bool", capability.name);
            assert!(capabilities.contains(&field), "{}", capability.name);
        }
    }
}

/// A driver or a workload in a file of its own that its room's `ALL` forgot would not be run by anything.
#[test]
fn every_backend_and_workload_is_listed() {
    let count = |room: &str, declaration: &str| {
        let mut files = Vec::new();
        sources(&workspace().join(room), &mut files);
        files
            .iter()
            .map(|path| {
                fs::read_to_string(path)
                    .unwrap()
                    .matches(declaration)
                    .count()
            })
            .sum::<usize>()
    };
    assert_eq!(
        count("drivers/src", " Backend for "),
        drivers::ALL.len(),
        "backends written and listed"
    );
    let list = fs::read_to_string(workspace().join("workloads/src/lib.rs")).unwrap();
    let all = list
        .split("pub const ALL: &[&Workload] = &[")
        .nth(1)
        .unwrap();
    let listed = all.split("];").next().unwrap().matches('&').count();
    assert_eq!(
        count("workloads/src", ": Workload = Workload {"),
        listed,
        "workloads written and listed"
    );
}

#[test]
fn no_file_is_too_long() {
    let mut lengths: Vec<(usize, PathBuf)> = all_sources()
        .into_iter()
        .map(|path| (lines(&path), path))
        .collect();
    lengths.sort();
    let too_long: Vec<_> = lengths
        .iter()
        .filter(|(length, _)| *length > LONGEST)
        .collect();
    assert!(
        too_long.is_empty(),
        "longer than {LONGEST} lines: {too_long:?}"
    );
    let median = lengths[lengths.len() / 2].0;
    assert!(median <= 150, "the median file has {median} lines");
}

#[test]
fn nobody_asks_for_a_drivers_name() {
    let names: Vec<_> = drivers::ALL.iter().map(|backend| backend.name()).collect();
    for path in all_sources() {
        if path.starts_with(workspace().join("drivers")) {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let asks = names.iter().any(|name| {
                ["== ", "!= ", "=> ", "matches!("].iter().any(|operator| {
                    line.contains(&format!("{operator}\"{name}\""))
                        || line.contains(&format!("\"{name}\" {}", operator.trim()))
                })
            });
            let is_assertion = line.contains("assert");
            assert!(
                !asks || is_assertion,
                "{}:{}: decide by capability: {line}",
                path.display(),
                number + 1
            );
        }
    }
}
