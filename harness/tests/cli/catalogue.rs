//! `layerbench catalogue`: the page of the cases, alone, with a run, and with runs under several kernels.

use crate::session::Session;

const CASE: &str = "image_never_changes";

/// Asks one case of one driver into `out`.
fn ask(session: &Session, out: &str) {
    let line = ["conform", "--driver", "vfs", "--case", CASE, "--out", out];
    session.expect(0, &line);
}

#[test]
fn the_page_holds_runs_of_several_kernels() {
    let session = Session::new();
    let (alone, _) = session.expect(0, &["catalogue"]);
    assert!(!alone.contains("## Case by case"), "{alone}");
    ask(&session, "here");
    let (one, _) = session.expect(0, &["catalogue", "here"]);
    assert!(one.contains("from a run on one host"), "{one}");
    assert!(one.contains("- here: ✓ everywhere\n"), "{one}");

    // The same run, as another kernel would have answered it.
    let text = std::fs::read_to_string(session.path("here/latest/results.json")).unwrap();
    let mut other: serde_json::Value = serde_json::from_str(&text).unwrap();
    other["host"]["kernel"] = "5.10.0-made-up".into();
    other["cases"][0]["outcome"] = "deviates".into();
    other["cases"][0]["reason"] = "there *it* differs".into();
    std::fs::write(session.path("other.json"), other.to_string()).unwrap();
    let (several, _) = session.expect(0, &["catalogue", "here", "other.json"]);
    assert!(several.contains("kernel by kernel"), "{several}");
    assert!(several.contains("(linux 5.10)\n\nAs vfs@"), "{several}");
    assert!(
        several.contains(&format!("- [{CASE}](#{CASE}): there \\*it\\* differs\n")),
        "{several}"
    );
    assert!(
        several.contains(&format!("| [{CASE}](#{CASE}) | ✓ | **~** |\n")),
        "{several}"
    );
}

#[test]
fn a_run_that_is_named_twice_or_is_not_there_is_told() {
    let session = Session::new();
    ask(&session, "here");
    let (_, err) = session.expect(2, &["catalogue", "here", "here/latest/results.json"]);
    assert!(err.contains("named twice"), "{err}");
    let (_, err) = session.expect(66, &["catalogue", "here", "nowhere"]);
    assert!(err.contains("there is no nowhere"), "{err}");
}
