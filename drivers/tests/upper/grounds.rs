//! Filesystems below: those that are fit, with what each gives, and those that are refused, with the reason.

use std::path::PathBuf;
use std::time::Duration;

use drivers::sandbox::{Ground, Run};
use drivers::sys::{command, loopdev::LoopDevice};
use drivers::{Backing, CopyUp, Driver, ErrorKind, Host, Options, Result, mount};
use libtest_mimic::Trial;

use crate::support::{Scratch, add_layers, open, root, trial, with_container};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for backing in [Backing::Ext4, Backing::Xfs, Backing::Btrfs, Backing::Tmpfs] {
        for driver in ["overlay2", "fuse-overlayfs"] {
            trials.push(trial(&format!("{driver}::on_{backing}"), move || {
                fit(driver, backing)
            }));
        }
    }
    trials.push(trial("overlay2::no_d_type_is_refused", no_d_type));
    trials.push(trial(
        "overlay2::overlay_on_overlay_is_refused",
        overlay_on_overlay,
    ));
    trials.push(trial(
        "overlay2::options_that_misread_a_root_are_refused",
        misreading,
    ));
    trials.push(trial("overlay2::capabilities_follow_the_options", options));
    trials
}

fn fit(name: &str, backing: Backing) -> Result<()> {
    let scratch = Scratch::new("fit");
    let run = Run::create(&scratch.point("work"))?;
    let host = Host::detect();
    let ground = Ground::create(&run, "g", backing, 512 << 20, &host)?;
    let driver = drivers::backend(name)?.open(ground.root(), &Options::default())?;
    assert_eq!(driver.ground_label(), backing.name());
    let top = add_layers(&*driver, 3)?;
    with_container(&*driver, &top, &scratch.point("m"), |root| {
        std::fs::remove_file(root.join("f1")).unwrap();
        std::fs::write(root.join("f2"), "x").unwrap();
        assert!(!root.join("f1").exists());
    })?;
    let can = driver.capabilities();
    let kernel = name == "overlay2";
    let reflinks = matches!(backing, Backing::Xfs | Backing::Btrfs);
    assert_eq!(
        can.copy_up == CopyUp::Reflink,
        kernel && reflinks,
        "{can:?}"
    );
    assert!(
        can.d_type && can.xattr_user && can.arbitrary_owners,
        "{can:?}"
    );
    assert!(!can.rename_lower_dir, "{can:?}");
    // The program keeps links while it runs, and does not pass SEEK_HOLE on.
    assert_eq!(can.hard_links_survive_copy_up, !kernel, "{can:?}");
    assert_eq!(can.sparse_files, kernel, "{can:?}");
    let told = driver.facts().iter().any(|(key, _)| key == "hard_links");
    assert_eq!(told, !kernel, "links that part at the unmount are told");
    assert!(can.posix_acl, "{can:?}");
    assert_eq!(can.mtime_granularity_ns, 1);
    driver.close()?;
    ground.close()?;
    run.close()
}

/// A small ext4 made with options of its own, mounted on `at` of `scratch`.
fn ext4(scratch: &Scratch, at: &str, features: &str) -> Result<(PathBuf, mount::Mount)> {
    let point = scratch.point(at);
    let image = scratch.point("images").join(at);
    std::fs::File::create(&image)
        .unwrap()
        .set_len(32 << 20)
        .unwrap();
    let tool = Host::detect().tool("mkfs.ext4").expect("mkfs.ext4");
    command::run(
        &tool,
        &[
            "-q".as_ref(),
            "-F".as_ref(),
            "-b".as_ref(),
            "4096".as_ref(),
            "-O".as_ref(),
            features.as_ref(),
            image.as_os_str(),
        ],
        Duration::from_secs(30),
    )?;
    let device = LoopDevice::attach(&image)?;
    let mounted = mount::filesystem("ext4", Some(device.path()), &[], &point)?;
    Ok((point, mounted))
}

fn no_d_type() -> Result<()> {
    let scratch = Scratch::new("dtype");
    let (point, mounted) = ext4(&scratch, "old", "^filetype")?;
    let told = open("overlay2", &point).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Unsupported);
    assert!(told.to_string().contains("d_type"), "{told}");
    assert!(
        !point.join("probe").exists() && !point.join("e").exists(),
        "nothing is left"
    );
    mounted.unmount()
}

fn overlay_on_overlay() -> Result<()> {
    let scratch = Scratch::new("nested");
    let driver = open("overlay2", &scratch.point("root"))?;
    let top = add_layers(&*driver, 2)?;
    let told = with_container(&*driver, &top, &scratch.point("m"), |inner| {
        let told = open("overlay2", &inner.join("nested")).unwrap_err();
        assert_eq!(
            std::fs::read_dir(inner.join("nested")).unwrap().count(),
            0,
            "nothing is left"
        );
        told
    })?;
    assert_eq!(told.kind(), ErrorKind::Unsupported, "{told}");
    assert!(told.to_string().contains("overlay"), "{told}");
    Ok(())
}

fn options() -> Result<()> {
    let scratch = Scratch::new("options");
    let driver = |options: &str| -> Result<Box<dyn Driver>> {
        let spec: drivers::SubjectSpec = format!("overlay2{options}").parse()?;
        drivers::backend("overlay2")?.open(&root(&scratch.point(options)), &spec.options)
    };
    let told = |driver: &dyn Driver, key: &str| {
        driver
            .facts()
            .into_iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    };
    for (options, key, value) in [
        ("", "redirect_dir", "off"),
        (",redirect_dir=on", "redirect_dir", "on"),
        (",metacopy=on", "metacopy", "on"),
        (",metacopy=on", "redirect_dir", "on"),
        (",index=on", "index", "on"),
        (",volatile=on", "volatile", "on"),
        (",userxattr=on", "userxattr", "on"),
        (",redirect_dir=nofollow", "redirect_dir", "nofollow"),
    ] {
        let driver = driver(options)?;
        assert_eq!(told(&*driver, key).as_deref(), Some(value), "{options}");
        let can = driver.capabilities();
        assert_eq!(
            can.rename_lower_dir,
            options.contains("redirect_dir=on") || options.contains("metacopy")
        );
        assert_eq!(can.hard_links_survive_copy_up, options.contains("index=on"));
    }
    Ok(())
}

fn misreading() -> Result<()> {
    let scratch = Scratch::new("form");
    for (made_with, refused, taken) in [
        (",metacopy=on", ["", ",redirect_dir=on"], ",metacopy=on"),
        (
            ",redirect_dir=on",
            ["", ",userxattr=on"],
            ",redirect_dir=follow",
        ),
        (",userxattr=on", ["", ",index=on"], ",userxattr=on"),
    ] {
        let dir = scratch.point(made_with);
        open(&format!("overlay2{made_with}"), &dir)?.close()?;
        for options in refused {
            let told = open(&format!("overlay2{options}"), &dir).unwrap_err();
            assert_eq!(told.kind(), ErrorKind::Unsupported, "{options}: {told}");
        }
        open(&format!("overlay2{taken}"), &dir)?.close()?;
        let told = open("overlay2", &dir).unwrap_err();
        assert_eq!(told.kind(), ErrorKind::Unsupported, "remembered: {told}");
    }
    Ok(())
}
