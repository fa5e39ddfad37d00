//! fuse-overlayfs: what happens to the daemon behind a mount, and what it costs.

use std::os::unix::fs::PermissionsExt as _;

use drivers::{ErrorKind, Item, Kind, Result};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Scratch, add_layer, add_layers, key, open, trial, with_container};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("fuse-overlayfs::a_killed_daemon_is_an_error", killed),
        trial(
            "fuse-overlayfs::a_daemon_that_cannot_start_is_quoted",
            refused,
        ),
        trial("fuse-overlayfs::daemons_are_billed_and_end", billed),
        trial("fuse-overlayfs::other_users_may_enter", other_users),
        trial("fuse-overlayfs::a_late_close_is_no_error", late_closes),
        trial("fuse-overlayfs::odd_paths", odd_paths),
        trial("fuse-overlayfs::130_layers", || deep(130)),
        trial("fuse-overlayfs::500_layers", || deep(500)),
    ]
}

/// The daemons serving mounts under a directory, which is in their arguments.
fn daemons(under: &std::path::Path) -> Vec<Pid> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut words = line.split(|&b| b == 0);
        let is_daemon = words
            .next()
            .is_some_and(|word| word.ends_with(b"/fuse-overlayfs"));
        let point = under.as_os_str().as_encoded_bytes();
        if is_daemon && words.any(|word| word.starts_with(point)) {
            found.extend(Pid::from_raw(pid));
        }
    }
    found
}

/// The daemon has many files to let go when the unmount comes.
fn late_closes() -> Result<()> {
    let scratch = Scratch::new("late");
    let driver = open("fuse-overlayfs", &scratch.point("root"))?;
    let container = key("c");
    driver.prepare(&container, None, Kind::Writable)?;
    for round in 0..30 {
        let mount = driver.mount(&container, &scratch.point("m"))?;
        let files: Vec<_> = (0..50)
            .map(|number| std::fs::File::create(mount.path().join(number.to_string())).unwrap())
            .collect();
        std::fs::write(mount.path().join("last"), round.to_string()).unwrap();
        drop(files);
        mount.unmount()?;
    }
    let mount = driver.mount(&container, &scratch.point("m"))?;
    let last = std::fs::read_to_string(mount.path().join("last")).unwrap();
    assert_eq!(last, "29");
    mount.unmount()
}

fn killed() -> Result<()> {
    let scratch = Scratch::new("killed");
    let root = scratch.point("root");
    let driver = open("fuse-overlayfs", &root)?;
    let top = add_layers(&*driver, 2)?;
    let container = key("c");
    driver.prepare(&container, Some(&top), Kind::Writable)?;
    let mount = driver.mount(&container, &scratch.point("m"))?;
    std::fs::write(mount.path().join("kept"), "1").unwrap();
    let daemon = daemons(mount.path());
    assert_eq!(daemon.len(), 1);
    kill_process(daemon[0], Signal::KILL).unwrap();
    // The call waits for an answer until the connection is aborted by the daemon's end: an error, not a hang.
    let refused = loop {
        match std::fs::write(mount.path().join("lost"), "2") {
            Err(error) => break error,
            Ok(()) => std::thread::yield_now(),
        }
    };
    assert!(
        matches!(
            refused.raw_os_error(),
            Some(libc::ENOTCONN | libc::ECONNABORTED)
        ),
        "{refused}"
    );
    let told = mount.unmount().unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Daemon);
    assert!(told.to_string().contains("signal: 9"), "{told}");
    // The mount is gone, and another one works.
    let mount = driver.mount(&container, &scratch.point("m"))?;
    assert_eq!(std::fs::read(mount.path().join("kept")).unwrap(), b"1");
    mount.unmount()?;
    driver.remove(Item::Container(&container))?;
    assert!(daemons(&scratch.point("m")).is_empty());
    driver.close()
}

fn refused() -> Result<()> {
    let scratch = Scratch::new("refused");
    let driver = open("fuse-overlayfs", &scratch.point("root"))?;
    let top = add_layers(&*driver, 2)?;
    let container = key("c");
    driver.prepare(&container, Some(&top), Kind::Writable)?;
    let absent = scratch.point("m").join("absent");
    let told = driver.mount(&container, &absent).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Daemon, "{told}");
    assert!(
        told.to_string().contains("it said last: \"") && !told.to_string().contains("last: \"\""),
        "{told}"
    );
    driver.remove(Item::Container(&container))
}

fn billed() -> Result<()> {
    let scratch = Scratch::new("billed");
    let root = scratch.point("root");
    let driver = open("fuse-overlayfs", &root)?;
    assert_eq!(driver.daemon_usage(), drivers::DaemonUsage::default());
    let top = add_layers(&*driver, 2)?;
    let container = key("c");
    driver.prepare(&container, Some(&top), Kind::Writable)?;
    let mount = driver.mount(&container, &scratch.point("m"))?;
    for number in 0..200 {
        std::fs::write(mount.path().join(format!("n{number}")), "x").unwrap();
    }
    let live = driver.daemon_usage();
    assert_eq!(live.alive, 1);
    assert!(!live.cpu.is_zero() && live.cpu == live.live_cpu);
    assert!(
        (100 << 10..64 << 20).contains(&live.peak_rss_bytes),
        "{live:?}"
    );
    mount.unmount()?;
    let ended = driver.daemon_usage();
    assert_eq!((ended.alive, ended.live_cpu.as_nanos()), (0, 0));
    // The kernel's bill may be coarser than its clock.
    assert!(
        ended.cpu + std::time::Duration::from_millis(20) >= live.cpu,
        "{live:?} {ended:?}"
    );
    assert!(ended.peak_rss_bytes >= live.peak_rss_bytes);
    assert!(daemons(&scratch.point("m")).is_empty());
    Ok(())
}

fn other_users() -> Result<()> {
    let scratch = Scratch::new("users");
    let root = scratch.point("root");
    let driver = open("fuse-overlayfs", &root)?;
    let point = scratch.point("m");
    let open_to_all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(point.parent().unwrap(), open_to_all).unwrap();
    let one = add_layer(&*driver, None, 1, &point, |root| {
        for (name, mode) in [("public", 0o644), ("secret", 0o600)] {
            std::fs::write(root.join(name), name).unwrap();
            std::fs::set_permissions(root.join(name), std::fs::Permissions::from_mode(mode))
                .unwrap();
        }
    })?;
    let read = |path: std::path::PathBuf| {
        std::thread::spawn(move || {
            nix::unistd::setfsgid(nix::unistd::Gid::from_raw(4711));
            nix::unistd::setfsuid(nix::unistd::Uid::from_raw(4711));
            std::fs::read(path).map_err(|error| error.raw_os_error())
        })
        .join()
        .unwrap()
    };
    with_container(&*driver, &one, &point, |root| {
        assert_eq!(read(root.join("public")), Ok(b"public".to_vec()));
        assert_eq!(read(root.join("secret")), Err(Some(libc::EACCES)));
    })
}

fn odd_paths() -> Result<()> {
    let scratch = Scratch::new("odd");
    let long = format!("{}/{}", "l".repeat(250), "o".repeat(250));
    // The program resolves the upper directory and then splits the result at colons.
    let told = open("fuse-overlayfs", &scratch.point("a:b")).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Unsupported);
    assert!(told.to_string().contains("colon"), "{told}");
    for name in ["a,b", "a b", "a\\,b", &long] {
        let driver = open("fuse-overlayfs", &scratch.point(name))?;
        let top = add_layers(&*driver, 3)?;
        with_container(&*driver, &top, &scratch.point("m,p:q r"), |root| {
            assert_eq!(
                std::fs::read_to_string(root.join("top")).unwrap(),
                "3",
                "{name}"
            );
            std::fs::write(root.join("top"), "4").unwrap();
        })?;
    }
    Ok(())
}

fn deep(depth: u32) -> Result<()> {
    let scratch = Scratch::new("deep");
    let driver = open("fuse-overlayfs", &scratch.point("root"))?;
    let top = add_layers(&*driver, depth)?;
    with_container(&*driver, &top, &scratch.point("c"), |root| {
        assert_eq!(
            std::fs::read_to_string(root.join("top")).unwrap(),
            depth.to_string()
        );
        assert_eq!(std::fs::read_to_string(root.join("f1")).unwrap(), "1");
        assert_eq!(std::fs::read_dir(root).unwrap().count(), depth as usize + 1);
        std::fs::write(root.join("f1"), "changed").unwrap();
    })
}
