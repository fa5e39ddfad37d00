//! Starts of programs, and of many containers: on every driver, and on an image whose programs do as told or fail.

use serde_json::Value;

use crate::images::packed;
use crate::session::{READY, Session};

fn bench(session: &Session, workload: &str, driver: &str, image: Option<&str>) -> Value {
    let mut line = vec!["bench", "--profile", "smoke", "--json", "--driver", driver];
    line.extend(["--workload", workload]);
    if let Some(image) = image {
        line.extend(["--image", image]);
    }
    let (out, _) = session.expect(0, &line);
    session.assert_clean();
    serde_json::from_str(&out).unwrap()
}

fn records<'a>(
    results: &'a Value,
    phase: &'a str,
    metric: &'a str,
) -> impl Iterator<Item = &'a Value> {
    let records = results["records"].as_array().unwrap().iter();
    records.filter(move |r| r["phase"] == phase && r["metric"] == metric)
}

fn reasons(results: &Value, program: &str) -> Vec<String> {
    let dnf = results["dnf"].as_array().unwrap().iter();
    dnf.filter(|dnf| dnf["params"]["program"] == program)
        .map(|dnf| dnf["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn many_starts_are_measured_on_every_driver_and_nothing_is_left() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = bench(&session, "start-scale", driver, None);
        let subjects = results["subjects"].as_array().unwrap();
        let subject = |role: &str| subjects.iter().find(|s| s["role"] == role).unwrap();
        let name = &subject("subject")["name"];
        for (phase, params) in [
            ("start", vec![]),
            ("parallel", vec![("parallel", "2")]),
            ("fill", vec![("live", "3")]),
            ("live", vec![("live", "0")]),
            ("live", vec![("live", "3")]),
            ("drain", vec![("live", "3")]),
            ("depth", vec![("depth", "1")]),
            ("depth", vec![("depth", "4")]),
            ("mapped-first", vec![("way", "chown")]),
            ("mapped-next", vec![("way", "chown")]),
        ] {
            let found = records(&results, phase, "time").find(|r| {
                r["subject"] == *name
                    && params
                        .iter()
                        .all(|(name, value)| r["params"][name] == *value)
            });
            assert!(found.is_some(), "{driver}: {phase} {params:?}");
        }
        // Other owners by the mount: measured, or told why not.
        let mapped = records(&results, "mapped-first", "time")
            .any(|r| r["subject"] == *name && r["params"]["way"] == "idmap");
        let dnf = results["dnf"].as_array().unwrap();
        let told = dnf
            .iter()
            .any(|d| d["subject"] == *name && d["params"]["way"] == "idmap");
        assert!(mapped != told, "{driver}: {dnf:?}");
        assert!(
            records(&results, "all", "leftovers").count() > 0,
            "{driver}"
        );
        assert!(
            records(&results, "all", "leftovers").all(|r| r["value"] == 0.0),
            "{driver}"
        );
    }
}

#[test]
fn a_generated_image_has_one_program_and_says_where_others_were_looked_for() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = bench(&session, "start-programs", driver, None);
        for phase in ["first-output", "exec", "furnish", "end", "whole"] {
            let found = records(&results, phase, "time").count();
            // The subject, its twin and the control, from warm caches at least.
            assert!(found >= 3, "{driver}: {phase} {found}");
        }
        assert!(
            records(&results, "all", "leftovers").all(|r| r["value"] == 0.0),
            "{driver}"
        );
        // One sentence for all that the image does not have.
        let absent = "the image lacks what these need: python3, nginx, initdb";
        let dnf = results["dnf"].as_array().unwrap();
        let told = |d: &Value| d["reason"].as_str().unwrap().contains(absent);
        assert!(!dnf.is_empty() && dnf.iter().all(told), "{driver}: {dnf:?}");
        assert_eq!(reasons(&results, "true"), Vec::<String>::new());
    }
}

/// Programs of an image of our own: one that looks at its surroundings, one that fails, one that never says what it should.
const IMAGE: &str = r#"
for f in /bin/sh /bin/cat $(ldd /bin/sh /bin/cat | grep -o '/[^ :]*' | sort -u); do
    [ -e ".$f" ] || { mkdir -p ".$(dirname "$f")" && cp -L "$f" ".$f"; }
done
mkdir -p usr/bin usr/sbin usr/lib/postgresql/15/bin etc tmp
chmod 1777 tmp
printf '#!/bin/sh\nexit 0\n' >bin/true
printf '#!/bin/sh\necho x >/dev/null && cat /proc/self/stat >/dev/shm/f && [ $$ = 1 ] && echo ready\n' >usr/bin/python3
printf '#!/bin/sh\necho no such directive >&2\nexit 1\n' >usr/sbin/nginx
printf '#!/bin/sh\necho made >"$2" && echo belonging to nobody\n' >usr/lib/postgresql/15/bin/initdb
chmod 755 bin/true usr/bin/python3 usr/sbin/nginx usr/lib/postgresql/15/bin/initdb
printf 'root:x:0:0::/:/bin/sh\npostgres:x:101:102::/:/bin/sh\n' >etc/passwd
tar -cf ../layer.tar . && mv ../layer.tar .
"#;

#[test]
fn programs_that_fail_are_told_with_their_last_words() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for driver in ["vfs", "overlay2"] {
        let session = Session::new();
        packed(&session, "own", IMAGE);
        let results = bench(&session, "start-programs", driver, Some("own"));
        for program in ["true", "python3"] {
            assert_eq!(reasons(&results, program), Vec::<String>::new(), "{driver}");
            let of_program = |r: &&Value| r["params"]["program"] == program;
            for (phase, metric) in [("first-output", "time"), ("written", "inodes")] {
                let found = records(&results, phase, metric).filter(of_program).count();
                assert!(found > 0, "{driver}: {program} {phase}");
            }
        }
        let nginx = reasons(&results, "nginx");
        assert!(
            !nginx.is_empty() && nginx.iter().all(|r| r.contains("no such directive")),
            "{nginx:?}"
        );
        let initdb = reasons(&results, "initdb");
        assert!(
            !initdb.is_empty() && initdb.iter().all(|r| r.contains("belonging to nobody")),
            "{initdb:?}"
        );
    }
}

/// The counting process opens the image again: of several that lie together, the one that was named.
#[test]
fn the_image_that_was_named_is_counted_too() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let session = Session::new();
    packed(&session, "own", IMAGE);
    let index = session.path("own/index.json");
    let mut parsed: Value = serde_json::from_slice(&std::fs::read(&index).unwrap()).unwrap();
    let named = |name: &str| {
        let mut manifest = parsed["manifests"][0].clone();
        manifest["annotations"] = serde_json::json!({ "org.opencontainers.image.ref.name": name });
        manifest
    };
    let mut other = named("other");
    other["digest"] = format!("sha256:{:064}", 0).into();
    let both = vec![other, named("mine")];
    parsed["manifests"] = both.into();
    std::fs::write(&index, parsed.to_string()).unwrap();
    let mut line = vec!["bench", "--profile", "smoke", "--json", "--driver", "vfs"];
    line.extend(["--workload", "start-programs", "--counts", "only"]);
    line.extend(["--image", "own:mine"]);
    let (out, _) = session.expect(0, &line);
    session.assert_clean();
    let results: Value = serde_json::from_str(&out).unwrap();
    let counted = records(&results, "whole", "syscalls").count();
    assert!(counted > 0, "{}", results["dnf"]);
}
