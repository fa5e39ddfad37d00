//! Ordinary archives.

use std::os::unix::fs::MetadataExt as _;

use tar::EntryType;

use super::ground::{Ground, Tar};

#[test]
fn every_type_is_made_with_its_attributes() {
    let ground = Ground::new();
    let long = format!("d/{}/{}", "x".repeat(200), "y".repeat(250));
    let archive = Tar::new()
        .dir_mode("./", 0o700)
        .dir_mode("d/", 0o1777)
        .file("d/a", "hello")
        .hard("d/b", "./d/a")
        .symlink("d/l", "/nowhere")
        .node(EntryType::Fifo, "p", 0, 0)
        .node(EntryType::Char, "null", 1, 3)
        .file_mode("su", 0o6755, 5, 6)
        .file(&long, "deep")
        .done();
    let applied = ground.lowest(&archive).unwrap();
    assert_eq!((applied.entries, applied.bytes), (9, 9));
    let tree = ground.tree();
    assert_eq!(tree[""], "40700 0:0 1000000000.000000000 dir");
    assert_eq!(tree["d"], "41777 0:0 1000000000.000000000 dir");
    assert_eq!(tree["d/a"], "100644 0:0 1000000000.000000000 hello");
    assert_eq!(tree["d/l"], "120777 0:0 1000000000.000000000 -> /nowhere");
    assert_eq!(tree["null"], "20600 0:0 1000000000.000000000 device 103");
    assert_eq!(tree["su"], "106755 5:6 1000000000.000000000 ");
    assert_eq!(tree[&long], "100644 0:0 1000000000.000000000 deep");
    assert_eq!(
        tree[&format!("d/{}", "x".repeat(200))],
        "40755 0:0 0.000000000 dir"
    );
    let meta = |name: &str| std::fs::metadata(ground.stage().join(name)).unwrap();
    assert_eq!(meta("d/a").ino(), meta("d/b").ino());
}

#[test]
fn a_layer_changes_what_is_there() {
    let ground = Ground::new();
    let base = Tar::new()
        .dir("d/")
        .file("d/a", "1")
        .file("d/b", "2")
        .dir("e/")
        .file("e/x", "3")
        .done();
    ground.lowest(&base).unwrap();
    let layer = Tar::new()
        .file("d/.wh.a", "")
        .file("d/c", "4")
        .file("e", "now a file")
        .file("f/.wh.no", "")
        .done();
    let applied = ground.over(&layer).unwrap();
    assert_eq!((applied.whiteouts, applied.opaques), (1, 0));
    let tree = ground.tree();
    let names: Vec<_> = tree.keys().map(String::as_str).collect();
    assert_eq!(names, ["", "d", "d/b", "d/c", "e"]);
    assert_eq!(
        tree["d"], "40755 0:0 1000000000.000000000 dir",
        "its time stays"
    );
}
