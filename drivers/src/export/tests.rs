//! What other readers make of the archives, and what cannot be in one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::write;
use crate::changes::compare;
use crate::copy::{self, Method};
use crate::sys::command;
use crate::tree::{Options, Tolerance, Tree, nasty};
use crate::{ErrorKind, Host};

fn export(lower: Option<&Path>, upper: &Path) -> crate::Result<Vec<u8>> {
    let mut archive = Vec::new();
    write(upper, &compare(lower, upper)?, &mut archive)?;
    Ok(archive)
}

/// Names and types as the `tar` crate reads them; a link shows where it leads.
fn listed(archive: &[u8]) -> Vec<String> {
    tar::Archive::new(archive)
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            match entry.link_name_bytes() {
                Some(link) => format!("{path} -> {}", String::from_utf8_lossy(&link)),
                None => path,
            }
        })
        .collect()
}

fn dirs() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let (lower, upper) = (dir.path().join("l"), dir.path().join("u"));
    std::fs::create_dir(&lower).unwrap();
    (dir, lower, upper)
}

#[test]
fn gnu_tar_makes_the_same_tree_of_a_nasty_one() {
    let (dir, tree, out) = dirs();
    nasty::make(&tree);
    std::fs::create_dir(&out).unwrap();
    let archive = export(None, &tree).unwrap();
    assert_eq!(archive, export(None, &tree).unwrap());
    let file = dir.path().join("a.tar");
    std::fs::write(&file, archive).unwrap();
    let args = ["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf"];
    let mut line: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    line.extend([file.as_os_str(), OsStr::new("-C"), out.as_os_str()]);
    let tar = Host::detect().tool("tar").unwrap();
    command::run(&tar, &line, Duration::from_secs(60)).unwrap();
    let read = |path| Tree::read(path, &Options::default()).unwrap();
    let tolerance = Tolerance {
        missing_sockets: true,
        ..Tolerance::default()
    };
    let found: Vec<_> = read(&tree)
        .differences(&read(&out), &tolerance)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_order_is_canonical_and_links_lead_to_the_first_or_to_an_unchanged_name() {
    let (_dir, lower, upper) = dirs();
    std::fs::create_dir_all(lower.join("d/sub")).unwrap();
    for name in ["d/a", "d/z", "d-", "kept"] {
        std::fs::write(lower.join(name), name).unwrap();
    }
    copy::tree(&lower, &upper, Method::ReadWrite).unwrap();
    let at = |name: &str| upper.join(name);
    std::fs::remove_file(at("d/z")).unwrap();
    std::fs::remove_file(at("d-")).unwrap();
    std::fs::write(at("d/new"), "x").unwrap();
    std::fs::hard_link(at("d/new"), at("d/sub/again")).unwrap();
    std::fs::hard_link(at("kept"), at("d/more")).unwrap();
    std::fs::hard_link(at("kept"), at("also")).unwrap();
    std::fs::write(at("d.x"), "").unwrap();
    let archive = export(Some(&lower), &upper).unwrap();
    assert_eq!(
        listed(&archive),
        [
            "./",
            ".wh.d-",
            "also -> kept",
            "d/",
            "d/.wh.z",
            "d/more -> kept",
            "d/new",
            "d/sub/",
            "d/sub/again -> d/new",
            "d.x",
        ]
    );
    assert_eq!(archive.len() % 512, 0);
    assert_eq!(archive[archive.len() - 1024..], [0; 1024]);
}

#[test]
fn nothing_changed_is_an_empty_archive() {
    let (_dir, lower, _) = dirs();
    assert_eq!(export(Some(&lower), &lower).unwrap(), [0; 1024]);
}

#[test]
fn a_name_too_long_for_a_whiteout_makes_its_directory_opaque() {
    let (_dir, lower, upper) = dirs();
    std::fs::create_dir_all(lower.join("d/kept")).unwrap();
    std::fs::write(lower.join("d/kept/below"), "x").unwrap();
    std::fs::write(lower.join("d").join("l".repeat(252)), "x").unwrap();
    std::fs::write(lower.join("d").join("m".repeat(251)), "x").unwrap();
    std::fs::write(lower.join("n".repeat(251)), "x").unwrap();
    copy::tree(&lower, &upper, Method::ReadWrite).unwrap();
    std::fs::remove_file(upper.join("d").join("l".repeat(252))).unwrap();
    std::fs::remove_file(upper.join("d").join("m".repeat(251))).unwrap();
    std::fs::remove_file(upper.join("n".repeat(251))).unwrap();
    let whiteout = format!(".wh.{}", "n".repeat(251));
    assert_eq!(
        listed(&export(Some(&lower), &upper).unwrap()),
        [
            "./",
            &whiteout,
            "d/",
            "d/.wh..wh..opq",
            "d/kept/",
            "d/kept/below"
        ]
    );
}

#[test]
fn a_live_file_called_like_a_whiteout_is_refused() {
    let (_dir, lower, upper) = dirs();
    copy::tree(&lower, &upper, Method::ReadWrite).unwrap();
    std::fs::write(upper.join(".wh.foo"), "x").unwrap();
    let error = export(Some(&lower), &upper).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput);
    assert!(error.to_string().contains(".wh.foo"), "{error}");
}

#[test]
fn a_socket_in_the_place_of_a_file_deletes_the_file() {
    let (_dir, lower, upper) = dirs();
    std::fs::write(lower.join("s"), "x").unwrap();
    copy::tree(&lower, &upper, Method::ReadWrite).unwrap();
    std::fs::remove_file(upper.join("s")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(upper.join("s")).unwrap());
    drop(std::os::unix::net::UnixListener::bind(upper.join("t")).unwrap());
    assert_eq!(
        listed(&export(Some(&lower), &upper).unwrap()),
        ["./", ".wh.s"]
    );
}
