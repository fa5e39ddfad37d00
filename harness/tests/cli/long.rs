//! The workloads that only published runs take, in small: a database, and a store that ages.

use serde_json::Value;

use crate::session::Session;
use crate::shell_image;

fn results(session: &Session) -> Value {
    let path = session.path("layerbench-out/results.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a subject, or a control, has measured: phases with a parameter's value, one for each record of that metric.
fn found(results: &Value, control: bool, metric: &str, param: &str) -> Vec<String> {
    let records = results["records"].as_array().unwrap().iter();
    let mut found: Vec<String> = records
        .filter(|r| r["metric"] == metric && (r["driver"] == "hostdir") == control)
        .filter(|r| r["value"].as_f64().unwrap() > 0.0)
        .map(|r| {
            let value = r["params"][param].as_str().unwrap_or_default();
            format!("{} {value}", r["phase"].as_str().unwrap())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
#[expect(clippy::print_stdout, reason = "says why a test proves less here")]
fn a_database_of_the_image_is_measured_in_the_layer_and_on_a_volume() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let session = Session::new();
    if !shell_image::with_postgres(&session) {
        println!("skipped: this host has no PostgreSQL with pgbench");
        return;
    }
    let line = ["bench", "--profile", "smoke", "--workload", "postgres"];
    let more = ["--image", "image", "--driver", "overlay2"];
    session.expect(0, &[&line[..], &more].concat());
    session.assert_clean();
    let measured = results(&session);
    assert!(measured["dnf"].as_array().unwrap().is_empty());
    let phases = [
        "initdb",
        "load",
        "read-only",
        "start",
        "stop",
        "transactions",
    ];
    let on = |targets: &[&str]| -> Vec<String> {
        let all = phases.iter();
        all.flat_map(|phase| {
            targets
                .iter()
                .map(move |target| format!("{phase} {target}"))
        })
        .collect()
    };
    assert_eq!(
        found(&measured, false, "time", "target"),
        on(&["layer-new", "volume"])
    );
    assert_eq!(found(&measured, true, "time", "target"), on(&["hostdir"]));
    for metric in ["rate", "latency-p50"] {
        let rates = found(&measured, true, metric, "target");
        assert_eq!(
            rates,
            ["read-only hostdir", "transactions hostdir"],
            "{metric}"
        );
    }
    // An image without it cannot do this, which is nobody's failure.
    session.expect(
        0,
        &[&line[..], &["--image", "tiny", "--driver", "vfs"]].concat(),
    );
    session.assert_clean();
    let measured = results(&session);
    let dnf = measured["dnf"].as_array().unwrap();
    assert!(dnf.len() >= 2);
    assert!(
        dnf.iter()
            .all(|dnf| dnf["reason"].as_str().unwrap().contains("it has no initdb"))
    );
}

#[test]
fn a_store_ages_on_every_driver_and_is_young_again_afterwards() {
    let session = Session::new();
    session.expect(0, &["bench", "--profile", "smoke", "--workload", "aging"]);
    session.assert_clean();
    let results = results(&session);
    assert!(
        results["dnf"].as_array().unwrap().is_empty(),
        "{}",
        results["dnf"]
    );
    let of = |phases: &[&str]| -> Vec<String> {
        let mut all: Vec<String> = phases
            .iter()
            .flat_map(|phase| ["0", "10"].map(|age| format!("{phase} {age}")))
            .chain(["age 10".to_owned()])
            .collect();
        all.sort();
        all
    };
    let everywhere = ["write", "small-files", "cold-read"];
    let mut all = everywhere.to_vec();
    all.extend(["start", "copy-up", "remove"]);
    assert_eq!(found(&results, false, "time", "age"), of(&all));
    assert_eq!(found(&results, true, "time", "age"), of(&everywhere));
    let left = results["records"].as_array().unwrap().iter();
    let left: Vec<_> = left
        .filter(|r| r["metric"] == "leftovers" && r["value"] != 0.0)
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
