//! The plan of a run: said before it is carried out, kept with the records, and told from an earlier run.

use serde_json::Value;

use crate::session::Session;

fn results(session: &Session) -> Value {
    let path = session.path("layerbench-out/results.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_plan_is_said_kept_and_told_from_an_earlier_run() {
    let session = Session::new();
    let line = [
        "bench",
        "--profile",
        "smoke",
        "--driver",
        "overlay2",
        "--workload",
        "pull",
    ];
    let with = |more: &[&'static str]| [&line[..], more].concat();
    let (text, _) = session.expect(0, &with(&["--rounds", "7", "--dry-run"]));
    assert!(
        text.contains("3 a round") && text.contains("if values spread by"),
        "{text}"
    );
    assert!(!session.path("layerbench-out").exists() && !session.path("work").exists());

    let (_, err) = session.expect(0, &with(&["--rounds", "7"]));
    assert!(
        err.contains("fixed from here on") && err.contains("7 of pull"),
        "{err}"
    );
    let found = results(&session);
    let plan = &found["run"]["config"]["plan"];
    assert_eq!(
        (&plan["first_rounds"], &plan["rounds"]),
        (&2.into(), &7.into())
    );
    assert!(
        plan["detectable"]["pull"].as_f64().is_some_and(|x| x > 0.0),
        "{plan}"
    );
    // Every number names its cell; cells are in the order of time and know who came before.
    let cells = found["cells"].as_array().unwrap();
    let blocks = found["blocks"].as_array().map_or(0, Vec::len);
    assert_eq!(cells.len(), (7 + blocks) * 3);
    for (at, cell) in cells.iter().enumerate() {
        assert_eq!(cell["id"], at);
        if let Some(before) = cell["predecessor"].as_str() {
            assert_eq!(cells[at - 1]["subject"], before);
        }
    }
    for record in found["records"].as_array().unwrap() {
        let cell = &cells[usize::try_from(record["cell"].as_u64().unwrap()).unwrap()];
        assert_eq!(
            (&cell["subject"], &cell["round"], &cell["position"]),
            (&record["subject"], &record["round"], &record["position"])
        );
    }
    // A repeat has a round of its own, and stands for one that was flagged.
    for block in found["blocks"].as_array().into_iter().flatten() {
        assert!(block["round"].as_u64() >= Some(7) && block["repeats"].as_u64() < Some(7));
        assert_ne!(block["flags"].as_array().unwrap().len(), 0);
    }
    let id = found["run"]["id"].as_str().unwrap();
    let (text, _) = session.expect(0, &with(&["--dry-run", "--rounds", "12"]));
    assert!(
        text.contains(&format!("as in run {id}")) && text.contains("a round in the earlier run"),
        "{text}"
    );
    session.assert_clean();
}

#[test]
fn a_budget_that_is_too_small_gives_what_fits_and_says_so() {
    let session = Session::new();
    let line = [
        "bench",
        "--profile",
        "smoke",
        "--driver",
        "vfs",
        "--workload",
        "start",
        "--time-budget",
        "1s",
    ];
    let (_, err) = session.expect(0, &line);
    assert!(err.contains("verdicts take 6 rounds"), "{err}");
    let found = results(&session);
    assert!(
        found["run"]["rounds"]
            .as_u64()
            .is_some_and(|rounds| rounds <= 2)
    );
    assert_eq!(found["end"]["interrupted"], false);
    session.expect(2, &["bench", "--target-effect", "5"]);
    session.assert_clean();
}

#[test]
fn an_effect_out_of_reach_is_said_to_be() {
    let session = Session::new();
    let line = [
        "bench",
        "--profile",
        "smoke",
        "--driver",
        "vfs",
        "--workload",
        "pull",
        "--target-effect",
        "0.1%",
        "--rounds",
        "6",
    ];
    let (_, err) = session.expect(0, &line);
    assert!(err.contains("0.1 % cannot be reached in 6 rounds"), "{err}");
    let found = results(&session);
    assert_eq!(found["run"]["config"]["plan"]["reached"], false);
    let report = std::fs::read_to_string(session.path("layerbench-out/report.html")).unwrap();
    assert!(
        report.contains("this run cannot promise it") || report.contains("no number of rounds")
    );
}
