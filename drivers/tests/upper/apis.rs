//! overlay2's three mount interfaces: depth, and paths no option string could hold.

use drivers::{ErrorKind, Item, Kind, Result};
use libtest_mimic::Trial;

use crate::support::{Scratch, add_layers, key, layer, open, trial, with_container};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("overlay2::the_501st_layer_is_refused", too_deep),
        trial("overlay2::options_fit_their_page_to_the_byte", page),
    ];
    for api in ["fd", "string", "legacy"] {
        for depth in [2, 130, 500] {
            trials.push(trial(
                &format!("overlay2::{depth}_layers_by_{api}"),
                move || deep(api, depth),
            ));
        }
        trials.push(trial(&format!("overlay2::odd_paths_by_{api}"), move || {
            odd_paths(api)
        }));
    }
    trials
}

fn deep(api: &str, depth: u32) -> Result<()> {
    let scratch = Scratch::new("deep");
    let driver = open(&format!("overlay2,mount_api={api}"), &scratch.point("root"))?;
    assert!(
        driver
            .facts()
            .contains(&("mount_api".to_owned(), api.to_owned()))
    );
    let top = add_layers(&*driver, depth)?;
    with_container(&*driver, &top, &scratch.point("c"), |root| {
        assert_eq!(
            std::fs::read_to_string(root.join("top")).unwrap(),
            depth.to_string()
        );
        assert_eq!(std::fs::read_to_string(root.join("f1")).unwrap(), "1");
        assert_eq!(std::fs::read_dir(root).unwrap().count(), depth as usize + 1);
        std::fs::write(root.join("f1"), "changed").unwrap();
    })?;
    let view = driver.view(Item::Layer(&top))?;
    assert_eq!(
        std::fs::read_to_string(view.path().join("f1")).unwrap(),
        "1"
    );
    view.close()?;
    // The view of a container has one directory more than its layers.
    let container = key("c");
    driver.prepare(&container, Some(&top), Kind::Writable)?;
    let view = driver.view(Item::Container(&container))?;
    assert!(
        std::fs::write(view.path().join("new"), "x").is_err(),
        "views are read-only"
    );
    view.close()
}

fn too_deep() -> Result<()> {
    let scratch = Scratch::new("toodeep");
    let root = scratch.point("root");
    let driver = open("overlay2", &root)?;
    let top = add_layers(&*driver, 501)?;
    let before = std::fs::read_dir(root.join("e")).unwrap().count();
    let refused = driver
        .prepare(&key("c"), Some(&top), Kind::Writable)
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(
        refused.to_string().contains("501 layers") && refused.to_string().contains("500"),
        "{refused}"
    );
    assert_eq!(std::fs::read_dir(root.join("e")).unwrap().count(), before);
    driver.prepare(&key("c"), Some(&layer(500)), Kind::Writable)?;
    let view = driver.view(Item::Layer(&top))?;
    assert_eq!(
        std::fs::read_to_string(view.path().join("top")).unwrap(),
        "501"
    );
    view.close()
}

/// mount(2) takes a page of options, the last byte of which has to be NUL: of a longer string it would use a part. Option
/// strings of 4093 to 4098 bytes, made so by the number of layers and by the spelling of other options.
fn page() -> Result<()> {
    const DEEPEST: u32 = 460;
    let scratch = Scratch::new("page");
    let root = scratch.point("root");
    let driver = open("overlay2", &root)?;
    add_layers(&*driver, DEEPEST)?;
    driver.close()?;
    for wanted in 4093..=4098 {
        let (options, depth) = options_of(wanted, DEEPEST).expect("some options are as long");
        let driver = open(&format!("overlay2,mount_api=legacy,{options}"), &root)?;
        let point = scratch.point("c");
        let spelled = with_container(&*driver, &layer(depth), &point, |root| {
            let top = std::fs::read_to_string(root.join("top")).unwrap();
            assert_eq!(top, depth.to_string(), "{wanted} bytes");
            assert_eq!(std::fs::read_to_string(root.join("f1")).unwrap(), "1");
            let names = std::fs::read_dir(root).unwrap().count();
            assert_eq!(names, depth as usize + 1, "{wanted} bytes");
            std::fs::write(root.join("f1"), "changed").unwrap();
            drivers::mountinfo::at(root)
        })?;
        let spelled = spelled?.expect("the mount").super_options;
        // That the lengths are what they are taken for shows in the step from one form to the other.
        assert_eq!(
            spelled.contains("/diff"),
            wanted < 4096,
            "{wanted} bytes by names, longer ones by descriptors"
        );
        driver.close()?;
    }
    Ok(())
}

/// Options and a depth at which overlay2 tells mount(2) of layers in so many bytes, by names. The first layers have the
/// numbers from 0 on, and any container has one of three digits.
fn options_of(wanted: usize, deepest: u32) -> Option<(String, u32)> {
    for index in ["off", "on"] {
        for redirect in ["off", "follow", "nofollow"] {
            for xino in ["off", "on", "auto"] {
                let mut length = format!(
                    "index={index},redirect_dir={redirect},metacopy=off,xino={xino},\
                     upperdir=???/diff,workdir=???/work,lowerdir="
                )
                .len();
                for depth in 1..=deepest {
                    length += format!("{}/diff", depth - 1).len();
                    if length == wanted {
                        let options = format!("index={index},redirect_dir={redirect},xino={xino}");
                        return Some((options, depth));
                    }
                    length += ":".len();
                }
            }
        }
    }
    None
}

fn odd_paths(api: &str) -> Result<()> {
    let scratch = Scratch::new("odd");
    let long = format!("{}/{}", "l".repeat(250), "o".repeat(250));
    for name in ["a:b", "a,b", "a b", "a\\,b", "upperdir=x", &long] {
        let driver = open(&format!("overlay2,mount_api={api}"), &scratch.point(name))?;
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
