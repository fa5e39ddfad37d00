//! `claims`: published statements, answered from a run that is there.

use serde_json::Value;

use crate::session::{Session, assert_one_line};

#[test]
fn statements_are_answered_from_a_run() {
    let session = Session::new();
    let (page, _) = session.expect(0, &["claims", "--list", "--markdown"]);
    assert_eq!(page, include_str!("../../../docs/claims.md"));
    let (list, _) = session.expect(0, &["claims", "--list", "--claim", "40"]);
    assert!(list.starts_with("40 layers-never-change"), "{list}");
    let (_, err) = session.expect(66, &["claims"]);
    assert_one_line(&err);
    let (_, err) = session.expect(2, &["claims", "--claim", "nosuch"]);
    assert!(err.contains("nosuch") && err.contains("--list"), "{err}");

    let case = "image_never_changes";
    session.expect(0, &["conform", "--driver", "vfs", "--case", case]);
    let (json, _) = session.expect(0, &["claims", "--claim", "layers-never", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let claim = &json["claims"][0];
    assert_eq!(
        (&claim["number"], &claim["verdict"]),
        (&40.into(), &"confirmed".into())
    );
    let evidence = claim["findings"][0]["evidence"][0].as_str().unwrap();
    assert!(evidence.contains(case), "{evidence}");
    let kept = std::fs::read_to_string(session.path("layerbench-out/claims.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(&kept["claims"][39], claim);

    // What was not measured is no answer, and says what would be.
    let (text, _) = session.expect(0, &["claims", "--only", "inconclusive"]);
    assert!(text.contains("--workload") && !text.contains("✓"), "{text}");
    // Nobody asked the other drivers: that is no reason to say that there is nothing to ask.
    session.expect(4, &["claims", "--only", "not-applicable"]);
    let (text, _) = session.expect(0, &["claims", "--claim", "36"]);
    let command = "layerbench bench --driver overlay2@xfs --driver overlay2@btrfs --workload copy-up --counts yes";
    assert!(text.replace("\n     ", " ").contains(command), "{text}");
    let (_, err) = session.expect(4, &["claims", "--only", "refuted"]);
    assert_one_line(&err);
}
