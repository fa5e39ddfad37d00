//! A made-up run as large as they come: five drivers, sixty rows of the matrix, thirty rounds, every number invented.

use reports::{
    Cache, End, Facts, Latencies, Record, Results, Role, Run, SCHEMA, Subject, Support,
    WorkloadInfo,
};

const ROUNDS: u32 = 30;
const DRIVERS: [(&str, &str); 5] = [
    ("alpha", "ext4"),
    ("beta", "ext4"),
    ("gamma", "xfs"),
    ("delta", "pool"),
    ("epsilon", "btrfs"),
];

/// Workload, phase, parameters.
type Work = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// One for each row.
#[rustfmt::skip]
const WORK: [Work; 30] = [
    ("pull", "pull", &[]), ("pull", "pull-second", &[]), ("pull", "remove", &[]),
    ("start", "total", &[("cache", "warm"), ("parallel", "1")]), ("start", "total", &[("cache", "cold"), ("parallel", "1")]),
    ("start", "total", &[("cache", "warm"), ("parallel", "50")]),
    ("copy-up", "append-first", &[("cache", "warm"), ("size", "4096")]), ("copy-up", "append-first", &[("cache", "warm"), ("size", "268435456")]),
    ("copy-up", "append-first", &[("cache", "cold"), ("size", "268435456")]), ("copy-up", "append-second", &[("cache", "warm"), ("size", "268435456")]),
    ("copy-up", "chmod-first", &[("cache", "warm"), ("size", "268435456")]), ("copy-up-tree", "chown-all", &[("cache", "warm"), ("files", "10000")]),
    ("copy-up-tree", "move-tree", &[("cache", "warm"), ("files", "10000")]), ("write-heavy", "random-write", &[("target", "layer-new")]),
    ("write-heavy", "random-write", &[("target", "layer-lower")]), ("write-heavy", "random-write-fsync", &[("target", "layer-new")]),
    ("write-heavy", "small-files", &[("target", "layer-new")]), ("write-heavy", "sqlite-wal", &[("target", "layer-new")]),
    ("write-modes", "log-append", &[("target", "layer-lower")]), ("write-modes", "replace", &[("target", "layer-new")]),
    ("write-modes", "churn", &[("target", "layer-lower")]), ("tools", "git-checkout", &[("target", "layer-lower")]),
    ("tools", "compile", &[("target", "layer-new")]), ("tools", "package-install", &[("target", "layer-new")]),
    ("read", "stat", &[("cache", "warm"), ("depth", "64")]), ("read", "stat", &[("cache", "cold"), ("depth", "64")]),
    ("build", "build", &[]), ("build", "rebuild", &[]), ("build", "load", &[]), ("remove", "remove", &[("what", "large-layer")]),
];

/// Workloads that no headline number names: each brings one row more.
const OTHERS: u32 = 30;

/// The whole run.
pub(crate) fn results() -> Results {
    let mut results = Results {
        schema: SCHEMA,
        run: Run {
            schema: SCHEMA,
            version: "0.1.0".to_owned(),
            seed: 1,
            profile: "made up".to_owned(),
            rounds: ROUNDS,
            started: "2026-01-01T01:01:01Z".to_owned(),
            image: facts(&[("name", "made up")]),
            workloads: workloads(),
            ..Run::default()
        },
        host: facts(&[("kernel", "6.18"), ("cpu", "made up")]),
        subjects: subjects(),
        end: Some(End {
            seconds: 3600.0,
            interrupted: false,
        }),
        ..Results::default()
    };
    let mut random = 1_u64;
    for round in 0..ROUNDS {
        for (position, subject) in (0..).zip(&results.subjects) {
            let place = Place {
                round,
                position,
                subject,
            };
            place.measure(&mut results.records, &mut random);
        }
    }
    results
}

fn facts(pairs: &[(&str, &str)]) -> Facts {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    pairs.iter().map(owned).collect()
}

fn workloads() -> Vec<WorkloadInfo> {
    let mut names: Vec<String> = WORK.iter().map(|work| work.0.to_owned()).collect();
    names.dedup();
    names.extend((0..OTHERS).map(|number| format!("other-{number}")));
    names
        .into_iter()
        .map(|name| WorkloadInfo {
            question: format!("What does {name} cost?"),
            phases: vec![(name.clone(), "All of it.".to_owned())],
            name,
        })
        .collect()
}

fn subjects() -> Vec<Subject> {
    let subject = |driver: &str, backing: &str, role: Role| Subject {
        name: format!("{driver}@{backing}"),
        driver: driver.to_owned(),
        role,
        control: (role != Role::Control).then(|| format!("hostdir@{backing}")),
        twin_of: None,
        backing: Some(backing.to_owned()),
        options: Facts::new(),
        support: Support::Ready,
        facts: vec![("mount".to_owned(), "rw,relatime".to_owned())],
        capabilities: Default::default(),
    };
    let mut all: Vec<Subject> = ["ext4", "xfs", "pool", "btrfs"]
        .map(|backing| subject("hostdir", backing, Role::Control))
        .into();
    all.extend(DRIVERS.map(|(driver, backing)| subject(driver, backing, Role::Subject)));
    let mut twin = subject("alpha", "ext4", Role::Twin);
    twin.name = "alpha@ext4 (twin)".to_owned();
    twin.twin_of = Some("alpha@ext4".to_owned());
    all.push(twin);
    all
}

/// One subject in one round.
struct Place<'a> {
    round: u32,
    position: u32,
    subject: &'a Subject,
}

impl Place<'_> {
    fn measure(&self, records: &mut Vec<Record>, random: &mut u64) {
        for (at, (workload, phase, params)) in WORK.iter().enumerate() {
            let base = 0.001 * 1.3_f64.powi(i32::try_from(at).unwrap());
            self.put(records, random, (workload, phase), params, base);
        }
        for number in 0..OTHERS {
            let name = format!("other-{number}");
            self.put(records, random, (&name, "total"), &[], 0.01);
        }
    }

    fn put(
        &self,
        records: &mut Vec<Record>,
        random: &mut u64,
        (workload, phase): (&str, &str),
        params: &[(&str, &str)],
        base: f64,
    ) {
        let own = 1.0 + f64::from(self.position % 5) * 0.2;
        for (metric, unit, size) in [
            ("time", "s", 1.0),
            ("cpu", "s", 0.7),
            ("allocated", "B", 1e9),
            ("device-written", "B", 1e9),
            ("inodes", "1", 1e5),
            ("latency-p50", "s", 1e-4),
        ] {
            *random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let noise = 1.0 + 0.1 * ((*random >> 40) as f64 / (1_u64 << 24) as f64);
            let mut value = size * base * own * noise;
            if unit != "s" {
                value = value.round();
            }
            let many = workload.starts_with("write") || workload == "read";
            if metric == "latency-p50" && !many {
                continue;
            }
            let histogram = (metric == "latency-p50").then(|| Latencies {
                count: 20_000,
                min_ns: 1000,
                max_ns: 1 << 40,
                bins: (0..200).map(|bin| (1000 + 1500 * bin * bin, 100)).collect(),
            });
            records.push(Record {
                subject: self.subject.name.clone(),
                driver: self.subject.driver.clone(),
                workload: workload.to_owned(),
                phase: phase.to_owned(),
                metric: metric.to_owned(),
                unit: unit.to_owned(),
                round: self.round,
                position: self.position,
                cell: None,
                value,
                params: facts(params),
                cache: Some(Cache::Warm),
                cache_refused: None,
                flags: Vec::new(),
                histogram,
            });
        }
    }
}
