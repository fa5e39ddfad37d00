//! The reference run of this repository, as it is published.

use std::path::Path;

use crate::session::Session;

#[test]
fn the_published_runs_are_whole_and_can_be_read() {
    let session = Session::new();
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/published");
    let check = [
        "-c",
        "cd \"$0\" && sha256sum --check --strict --quiet files.sha256",
    ];
    let place = there.to_str().unwrap();
    let check = session.tool("sh", &[&check[..], &[place]].concat());
    assert!(
        check.status.success(),
        "{} (make published writes the pages anew)",
        String::from_utf8_lossy(&check.stdout)
    );
    // Its records are what a site is made of, and hold nothing that would be taken out.
    let (_, err) = session.expect(0, &["publish", place, "--out", "again"]);
    assert!(!err.contains("left out"), "{err}");
    let mut runs = 0;
    for run in std::fs::read_dir(there.join("runs")).unwrap().flatten() {
        let read = |dir: &Path| {
            std::fs::read(
                dir.join("runs")
                    .join(run.file_name())
                    .join("results.json.gz"),
            )
        };
        assert!(read(&there).unwrap() == read(&session.path("again")).unwrap());
        runs += 1;
    }
    assert!(runs > 0);
}
