//! The workloads that read and that only stand by: `read`, `share`, `density`, each alone, on every driver that runs here.

use serde_json::Value;

use crate::session::{READY, Session};
use crate::shell_image;

/// The results of a smoke run of some workloads on one driver.
fn measured(session: &Session, driver: &str, workloads: &[&str]) -> Value {
    measured_with(session, driver, workloads, &[])
}

/// The same, asked for with more words.
fn measured_with(session: &Session, driver: &str, workloads: &[&str], more: &[&str]) -> Value {
    let mut line = vec!["bench", "--profile", "smoke", "--driver", driver, "--json"];
    line.extend(more);
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

#[test]
fn reading_sharing_and_standing_by_are_measured_on_every_driver() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = measured(&session, driver, &["read", "share", "density"]);
        for dnf in results["dnf"].as_array().unwrap() {
            // The generated image holds no servers; nothing else may be missing.
            let reason = dnf["reason"].as_str().unwrap();
            assert!(
                dnf["phase"] == "running" && reason.contains("the image lacks"),
                "{driver}: {dnf}"
            );
        }
        for (name, subject) in subjects(&results) {
            names_and_data_are_read(&results, name);
            what_is_shared_is_what_is_declared(&results, name, subject);
            idle_containers_and_images_are_counted(&results, name, subject);
        }
        let leftovers = values(&results, "all", "leftovers");
        assert_eq!(
            leftovers.map(|(.., value)| value).sum::<f64>(),
            0.0,
            "{driver}"
        );
    }
}

fn names_and_data_are_read(results: &Value, name: &str) {
    let of = |phase, cache: &str| {
        let all = values(results, phase, "time");
        let mine = all.filter(|(s, params, _)| *s == name && params["cache"] == cache);
        mine.inspect(|(_, _, value)| assert!(*value > 0.0)).count()
    };
    for phase in ["list", "stat", "missing", "open"] {
        // Two depths. Other tests drop the caches of the machine, too: warm may be refused.
        let all: usize = ["cold", "lukewarm", "warm"]
            .map(|c| of(phase, c))
            .iter()
            .sum();
        let expected = if phase == "open" { 2 } else { 4 };
        assert_eq!(all, expected, "{name}: {phase}");
    }
    for phase in ["read-sequential", "read-random", "read-mapped"] {
        let all: usize = ["cold", "lukewarm", "warm"]
            .map(|c| of(phase, c))
            .iter()
            .sum();
        assert_eq!(all, 2, "{name}: {phase}");
    }
    assert!(
        of("read-sequential", "cold") + of("stat", "cold") > 0,
        "{name}: nothing was cold"
    );
    for metric in ["rate", "latency-p50", "cpu"] {
        let mut mine = values(results, "read-random", metric).filter(|(s, ..)| *s == name);
        assert!(mine.next().is_some(), "{name}: {metric}");
    }
}

/// What is mapped stays in memory, whoever drops the caches of the machine: these numbers are exact.
fn what_is_shared_is_what_is_declared(results: &Value, name: &str, subject: &Value) {
    let mine = |phase, metric| {
        let all = values(results, phase, metric);
        let mut mine = all.filter(|(s, ..)| *s == name);
        let (_, params, value) = mine
            .next()
            .unwrap_or_else(|| panic!("{name}: {phase} {metric}"));
        (params, value)
    };
    let (params, memory) = mine("mapped", "memory");
    let (_, pages) = mine("mapped", "page-cache");
    let (size, readers) = (number(params, "size"), number(params, "readers"));
    let shared =
        subject["role"] == "control" || subject["capabilities"]["shared_page_cache"] == true;
    let copies = if shared { 1.0 } else { readers };
    // Each mapping's share is told in whole KiB.
    assert!(
        memory <= copies * size && memory > copies * size - readers * 1024.0,
        "{name}: {memory} of {params}"
    );
    // The layer's file below those of a daemon, and the file that holds a pool, are cached as well.
    let in_pool = subject["backing"] == "pool";
    assert!(
        pages >= copies * size && (!shared || in_pool || pages == size),
        "{name}: {pages} of {params}"
    );
    let (_, first) = mine("held-by-first", "device-read");
    let (_, all) = mine("held-by-all", "device-read");
    assert!(first <= all, "{name}: {first} of {all}");
    for phase in ["first-reader", "next-reader", "map"] {
        assert!(mine(phase, "time").1 > 0.0, "{name}: {phase}");
    }
}

fn idle_containers_and_images_are_counted(results: &Value, name: &str, subject: &Value) {
    let live = |metric| -> Vec<(f64, f64)> {
        values(results, "live", metric)
            .filter(|(s, params, _)| *s == name && params["of"].is_null())
            .map(|(_, params, value)| (number(params, "containers"), value))
            .collect()
    };
    assert_eq!(live("mounts").len(), 2, "{name}");
    for (containers, mounts) in live("mounts") {
        assert!(
            mounts >= containers,
            "{name}: {mounts} mounts of {containers}"
        );
    }
    // A snapshot takes no inode of its own.
    for (containers, inodes) in live("inodes") {
        let each = if subject["backing"] == "ext4" {
            1.0
        } else {
            0.0
        };
        assert!(
            inodes >= each * containers,
            "{name}: {inodes} inodes of {containers}"
        );
    }
    let space = live("allocated");
    assert!(space[0].1 <= space[1].1, "{name}: {space:?}");
    if subject["role"] == "control" {
        return;
    }
    let of = |phase| {
        let mut mine = values(results, phase, "allocated").filter(|(s, ..)| *s == name);
        mine.next().unwrap_or_else(|| panic!("{name}: {phase}")).2
    };
    // Four images on two bases of 1 MiB, each with an eighth of its own: 4.5 MiB apart, 2.5 MiB where bases are shared.
    let (together, apart) = (of("images"), of("images-apart"));
    assert!(apart >= 4.5 * f64::from(1 << 20), "{name}: {apart}");
    if subject["capabilities"]["shares_data_with_parent"] == true {
        assert!(together < 0.8 * apart, "{name}: {together} of {apart}");
    } else {
        assert!(together > apart, "{name}: {together} of {apart}");
    }
}

/// Perl answers on a socket in one container and in two at once: a small server that most hosts have.
#[test]
#[expect(clippy::print_stdout, reason = "says why a test proves less here")]
fn servers_of_the_image_serve_and_their_memory_is_told() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        if !shell_image::with_perl(&session) {
            println!("skipped: this host has no Perl");
            return;
        }
        let results = measured_with(&session, driver, &["density"], &["--image", "image"]);
        for dnf in results["dnf"].as_array().unwrap() {
            let reason = dnf["reason"].as_str().unwrap();
            assert!(
                reason.contains("the image lacks python3, nginx, postgres"),
                "{driver}: {dnf}"
            );
        }
        for (name, subject) in subjects(&results) {
            let of = |phase, whose: Value| -> Vec<f64> {
                values(&results, phase, "memory")
                    .filter(|(s, params, _)| *s == name && params["of"] == whose)
                    .filter(|(_, params, _)| phase == "live" || params["program"] == "perl")
                    .map(|(.., value)| value)
                    .collect()
            };
            let (all, each) = (of("running", Value::Null), of("running", "each".into()));
            let ([one, two], [one_alone, each_of_two]) = (&all[..], &each[..]) else {
                panic!("{name}: {all:?} {each:?}")
            };
            assert!(*one > 0.0 && one == one_alone, "{name}: {all:?} {each:?}");
            assert!(two > one && *two < 4.0 * one, "{name}: {all:?}");
            assert!((each_of_two - two / 2.0).abs() <= 1.0, "{name}: {each:?}");
            let daemons = |phase| of(phase, "daemons".into()).len();
            if subject["role"] != "control" {
                assert_eq!(daemons("running"), daemons("live"), "{name}");
            }
        }
    }
}

/// A store of its own is filled up, and mended or not; the subject's own store is as it was.
#[test]
fn a_full_store_is_told_and_goes_again() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = measured(&session, driver, &["full"]);
        // A pool that is full cannot even sync; whatever cannot be done says that there is no space.
        for dnf in results["dnf"].as_array().unwrap() {
            let reason = dnf["reason"].as_str().unwrap().to_lowercase();
            assert!(!dnf["phase"].is_null() && reason.contains("space"), "{dnf}");
        }
        for (name, _) in subjects(&results) {
            let of = |phase, metric| {
                let mut mine = values(&results, phase, metric).filter(|(s, ..)| *s == name);
                let (_, params, value) = mine.next()?;
                Some((number(params, "size"), value))
            };
            let (size, payload) = of("fill", "payload").unwrap();
            assert!(payload > 0.5 * size && payload < size, "{name}: {payload}");
            if let Some((_, allocated)) = of("full", "allocated") {
                assert!(
                    allocated >= payload && allocated < 1.05 * size,
                    "{name}: {allocated}"
                );
            }
        }
        let leftovers = values(&results, "all", "leftovers");
        assert_eq!(
            leftovers.map(|(.., value)| value).sum::<f64>(),
            0.0,
            "{driver}"
        );
    }
}
