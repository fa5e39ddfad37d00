//! What is asked of the program without any driver at work: mistakes, `doctor`, `list`, `image`.

use serde_json::Value;

use crate::session::{Session, assert_one_line};

#[test]
fn mistakes_on_the_command_line_are_told_before_anything_is_made() {
    let session = Session::new();
    for (line, word) in [
        (vec!["run", "--driver", "nosuch"], "overlay2"),
        (vec!["run", "--driver", "vfs,nosuch=1"], "nosuch"),
        (vec!["run", "--driver", "btrfs@tmpfs"], "btrfs"),
        (vec!["conform", "--case", "nosuch"], "nosuch"),
        (vec!["bench", "--workload", "nosuch"], "copy-up"),
        (vec!["run", "--backing", "fat"], "ext4"),
        (vec!["bench", "--profile", "nosuch"], "publish"),
    ] {
        let (_, err) = session.expect(2, &line);
        assert_one_line(&err);
        assert!(err.contains(word), "{line:?} should mention {word}: {err}");
    }
    session.expect(2, &["run", "--rounds", "0"]);
    let (_, err) = session.expect(2, &["run", "--time-budget", "soon"]);
    assert!(err.contains("90s"), "{err}");
    session.expect(2, &["nosuch"]);
    assert!(!session.path("work").exists() && !session.path("layerbench-out").exists());
}

#[test]
fn the_settings_file_makes_profiles_and_its_mistakes_are_told_with_their_line() {
    let session = Session::new();
    let write = |name: &str, text: &str| std::fs::write(session.path(name), text).unwrap();
    write(
        "layerbench.toml",
        "[profile.tiny]\nbased-on = \"smoke\"\nrounds = 2\nscale = { starts = 1 }\n[limit]\n\"start:time\" = \"5%\"\n",
    );
    let (text, _) = session.expect(0, &["list"]);
    assert!(text.contains("2 rounds, image tiny") && text.contains("start:time  5%"));
    let (json, _) = session.expect(0, &["list", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let profiles = json["profiles"].as_array().unwrap();
    let own = profiles.iter().find(|p| p["name"] == "tiny").unwrap();
    assert_eq!(
        (&own["rounds"], &own["scale"]["starts"]),
        (&2.into(), &1.into())
    );
    assert_eq!(json["limits"][0]["limit"], "5%");
    // A file that is named stands in for the one that lies here.
    write(
        "other.toml",
        "[profile.tiny]\nrounds = 4\n\n[profile.tiny.scale]\nstart = 3\n",
    );
    let (_, err) = session.expect(2, &["bench", "--settings", "other.toml"]);
    assert_one_line(&err);
    assert!(
        err.contains("other.toml, line 5") && err.contains("starts"),
        "{err}"
    );
    let (_, err) = session.expect(66, &["bench", "--settings", "absent.toml"]);
    assert!(err.contains("absent.toml"), "{err}");
    assert!(!session.path("work").exists());
}

#[test]
fn doctor_and_list_tell_the_same_to_people_and_programs() {
    let session = Session::new();
    let (text, _) = session.expect(0, &["doctor"]);
    let (json, _) = session.expect(0, &["doctor", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let drivers = json["drivers"].as_array().unwrap();
    assert_eq!(drivers.len(), 5);
    for driver in drivers {
        assert!(text.contains(driver["driver"].as_str().unwrap()));
        assert!(
            driver["ready"] == true || driver["fix"].as_str().is_some_and(|fix| !fix.is_empty()),
            "{driver}"
        );
    }
    // Load comes and goes between the two calls; what the machine is does not.
    for warning in json["warnings"].as_array().unwrap() {
        let word = |name: &str| warning[name].as_str().unwrap().to_owned();
        assert!(!word("effect").is_empty() && !word("mend").is_empty());
        if ["virtual", "smt", "turbo", "governor"].contains(&word("check").as_str()) {
            assert!(
                text.contains(&word("seen")) && text.contains(&word("mend")),
                "{warning}"
            );
        }
    }
    let (json, _) = session.expect(0, &["doctor", "--json", "--work", "/dev/shm/none"]);
    assert!(json.contains("\"filesystem\""), "{json}");
    let (json, _) = session.expect(0, &["list", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["cases"].as_array().unwrap().len() >= 40);
    let workloads = json["workloads"].as_array().unwrap();
    assert_eq!(workloads.len(), workloads::ALL.len());
    let (text, _) = session.expect(0, &["list"]);
    assert!(text.contains("image_never_changes") && text.contains("metacopy"));
}

#[test]
fn images_are_generated_alike_and_inspected() {
    let session = Session::new();
    for name in ["a", "b"] {
        session.expect(
            0,
            &["image", "generate", name, "--preset", "tiny", "--seed", "7"],
        );
    }
    let index = |name: &str| std::fs::read(session.path(name).join("index.json")).unwrap();
    assert_eq!(index("a"), index("b"));
    let (json, _) = session.expect(0, &["image", "inspect", "a", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let layers = json["layers"].as_array().unwrap();
    assert!(layers.len() >= 2);
    assert_eq!(
        layers[0]["diff_id"], layers[0]["chain_id"],
        "the lowest layer's chain id is its diff id"
    );
    let (text, _) = session.expect(0, &["image", "inspect", "a"]);
    assert!(text.contains(layers[1]["chain_id"].as_str().unwrap()));
    // An existing directory is the user's: it is not written into.
    let (_, err) = session.expect(71, &["image", "generate", "a", "--preset", "tiny"]);
    assert_one_line(&err);
}
