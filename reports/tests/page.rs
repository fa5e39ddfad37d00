//! The page.

mod common;

#[test]
fn the_page_is_written_for_looking_at() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, rounds) in [("page.html", 12), ("page-3.html", 3)] {
        std::fs::write(dir.join(name), reports::render(&common::results(rounds))).unwrap();
    }
}
