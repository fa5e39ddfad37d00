//! A made-up run for tests of the documents: every number is invented and says so in the image's name. It has what
//! real runs have: controls on several backings, a twin, a driver that is missing, DNFs, deviations, failures, noise.

mod cases;

use std::collections::BTreeMap;

use reports::{
    Cache, Dnf, End, Facts, Latencies, Record, Results, Role, Run, SCHEMA, Subject, Support,
    WorkloadInfo,
};

/// Deterministic noise (splitmix64).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn noise(&mut self) -> f64 {
        let sum: f64 = (0..6).map(|_| self.unit()).sum();
        (0.06 * (sum - 3.0)).exp()
    }
}

/// How an invented subject behaves.
struct Nature {
    name: &'static str,
    backing: &'static str,
    pull: f64,
    start: f64,
    /// Seconds per MiB of the first write.
    copy: f64,
    write: f64,
    space: f64,
}

const fn nature(name: &'static str, backing: &'static str, costs: [f64; 5]) -> Nature {
    let [pull, start, copy, write, space] = costs;
    Nature {
        name,
        backing,
        pull,
        start,
        copy,
        write,
        space,
    }
}

const NATURES: &[Nature] = &[
    nature("overlay2@ext4", "ext4", [1.05, 0.0031, 0.0011, 1.02, 1.0]),
    nature(
        "overlay2@xfs,metacopy=on",
        "xfs",
        [1.08, 0.0032, 0.00002, 1.03, 1.0],
    ),
    nature(
        "fuse-overlayfs@ext4",
        "ext4",
        [1.09, 0.0142, 0.0014, 2.4, 1.0],
    ),
    nature("btrfs@btrfs", "btrfs", [1.31, 0.0048, 0.0, 1.6, 1.02]),
    nature("zfs@zfs-fuse-0.7.0", "pool", [4.2, 0.31, 0.0, 5.1, 1.1]),
    nature("vfs@xfs", "xfs", [1.9, 0.64, 0.0, 1.0, 4.8]),
];

/// A run of so many rounds.
pub(crate) fn results(rounds: u32) -> Results {
    let mut results = Results {
        schema: SCHEMA,
        run: run(rounds),
        host: host(),
        ..Results::default()
    };
    for backing in ["ext4", "xfs", "btrfs", "pool"] {
        results.subjects.push(subject(
            &format!("hostdir@{backing}"),
            backing,
            Role::Control,
        ));
    }
    for nature in NATURES {
        let mut subject = subject(nature.name, nature.backing, Role::Subject);
        if nature.backing == "pool" {
            subject.facts.push(("note".to_owned(), "zfs-fuse is ZFS of 2009 in user space (pool version 23); its numbers say nothing of OpenZFS, the kernel module.".to_owned()));
            subject.facts.push((
                "fallback".to_owned(),
                "no zfs diff: changes are found by comparing trees".to_owned(),
            ));
        }
        results.subjects.push(subject);
    }
    let mut twin = subject("overlay2@ext4 (twin)", "ext4", Role::Twin);
    twin.twin_of = Some("overlay2@ext4".to_owned());
    results.subjects.push(twin);
    let mut missing = subject("zfs@openzfs", "pool", Role::Subject);
    missing.support = Support::Missing {
        reason: "kernel".to_owned(),
        what: "/dev/zfs is not there".to_owned(),
        fix: "apt-get install zfs-dkms && modprobe zfs".to_owned(),
    };
    results.subjects.push(missing);
    let mut random = Random(1);
    for round in 0..rounds {
        measure(&mut results, &mut random, round);
    }
    cases::cases(&mut results);
    results.dnf.push(Dnf {
        subject: "zfs@zfs-fuse-0.7.0".to_owned(),
        workload: "copy-up".to_owned(),
        phase: Some("depth-append-first".to_owned()),
        params: params(&[("depth", "64")]),
        round: Some(0),
        after_seconds: None,
        reason: "prepare a container layer: the daemon answered EBUSY for 30 s".to_owned(),
    });
    results.end = Some(End {
        seconds: 187.0,
        interrupted: false,
    });
    results
}

fn run(rounds: u32) -> Run {
    let workload = |name: &str, question: &str, phases: &[(&str, &str)]| WorkloadInfo {
        name: name.to_owned(),
        question: question.to_owned(),
        phases: phases
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect(),
    };
    Run {
        schema: SCHEMA,
        id: String::new(),
        version: "0.1.0".to_owned(),
        commit: "0123456".to_owned(),
        seed: 42,
        profile: "default".to_owned(),
        rounds,
        started: "2026-01-02T03:04:05Z".to_owned(),
        command_line: vec!["layerbench".to_owned(), "run".to_owned()],
        config: BTreeMap::from([("cold".to_owned(), serde_json::json!(true))]),
        image: params(&[
            ("name", "INVENTED NUMBERS, not a measurement"),
            ("layers", "9"),
            ("bytes", "268435456"),
        ]),
        workloads: vec![
            workload(
                "pull",
                "What does it cost to pull an image, and a second one that shares its base?",
                &[("pull", "both together"), ("unpack", "writing the files")],
            ),
            workload(
                "start",
                "How fast does a container start, alone and in company?",
                &[
                    ("prepare", "making the container layer"),
                    ("mount", "mounting it"),
                    ("exec", "running /bin/true"),
                    ("teardown", "removing it"),
                    ("total", "from prepare to teardown"),
                ],
            ),
            workload(
                "copy-up",
                "What does the first write to a file of the image cost, and the second?",
                &[("append-first", "open, write one byte at the end, close")],
            ),
            workload(
                "write-heavy",
                "What does writing much cost in a container's layer, and what does a volume save?",
                &[("random-write", "4 KiB writes at random places")],
            ),
        ],
    }
}

fn host() -> Facts {
    params(&[
        ("kernel", "6.18.0"),
        ("cpu", "Invented CPU"),
        ("cores", "2"),
        ("memory", "7.8 GiB"),
        ("virtual_machine", "yes"),
    ])
}

fn params(pairs: &[(&str, &str)]) -> Facts {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn subject(name: &str, backing: &str, role: Role) -> Subject {
    let driver = name.split('@').next().unwrap_or(name).to_owned();
    let options = name
        .split(',')
        .skip(1)
        .filter_map(|o| o.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
    Subject {
        name: name.to_owned(),
        driver,
        role,
        control: (role != Role::Control).then(|| format!("hostdir@{backing}")),
        twin_of: None,
        backing: Some(backing.to_owned()),
        options: options.collect(),
        support: Support::Ready,
        facts: vec![("version".to_owned(), "6.18.0".to_owned())],
        capabilities: BTreeMap::from([("rename_lower_dir".to_owned(), serde_json::json!(false))]),
    }
}

fn measure(results: &mut Results, random: &mut Random, round: u32) {
    let drift = 1.0 + 0.2 * f64::from(round) / 12.0;
    let subjects: Vec<Subject> = results
        .subjects
        .iter()
        .filter(|s| s.support == Support::Ready)
        .cloned()
        .collect();
    for (position, subject) in (0..).zip(subjects) {
        let mut put = |workload: &str,
                       phase: &str,
                       metric: &str,
                       unit: &str,
                       value: f64,
                       pairs: &[(&str, &str)]| {
            let noise = if unit == "B" {
                1.0
            } else {
                drift * random.noise()
            };
            results.records.push(Record {
                subject: subject.name.clone(),
                driver: subject.driver.clone(),
                workload: workload.to_owned(),
                phase: phase.to_owned(),
                metric: metric.to_owned(),
                unit: unit.to_owned(),
                round,
                position,
                cell: None,
                value: value * noise,
                params: params(pairs),
                cache: Some(if workload == "pull" {
                    Cache::Cold
                } else {
                    Cache::Warm
                }),
                cache_refused: None,
                flags: if round == 3 && position == 2 {
                    vec!["steal 12 %".to_owned()]
                } else {
                    Vec::new()
                },
                histogram: None,
            });
        };
        let original = subject.twin_of.as_deref().unwrap_or(&subject.name);
        let plain = nature("", "", [1.0, 0.0012, 0.0, 1.0, 1.0]);
        let own = NATURES
            .iter()
            .find(|n| n.name == original)
            .unwrap_or(&plain);
        let control = subject.role == Role::Control;
        put("pull", "pull", "time", "s", 1.9 * own.pull, &[]);
        put("pull", "pull", "cpu", "s", 1.4 * own.pull, &[]);
        put(
            "pull",
            "pull",
            "allocated",
            "B",
            268_435_456.0 * own.space,
            &[],
        );
        put(
            "pull",
            "pull-second",
            "time",
            "s",
            0.4 * own.pull * own.space,
            &[],
        );
        for parallel in ["1", "10", "50"] {
            let n: f64 = parallel.parse().unwrap_or(1.0);
            put(
                "start",
                "total",
                "time",
                "s",
                own.start * (1.0 + 0.4 * (n - 1.0)),
                &[("parallel", parallel), ("cache", "warm")],
            );
        }
        if !control {
            for (phase, share) in [
                ("prepare", 0.2),
                ("mount", 0.3),
                ("exec", 0.35),
                ("teardown", 0.1),
            ] {
                put(
                    "start",
                    phase,
                    "time",
                    "s",
                    own.start * share,
                    &[("parallel", "1"), ("cache", "warm")],
                );
            }
            put(
                "start",
                "total",
                "time",
                "s",
                own.start * 1.4,
                &[("parallel", "1"), ("cache", "cold")],
            );
            put(
                "start",
                "prepare",
                "allocated",
                "B",
                if own.space > 2.0 {
                    268_435_456.0
                } else {
                    16384.0
                },
                &[("parallel", "1")],
            );
        }
        for size in [4096_u64, 65536, 1 << 20, 16 << 20, 256 << 20] {
            let mib = size as f64 / 1_048_576.0;
            let text = size.to_string();
            let base = 0.000_02 * own.write;
            put(
                "copy-up",
                "append-first",
                "time",
                "s",
                base * 3.0 + own.copy * mib,
                &[("size", &text)],
            );
            put(
                "copy-up",
                "append-second",
                "time",
                "s",
                base,
                &[("size", &text)],
            );
            put(
                "copy-up",
                "chmod-first",
                "time",
                "s",
                base * 1.5 + own.copy * mib,
                &[("size", &text)],
            );
        }
        if !control {
            put(
                "copy-up",
                "depth-append-first",
                "time",
                "s",
                0.000_2,
                &[("depth", "16")],
            );
        }
        let jobs = [
            ("random-write", 0.2),
            ("random-write-fsync", 1.1),
            ("small-files", 0.3),
            ("sqlite-wal", 0.6),
        ];
        for (phase, seconds) in jobs {
            if control {
                put(
                    "write-heavy",
                    phase,
                    "time",
                    "s",
                    seconds,
                    &[("target", "hostdir")],
                );
                continue;
            }
            put(
                "write-heavy",
                phase,
                "time",
                "s",
                seconds * own.write,
                &[("target", "layer-new")],
            );
            if phase.starts_with("random") {
                put(
                    "write-heavy",
                    phase,
                    "time",
                    "s",
                    seconds * own.write + own.copy * 64.0,
                    &[("target", "layer-lower")],
                );
            }
            put(
                "write-heavy",
                phase,
                "time",
                "s",
                seconds * 1.01,
                &[("target", "volume")],
            );
        }
    }
    if round == 0
        && let Some(record) = results
            .records
            .iter_mut()
            .find(|r| r.workload == "write-heavy")
    {
        record.histogram = Some(Latencies {
            count: 3,
            min_ns: 900,
            max_ns: 2100,
            bins: vec![(1024, 2), (2139, 1)],
        });
    }
}
