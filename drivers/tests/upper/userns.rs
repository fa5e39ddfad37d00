//! Without root: the process enters a user namespace in which it is root, and the drivers work there with user.* xattrs.
//!
//! The test program calls itself again as another user, because a process of several threads cannot enter one.

use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::path::Path;
use std::time::Duration;

use drivers::sys::command;
use drivers::{Error, ErrorKind, Host, Item, Kind, Result};
use libtest_mimic::Trial;

use crate::support::{Scratch, add_layer, add_layers, key, layer, open, trial, with_container};

/// The argument that makes this program the child: then the subject and its directory.
pub(crate) const CHILD: &str = "--as-another-user";

const USER: u32 = 61234;

pub(crate) fn trials() -> Vec<Trial> {
    ["overlay2", "fuse-overlayfs"]
        .into_iter()
        .map(|subject| {
            trial(
                &format!("{subject}::works_in_a_user_namespace"),
                move || outside(subject),
            )
        })
        .collect()
}

fn outside(subject: &str) -> Result<()> {
    let scratch = Scratch::new("userns");
    let home = scratch.point("home");
    let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(home.parent().unwrap(), open_to_all).unwrap();
    chown(&home, Some(USER), Some(USER)).unwrap();
    // The other user may not reach the build directory: the program comes along.
    let program = home.join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let tool = Host::detect()
        .tool("setpriv")
        .expect("setpriv of util-linux");
    let (uid, gid) = (format!("--reuid={USER}"), format!("--regid={USER}"));
    let args: [&OsStr; 7] = [
        uid.as_ref(),
        gid.as_ref(),
        "--clear-groups".as_ref(),
        program.as_os_str(),
        CHILD.as_ref(),
        subject.as_ref(),
        home.as_os_str(),
    ];
    let said = command::run(&tool, &args, Duration::from_secs(30))?;
    let said = String::from_utf8_lossy(&said);
    if said.trim() == "passed" {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::Daemon, "test in a user namespace").because(said))
    }
}

/// What the child does, before it has any thread.
pub(crate) fn inside(subject: &str, home: &Path) -> Result<()> {
    drivers::sandbox::enter()?;
    let scratch = Scratch::within(home);
    let host = Host::detect();
    assert!(host.root && host.user_namespace);
    let backend = drivers::backend(subject)?;
    assert!(matches!(backend.probe(&host), drivers::Support::Ready(_)));
    if subject == "overlay2" {
        let told = open("overlay2,userxattr=off", &scratch.point("root")).unwrap_err();
        assert_eq!(told.kind(), ErrorKind::BadInput);
    }
    let driver = open(subject, &scratch.point("root"))?;
    let can = driver.capabilities();
    assert!(
        !can.device_nodes && !can.arbitrary_owners && !can.xattr_privileged,
        "{can:?}"
    );
    let point = scratch.point("m");
    let one = add_layers(&*driver, 2)?;
    let two = add_layer(&*driver, Some(&one), 9, &point, |root| {
        std::fs::remove_file(root.join("f1")).unwrap();
        std::fs::create_dir_all(root.join("d/e")).unwrap();
    })?;
    with_container(&*driver, &two, &point, |root| {
        assert!(!root.join("f1").exists() && root.join("f2").exists());
        drivers::remove::tree(&root.join("d")).unwrap();
        std::fs::create_dir(root.join("d")).unwrap();
        assert!(!root.join("d/e").exists());
    })?;
    let container = key("c");
    driver.prepare(&container, Some(&two), Kind::Writable)?;
    let mount = driver.mount(&container, &point)?;
    drivers::remove::tree(&mount.path().join("d")).unwrap();
    std::fs::create_dir(mount.path().join("d")).unwrap();
    std::fs::remove_file(mount.path().join("f2")).unwrap();
    mount.unmount()?;
    let item = Item::Container(&container);
    let found = driver.changes(item)?;
    assert_eq!(found, driver.changes_naive(item)?);
    assert!(
        found.iter().any(|change| change.path == b"d/e"),
        "{found:?}"
    );
    driver.remove(item)?;
    // Read-only views keep the flags that the namespace has locked.
    driver.prepare(&container, Some(&layer(1)), Kind::View)?;
    driver.mount(&container, &point)?.unmount()?;
    driver.remove(item)?;
    driver.close()
}
