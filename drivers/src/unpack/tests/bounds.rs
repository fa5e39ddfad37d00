//! Archives that ask for more work, memory or depth than any image needs: refused, and soon.

use std::time::{Duration, Instant};

use super::ground::{Ground, Tar};
use crate::error::ErrorKind;
use crate::unpack::{Below, Deletions, Limits};

/// What takes longer on a busy machine is no bound.
const SOON: Duration = Duration::from_secs(20);

fn refused(ground: &Ground, archive: &[u8], why: &str) {
    let start = Instant::now();
    let error = ground.lowest(archive).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
    assert!(error.to_string().contains(why), "{error}");
    assert!(error.to_string().len() < 2000, "no screenful: {error}");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[test]
fn a_tree_as_deep_as_allowed_can_be_replaced() {
    let ground = Ground::new();
    let deep = "d/".repeat(512);
    // In a thread with the usual stack: removal goes down as deep as the tree.
    ground.lowest(&Tar::new().dir(&deep).done()).unwrap();
    ground.over(&Tar::new().file("d", "").done()).unwrap();
    assert_eq!(ground.tree().len(), 2);
    let deeper = Tar::new().dir(&"d/".repeat(513)).done();
    refused(&Ground::new(), &deeper, "deeper than 512");
}

#[test]
fn links_do_not_multiply_work() {
    // Each link goes down and up a thousand times, and on to the next.
    let mut tar = Tar::new().dir("d/");
    for i in 0..39 {
        let target = format!("{}l{}", "d/../".repeat(700), i + 1);
        tar = tar.symlink(&format!("l{i}"), &target);
    }
    let archive = tar.dir("l39/").file("l0/x", "").done();
    refused(&Ground::new(), &archive, "lead too far");
}

#[test]
fn a_link_does_not_lead_into_a_whiteout() {
    for target in [".wh.etc", "d/.wh.etc/x", ".wh..wh..opq", "../.wh.x/.."] {
        let archive = Tar::new()
            .dir("d/")
            .symlink("l", target)
            .file("l/x", "")
            .done();
        refused(&Ground::new(), &archive, "into a whiteout");
        let overlay = Ground::new().overlay(&archive).unwrap_err();
        assert_eq!(overlay.kind(), ErrorKind::BadInput);
    }
}

#[test]
fn extended_attributes_are_counted() {
    let names: Vec<String> = (0..100_000)
        .map(|i| format!("SCHILY.xattr.user.{i}"))
        .collect();
    let records = |most: usize| -> Vec<(&str, &[u8])> {
        names[..most]
            .iter()
            .map(|name| (name.as_str(), &b"1"[..]))
            .collect()
    };
    let archive = |most| Tar::new().pax(&records(most)).file("x", "").done();
    refused(
        &Ground::new(),
        &archive(100_000),
        "more than 1024 extended attributes",
    );
    refused(&Ground::new(), &archive(1025), "more than 1024 extended");
    assert!(Ground::new().lowest(&archive(50)).is_ok());
}

#[test]
fn headers_of_nothing_are_counted_and_what_follows_the_end_too() {
    let small = Limits {
        entries: 10,
        bytes: 100,
        ..Limits::default()
    };
    let apply = |archive: &[u8]| {
        let ground = Ground::new();
        ground.apply_limited(Below::Nothing, Deletions::Remove, archive, &small)
    };
    let mut global = tar::Header::new_ustar();
    global.set_entry_type(tar::EntryType::XGlobalHeader);
    global.set_size(0);
    let mut tar = Tar::new();
    for _ in 0..11 {
        tar = tar.raw(b"pax_global_header", global.clone(), b"");
    }
    let error = apply(&tar.file("x", "").done()).unwrap_err().to_string();
    assert!(error.contains("more than 10 entries"), "{error}");
    let mut long = Tar::new().file("x", "").done();
    long.resize(17 << 20, 0);
    let error = apply(&long).unwrap_err().to_string();
    assert!(error.contains("more than its entries can need"), "{error}");
    long.truncate(16 << 20);
    apply(&long).unwrap();
}

#[test]
fn limits_for_compressed_blobs() {
    let limits = Limits {
        ratio: 10,
        ..Limits::default()
    };
    // A small blob may become a gigabyte, a large one ten times itself, none more than its archive can need.
    assert_eq!(limits.unpacked_bytes(1), Limits::RATIO_FROM);
    assert_eq!(limits.unpacked_bytes(1 << 30), 10 << 30);
    assert_eq!(limits.unpacked_bytes(u64::MAX), limits.archive_bytes());
    let tiny = Limits {
        entries: 1,
        bytes: 1,
        ..limits
    };
    assert_eq!(tiny.unpacked_bytes(1 << 40), (16 << 20) + 4096 + 1);
}

#[test]
fn a_time_the_filesystem_cannot_store_is_refused() {
    // ext4, xfs and tmpfs all store the nearest they can and say nothing; the middle of a century all can.
    let far = |seconds: &str| Tar::new().pax(&[("mtime", seconds.as_bytes())]);
    for tar in [
        far("9000000000000000000").file("x", ""),
        far("9000000000000000000").dir("x/"),
        far("-9000000000000000000").symlink("x", "y"),
    ] {
        let ground = Ground::new();
        match ground.lowest(&tar.done()) {
            // btrfs has room for it.
            Ok(_) => assert!(
                ground.tree()["x"].contains("9000000000000000000"),
                "{:?}",
                ground.tree()
            ),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert!(error.to_string().contains("modification time"), "{error}");
            }
        }
    }
    Ground::new()
        .lowest(&far("4102444800.5").file("x", "").done())
        .unwrap();
}
