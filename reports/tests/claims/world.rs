//! Made-up worlds: every series and answer that a statement rests on, as it is where the statement holds and as it is
//! where it does not.

use std::collections::BTreeMap;

use reports::{
    CaseResult, Facts, Level, Outcome, Record, Results, Role, Run, SCHEMA, Subject, Support,
    WorkloadInfo,
};

use super::rows::{ALL, COPIERS, OVERLAY, PLAIN, ROWS};

/// What a made-up world is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// Everything is as published, or nothing is.
    pub(crate) published: bool,
    /// Every other round is the other way round.
    pub(crate) torn: bool,
    /// There is a subject whose filesystem clones files, instead of those without.
    pub(crate) clones: bool,
    pub(crate) rounds: u32,
}

/// Case, who, and what is answered where statements hold and where they do not.
const CASES: &[(&str, &str, Outcome, Outcome)] = &[
    (
        "idle_container_takes_nothing",
        ALL,
        Outcome::Pass,
        Outcome::Deviates,
    ),
    (
        "small_file_in_a_large_image_costs_little",
        ALL,
        Outcome::Pass,
        Outcome::Deviates,
    ),
    (
        "first_write_costs_what_is_declared",
        "overlay2@ext4 overlay2@ext4,volatile=on fuse-overlayfs@ext4",
        Outcome::Deviates,
        Outcome::Pass,
    ),
    (
        "first_write_costs_what_is_declared",
        "overlay2@xfs btrfs@btrfs zfs@pool",
        Outcome::Pass,
        Outcome::Deviates,
    ),
    (
        "metadata_change_keeps_data_shared",
        COPIERS,
        Outcome::Deviates,
        Outcome::Pass,
    ),
    (
        "lower_file_is_cached_once",
        OVERLAY,
        Outcome::Pass,
        Outcome::Deviates,
    ),
    (
        "lower_file_is_cached_once",
        "btrfs@btrfs vfs@ext4",
        Outcome::Deviates,
        Outcome::Pass,
    ),
    (
        "deepest_stack_works_and_one_more_is_refused",
        OVERLAY,
        Outcome::Deviates,
        Outcome::Deviates,
    ),
    (
        "lower_directory_can_be_renamed",
        OVERLAY,
        Outcome::Deviates,
        Outcome::Pass,
    ),
    (
        "open_file_sees_later_writes",
        OVERLAY,
        Outcome::Deviates,
        Outcome::Pass,
    ),
    (
        "mapping_sees_later_writes",
        OVERLAY,
        Outcome::Deviates,
        Outcome::Pass,
    ),
    (
        "container_grows_by_what_is_written",
        ALL,
        Outcome::Pass,
        Outcome::Fail,
    ),
    (
        "hard_links_are_counted_once",
        ALL,
        Outcome::Pass,
        Outcome::Fail,
    ),
    ("cycles_leave_nothing", ALL, Outcome::Pass, Outcome::Fail),
    ("image_never_changes", ALL, Outcome::Pass, Outcome::Fail),
];

impl World {
    pub(crate) const PUBLISHED: Self = Self {
        published: true,
        torn: false,
        clones: false,
        rounds: 8,
    };
    pub(crate) const CONTRARY: Self = Self {
        published: false,
        ..Self::PUBLISHED
    };

    pub(crate) fn results(self) -> Results {
        let mut workloads: Vec<&str> = ROWS.iter().map(|row| row.1).collect();
        workloads.sort_unstable();
        workloads.dedup();
        let workload = |name: &&str| WorkloadInfo {
            name: (*name).to_owned(),
            question: String::new(),
            phases: Vec::new(),
        };
        let mut results = Results {
            schema: SCHEMA,
            run: Run {
                schema: SCHEMA,
                seed: 1,
                rounds: self.rounds,
                workloads: workloads.iter().map(workload).collect(),
                ..Run::default()
            },
            ..Results::default()
        };
        for name in PLAIN.split(' ').chain(ALL.split(' ')) {
            let clone = name == "overlay2@xfs";
            if clone == self.clones || !name.starts_with("overlay2") {
                results.subjects.push(self.subject(name));
            }
        }
        self.measure(&mut results);
        for (case, who, yes, no) in CASES {
            for subject in results.subjects.clone() {
                if who.split(' ').any(|name| name == subject.name) {
                    let outcome = if self.published { *yes } else { *no };
                    results.cases.push(answer(&subject, case, outcome));
                }
            }
        }
        results
    }

    pub(crate) fn without_numbers(self) -> Results {
        Results {
            records: Vec::new(),
            ..self.results()
        }
    }

    fn measure(self, results: &mut Results) {
        let mut noise = 0_u64;
        for (who, workload, series, params, yes, no) in ROWS {
            for subject in results.subjects.clone() {
                if !who.split(' ').any(|name| name == subject.name) {
                    continue;
                }
                let (phase, metric) = series.split_once(' ').unwrap();
                let steady =
                    ["allocated", "inodes", "payload", "leftovers", "mounts"].contains(&metric);
                for round in 0..self.rounds {
                    noise = noise
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    let published = self.published != (self.torn && round % 2 == 1);
                    let value = if published { *yes } else { *no };
                    let shake = if steady {
                        1.0
                    } else {
                        1.0 + 0.004 * ((noise >> 40) as f64 / (1_u64 << 24) as f64 - 0.5)
                    };
                    results.records.push(Record {
                        subject: subject.name.clone(),
                        driver: subject.driver.clone(),
                        workload: (*workload).to_owned(),
                        phase: phase.to_owned(),
                        metric: metric.to_owned(),
                        unit: unit(metric).to_owned(),
                        round,
                        position: 0,
                        cell: None,
                        value: value * shake,
                        params: pairs(params),
                        cache: None,
                        cache_refused: None,
                        flags: Vec::new(),
                        histogram: None,
                    });
                }
            }
        }
    }

    fn subject(self, name: &str) -> Subject {
        let driver = name.split('@').next().unwrap();
        let store = name.split(['@', ',']).nth(1).unwrap();
        let control = if store == "xfs" { "ext4" } else { store };
        let copy_up = match (driver, store) {
            (_, "xfs") => "reflink",
            ("btrfs" | "zfs", _) => "blocks",
            ("vfs", _) => "paid-at-prepare",
            _ => "whole-file",
        };
        let native = ["overlay2", "btrfs", "zfs"].contains(&driver);
        let volatile = if name.contains("volatile") {
            "on"
        } else {
            "off"
        };
        let deleted = if self.published {
            "opaque directory"
        } else {
            "whiteout"
        };
        let mut facts = vec![
            ("volatile".to_owned(), volatile.to_owned()),
            ("deleted_directory".to_owned(), deleted.to_owned()),
        ];
        if store == "pool" {
            facts.push(("note".to_owned(), "this says nothing of OpenZFS".to_owned()));
        }
        Subject {
            name: name.to_owned(),
            driver: driver.to_owned(),
            role: if driver == "hostdir" {
                Role::Control
            } else {
                Role::Subject
            },
            control: (driver != "hostdir").then(|| format!("hostdir@{control}")),
            twin_of: None,
            backing: Some(store.to_owned()),
            options: Facts::new(),
            support: Support::Ready,
            facts,
            capabilities: BTreeMap::from([
                ("copy_up".to_owned(), copy_up.into()),
                ("native_changes".to_owned(), native.into()),
                (
                    "max_layers".to_owned(),
                    if self.published { 500 } else { 100 }.into(),
                ),
            ]),
        }
    }
}

fn unit(metric: &str) -> &'static str {
    match metric {
        "time" | "durable" | "latency-p99" | "latency-p50" => "s",
        "rate" => "1/s",
        "throughput" => "B/s",
        "inodes" | "leftovers" | "mounts" | "amplification" => "1",
        _ => "B",
    }
}

/// `size 4096, cache warm`.
fn pairs(text: &str) -> Facts {
    text.split(", ")
        .filter_map(|pair| pair.split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn answer(subject: &Subject, case: &str, outcome: Outcome) -> CaseResult {
    CaseResult {
        subject: subject.name.clone(),
        driver: subject.driver.clone(),
        case: case.to_owned(),
        outcome,
        reason: if outcome == Outcome::Pass {
            String::new()
        } else {
            "made up".to_owned()
        },
        promise: String::new(),
        origin: String::new(),
        level: Level::Informs,
        theme: String::new(),
        capability: None,
        expected: None,
        actual: None,
        seconds: 0.0,
    }
}
