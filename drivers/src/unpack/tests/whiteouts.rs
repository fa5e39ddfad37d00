//! Deletions: the order of entries must not matter, and what the archive holds itself must stay.
//!
//! Each layer is applied in every order to a plain stage and to the upper directory of an overlay, which is then really
//! mounted: what can be seen must be the same everywhere.

use std::collections::BTreeMap;
use std::path::Path;

use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};

use super::ground::{Ground, Tar, describe};
use crate::mount::Mount;

/// One thing an archive holds; a step of a permutation.
type Step = fn(Tar) -> Tar;

/// The layer below everything here.
fn base() -> Vec<u8> {
    Tar::new()
        .dir_mode("./", 0o751)
        .dir("d/")
        .file("d/a", "a")
        .file("d/b", "b")
        .dir_mode("d/sub/", 0o711)
        .file("d/sub/x", "x")
        .dir_mode("d/sub/deep", 0o700)
        .file("d/sub/deep/y", "y")
        .file("f", "f")
        .symlink("l", "d/sub")
        .done()
}

fn permutations(steps: &[Step]) -> Vec<Vec<Step>> {
    let Some((first, rest)) = steps.split_first() else {
        return vec![Vec::new()];
    };
    permutations(rest)
        .into_iter()
        .flat_map(|order| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, *first);
                longer
            })
        })
        .collect()
}

/// A mount namespace for this thread, in which nothing reaches the host.
fn private_mounts() {
    unshare(CloneFlags::CLONE_NEWNS).unwrap();
    mount_change(
        "/",
        MountPropagationFlags::REC | MountPropagationFlags::PRIVATE,
    )
    .unwrap();
}

/// What an overlay of the ground's lower and stage shows.
fn merged(ground: &Ground) -> BTreeMap<String, String> {
    let at = ground.path("merged");
    std::fs::create_dir_all(&at).unwrap();
    let show = |path: &Path| path.to_str().unwrap().to_owned();
    let options = format!(
        "lowerdir={}:{}",
        show(&ground.stage()),
        show(&ground.path("lower"))
    );
    let options = std::ffi::CString::new(options).unwrap();
    mount(
        "overlay",
        &at,
        "overlay",
        MountFlags::RDONLY,
        Some(options.as_c_str()),
    )
    .unwrap();
    let mounted = Mount::new(&at);
    let found = describe(&at, false);
    mounted.unmount().unwrap();
    found
        .into_iter()
        .map(|(path, line)| (String::from_utf8(path).unwrap(), line))
        .collect()
}

/// Applies the steps in every order, both ways; gives what is seen each time, which must be one and the same.
fn seen(steps: &[Step]) -> BTreeMap<String, String> {
    private_mounts();
    let mut first: Option<BTreeMap<String, String>> = None;
    for order in permutations(steps) {
        let layer = order.iter().fold(Tar::new(), |tar, step| step(tar)).done();
        let plain = Ground::new();
        plain.lowest(&base()).unwrap();
        plain.over(&layer).unwrap();
        let upper = Ground::new();
        upper.fill_lower(&base());
        upper.overlay(&layer).unwrap();
        for (way, found) in [("plain", plain.tree()), ("overlay", merged(&upper))] {
            let expected = first.get_or_insert_with(|| found.clone());
            assert_eq!(&found, expected, "{way}");
        }
    }
    first.unwrap()
}

fn names(tree: &BTreeMap<String, String>) -> Vec<&str> {
    tree.keys()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn a_whiteout_hides_one_name() {
    let tree = seen(&[
        |t| t.file("d/.wh.a", ""),
        |t| t.file("d/c", "c"),
        |t| t.file(".wh.l", ""),
    ]);
    assert_eq!(
        names(&tree),
        [
            "d",
            "d/b",
            "d/c",
            "d/sub",
            "d/sub/deep",
            "d/sub/deep/y",
            "d/sub/x",
            "f"
        ]
    );
    assert!(tree["d"].starts_with("40755 0:0 1000000000.0"));
}

#[test]
fn a_whiteout_spares_the_file_of_its_own_archive() {
    let tree = seen(&[
        |t| t.file(".wh.f", ""),
        |t| t.file("f", "new"),
        |t| t.file("d/.wh.sub", ""),
    ]);
    assert_eq!(names(&tree), ["d", "d/a", "d/b", "f", "l"]);
    assert!(tree["f"].ends_with("new"));
}

#[test]
fn a_whiteout_and_a_directory_give_a_new_directory() {
    let tree = seen(&[
        |t| t.file("d/.wh.sub", ""),
        |t| t.dir_mode("d/sub/", 0o750),
        |t| t.file("d/sub/new", "new"),
    ]);
    assert_eq!(
        names(&tree),
        ["d", "d/a", "d/b", "d/sub", "d/sub/new", "f", "l"]
    );
    assert!(tree["d/sub"].starts_with("40750"));
}

#[test]
fn a_whiteout_and_an_implied_directory_give_a_plain_one() {
    let tree = seen(&[
        |t| t.file(".wh.d", ""),
        |t| t.file("d/sub/new", "new"),
        |t| t.file("d/sub/deep/new", "new"),
    ]);
    assert_eq!(
        names(&tree),
        [
            "d",
            "d/sub",
            "d/sub/deep",
            "d/sub/deep/new",
            "d/sub/new",
            "f",
            "l"
        ]
    );
    assert!(tree["d/sub"].starts_with("40755 0:0 0.0"), "{tree:?}");
    assert!(tree["d/sub/deep"].starts_with("40755 0:0 0.0"), "{tree:?}");
}

#[test]
fn an_opaque_mark_hides_all_below_and_nothing_else() {
    let tree = seen(&[
        |t| t.file("d/.wh..wh..opq", ""),
        |t| t.file("d/new", "new"),
        |t| t.file("d/sub/deep/z", "z"),
        |t| t.file("d/.wh.a", ""),
    ]);
    assert_eq!(
        names(&tree),
        [
            "d",
            "d/new",
            "d/sub",
            "d/sub/deep",
            "d/sub/deep/z",
            "f",
            "l"
        ]
    );
    assert!(
        tree["d"].starts_with("40755 0:0 1000000000.0"),
        "the directory itself stays"
    );
    assert!(tree["d/sub"].starts_with("40755 0:0 0.0"));
}

#[test]
fn an_opaque_mark_on_the_root_hides_everything() {
    let tree = seen(&[
        |t| t.file(".wh..wh..opq", ""),
        |t| t.file("d/new", "new"),
        |t| t.dir_mode("e/", 0o700),
    ]);
    assert_eq!(names(&tree), ["d", "d/new", "e"]);
}

#[test]
fn deletions_of_nothing_leave_no_trace() {
    let tree = seen(&[
        |t| t.file("no/such/.wh.x", ""),
        |t| t.file("d/.wh.zzz", ""),
        |t| t.file("no/.wh..wh..opq", ""),
        |t| {
            t.dir(".wh..wh.plnk/")
                .file(".wh..wh.plnk/1.2", "")
                .file(".wh..wh.aufs", "")
        },
    ]);
    assert_eq!(names(&tree).len(), 9);
    let upper = Ground::new();
    upper.fill_lower(&base());
    let applied = upper
        .overlay(&Tar::new().file("d/.wh.zzz", "").file("n/.wh.x", "").done())
        .unwrap();
    assert_eq!(applied.whiteouts, 0);
    assert_eq!(upper.tree().len(), 1, "not even an implied directory");
}

#[test]
fn whiteouts_go_through_links_of_the_layer_below() {
    let tree = seen(&[
        |t| t.file("l/.wh.x", ""),
        |t| t.file("l/new", "n"),
        |t| t.file("l/deep/.wh..wh..opq", ""),
    ]);
    assert_eq!(
        names(&tree),
        [
            "d",
            "d/a",
            "d/b",
            "d/sub",
            "d/sub/deep",
            "d/sub/new",
            "f",
            "l"
        ]
    );
    assert!(
        tree["d/sub"].starts_with("40711 0:0 1000000000.0"),
        "copied from below: {tree:?}"
    );
    assert!(tree["d/sub/deep"].starts_with("40700 0:0 1000000000.0"));
}

#[test]
fn a_link_to_a_file_below_keeps_its_content() {
    let tree = seen(&[
        |t| t.hard("g", "l/deep/y"),
        |t| t.hard("h", "d/sub/deep/y"),
        |t| t.file("d/.wh.b", ""),
    ]);
    assert!(tree["g"].ends_with(" y") && tree["h"].ends_with(" y"));
    assert!(tree["d/sub/deep"].starts_with("40700 0:0 1000000000.0"));
}

#[test]
fn things_replace_things_of_another_type() {
    let tree = seen(&[
        |t| t.file("d/sub", "was a directory"),
        |t| t.dir("f/").file("f/in", "was a file"),
        |t| t.dir_mode("l", 0o700),
    ]);
    assert_eq!(names(&tree), ["d", "d/a", "d/b", "d/sub", "f", "f/in", "l"]);
}
