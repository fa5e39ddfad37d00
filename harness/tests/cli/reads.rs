//! The workloads that read and that only stand by: `read`, `share`, `density`, each alone, on every driver that runs here.

use serde_json::Value;

use crate::session::{READY, Session};

/// The results of a smoke run of some workloads on one driver.
fn measured(session: &Session, driver: &str, workloads: &[&str]) -> Value {
    let mut line = vec!["bench", "--profile", "smoke", "--driver", driver, "--json"];
    for workload in workloads {
        line.extend(["--workload", workload]);
    }
    let (out, _) = session.expect(0, &line);
    session.assert_clean();
    serde_json::from_str(&out).unwrap()
}

/// The values of one thing by subject, with the parameter `by`.
fn values<'a>(
    results: &'a Value,
    phase: &'a str,
    metric: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Value, f64)> {
    let records = results["records"].as_array().unwrap().iter();
    records
        .filter(move |r| r["phase"] == phase && r["metric"] == metric)
        .map(|r| {
            let value = r["value"].as_f64().unwrap();
            (r["subject"].as_str().unwrap(), &r["params"], value)
        })
}

fn subjects(results: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = results["subjects"].as_array().unwrap().iter();
    all.map(|subject| (subject["name"].as_str().unwrap(), subject))
}

fn number(params: &Value, name: &str) -> f64 {
    let text = params[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name}: {params}"));
    text.parse().unwrap()
}

fn root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn names_and_data_are_read_at_every_depth_and_from_cold_caches() {
    if !root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = measured(&session, driver, &["read"]);
        assert_eq!(results["dnf"], Value::Array(Vec::new()), "{driver}");
        for (subject, _) in subjects(&results) {
            let of = |phase: &'static str, cache: &'static str| {
                let all = values(&results, phase, "time");
                let mine = all.filter(|(s, params, _)| *s == subject && params["cache"] == cache);
                mine.map(|(_, params, value)| (params.clone(), value))
                    .collect::<Vec<_>>()
            };
            for phase in ["list", "stat", "missing", "open"] {
                // Other tests drop the caches of the machine, too.
                let warm = of(phase, "warm").len() + of(phase, "lukewarm").len();
                let cold = of(phase, "cold").len();
                let expected = if phase == "open" { 2 } else { 4 };
                assert_eq!(warm + cold, expected, "{subject}: {phase}");
            }
            for phase in ["read-sequential", "read-random", "read-mapped"] {
                let all: Vec<_> = values(&results, phase, "time")
                    .filter(|(s, ..)| *s == subject)
                    .collect();
                assert_eq!(all.len(), 2, "{subject}: {phase}");
                assert!(all.iter().all(|(_, params, value)| {
                    *value > 0.0 && number(params, "size") == f64::from(1 << 20)
                }));
            }
            let cold = of("read-sequential", "cold").len() + of("stat", "cold").len();
            assert!(cold >= 1, "{subject}: nothing was cold");
        }
        for metric in ["rate", "latency-p50", "cpu"] {
            assert!(
                values(&results, "read-random", metric).count() > 0,
                "{metric}"
            );
        }
    }
}

/// What is mapped stays in memory whoever drops the caches of the machine: these numbers are exact.
#[test]
fn what_containers_share_is_what_is_declared() {
    if !root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = measured(&session, driver, &["share"]);
        assert_eq!(results["dnf"], Value::Array(Vec::new()), "{driver}");
        for (name, subject) in subjects(&results) {
            let mine = |phase: &'static str, metric: &'static str| {
                let all = values(&results, phase, metric);
                let mut mine = all.filter(|(s, ..)| *s == name);
                mine.next()
                    .map(|(_, params, value)| (params.clone(), value))
            };
            let (params, memory) = mine("mapped", "memory").unwrap();
            let (_, pages) = mine("mapped", "page-cache").unwrap();
            let (size, readers) = (number(&params, "size"), number(&params, "readers"));
            let shared = subject["role"] == "control"
                || subject["capabilities"]["shared_page_cache"] == true;
            let copies = if shared { 1.0 } else { readers };
            assert_eq!(memory, copies * size, "{name}: {params}");
            // Below a daemon's files there may be those of the layer, too.
            assert!(
                pages >= copies * size && (!shared || pages == size),
                "{name}: {pages} of {params}"
            );
            let (_, all) = mine("held-by-all", "page-cache").unwrap();
            assert!(all <= pages, "{name}: {all}, and {pages} mapped");
            let (_, first) = mine("held-by-first", "device-read").unwrap();
            let (_, read) = mine("held-by-all", "device-read").unwrap();
            assert!(first <= read, "{name}: {first} of {read}");
            for phase in ["first-reader", "next-reader", "map"] {
                assert!(mine(phase, "time").unwrap().1 > 0.0, "{name}: {phase}");
            }
        }
    }
}

#[test]
fn idle_containers_and_images_are_counted() {
    if !root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = measured(&session, driver, &["density"]);
        assert_eq!(results["dnf"], Value::Array(Vec::new()), "{driver}");
        for (name, subject) in subjects(&results) {
            let live = |metric: &'static str| -> Vec<(f64, f64)> {
                values(&results, "live", metric)
                    .filter(|(s, ..)| *s == name)
                    .map(|(_, params, value)| (number(params, "containers"), value))
                    .collect()
            };
            for (containers, mounts) in live("mounts") {
                assert!(
                    mounts >= containers,
                    "{name}: {mounts} mounts of {containers}"
                );
            }
            assert_eq!(live("mounts").len(), 2, "{name}");
            for (containers, inodes) in live("inodes") {
                assert!(
                    inodes >= containers,
                    "{name}: {inodes} inodes of {containers}"
                );
            }
            let space = live("allocated");
            assert!(space[0].1 <= space[1].1, "{name}: {space:?}");
            if subject["role"] == "control" {
                continue;
            }
            let of = |phase: &'static str| {
                let all = values(&results, phase, "allocated");
                let mut mine = all.filter(|(s, ..)| *s == name);
                mine.next().unwrap().2
            };
            // Four images on two bases of 1 MiB, each with an eighth of its own: 4.5 MiB apart, 2.5 MiB where bases are
            // shared.
            let (together, apart) = (of("images"), of("images-apart"));
            assert!(apart >= 4.5 * f64::from(1 << 20), "{name}: {apart}");
            if subject["capabilities"]["shares_data_with_parent"] == true {
                assert!(together < 0.8 * apart, "{name}: {together} of {apart}");
            } else {
                assert!(together > apart, "{name}: {together} of {apart}");
            }
        }
    }
}
