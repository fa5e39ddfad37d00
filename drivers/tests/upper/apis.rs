//! overlay2's three mount interfaces: depth, and paths no option string could hold.

use drivers::{ErrorKind, Item, Kind, Result};
use libtest_mimic::Trial;

use crate::support::{Scratch, add_layers, key, layer, open, trial, with_container};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![trial("overlay2::the_501st_layer_is_refused", too_deep)];
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
