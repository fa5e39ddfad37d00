//! Stages that become the upper directory of an overlay.

use super::ground::{Ground, Tar};

#[test]
fn an_overlay_stage_holds_the_difference() {
    let ground = Ground::new();
    std::fs::create_dir_all(ground.path("lower/usr/lib")).unwrap();
    std::os::unix::fs::symlink("usr/lib", ground.path("lower/lib")).unwrap();
    std::fs::write(ground.path("lower/usr/lib/old"), "x").unwrap();
    let layer = Tar::new()
        .file("lib/new", "y")
        .file("lib/.wh.old", "")
        .file("no/.wh.x", "")
        .done();
    let applied = ground.overlay(&layer).unwrap();
    assert_eq!(applied.whiteouts, 1);
    let names: Vec<_> = ground.tree().into_keys().collect();
    assert_eq!(names, ["", "usr", "usr/lib", "usr/lib/new", "usr/lib/old"]);
}
