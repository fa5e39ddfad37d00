//! docs/uses.md says what the recommendations rest on.

use std::path::Path;

use reports::uses::page;

#[test]
fn the_page_of_the_uses_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/uses.md");
    if std::env::var_os("LAYERBENCH_WRITE_USES").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    assert!(
        there == page(),
        "LAYERBENCH_WRITE_USES=1 cargo test -p layerbench-reports --test uses makes docs/uses.md anew"
    );
}
