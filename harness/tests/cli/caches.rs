//! What records say of caches.

use serde_json::Value;

fn times(results: &Value) -> impl Iterator<Item = &Value> {
    let records = results["records"].as_array().unwrap();
    records.iter().filter(|record| record["metric"] == "time")
}

/// Root may drop caches: every phase says its state, and where nothing hinders, cold is proven.
pub(crate) fn of_root(results: &Value) {
    for record in times(results) {
        assert!(record["cache"].is_string(), "{record}");
    }
    for subject in results["subjects"].as_array().unwrap() {
        for (workload, phase) in [("start", "total"), ("copy-up", "append-first")] {
            for state in ["cold", "lukewarm", "warm"] {
                // First writes are measured from the coldest and from warm caches.
                if workload == "copy-up" && state == "lukewarm" {
                    continue;
                }
                let found = times(results).find(|record| {
                    record["subject"] == subject["name"]
                        && record["workload"] == workload
                        && record["phase"] == phase
                        && record["cache"] == state
                });
                let Some(record) = found else {
                    // Other tests drop the caches of the machine, too.
                    let why = "still in memory after it was read";
                    let told = times(results)
                        .filter(|record| record["subject"] == subject["name"])
                        .any(|record| {
                            record["cache_refused"]
                                .as_str()
                                .is_some_and(|r| r.contains(why))
                        });
                    assert!(
                        state == "warm" && told,
                        "{}: no {state} {workload}",
                        subject["name"]
                    );
                    continue;
                };
                // One refused state stands for another that was proven.
                assert!(
                    state == "lukewarm" || record["cache_refused"].is_null(),
                    "{record}"
                );
                assert_eq!(record["params"]["cache"], state);
            }
        }
    }
    for (workload, phase) in [
        ("pull", "pull"),
        ("copy-up", "append-first"),
        ("write-heavy", "small-files"),
    ] {
        let all = results["records"].as_array().unwrap().iter();
        let mut durable = all.filter(|record| {
            record["workload"] == workload
                && record["phase"] == phase
                && record["metric"] == "durable"
        });
        assert!(durable.next().is_some(), "{workload}: {phase}");
    }
    assert!(results["run"]["config"]["between_cells"]["drain_cap_s"].is_number());
}

/// Without root everything is warm, and where it should have been colder the reason is there. Other tests, of root, drop
/// the caches of the whole machine meanwhile: then warm itself is refused, and says so.
pub(crate) fn of_nobody(results: &Value) {
    let mut refused = 0;
    for record in times(results) {
        let why = record["cache_refused"].as_str().unwrap_or_default();
        let taken_away = why.contains("are still in memory after it was read");
        assert!(record["cache"] == "warm" || taken_away, "{record}");
        if !why.is_empty() && !taken_away {
            assert!(why.contains("only by root"), "{why}");
            refused += 1;
        }
    }
    assert!(refused > 0);
}
