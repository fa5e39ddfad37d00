//! Hostile strings, put wherever a results file has a string of its own.

use std::collections::BTreeSet;

use reports::Results;
use serde_json::Value;

/// Ends attributes, elements, comments, scripts and styles; hides; breaks lines; is no UTF-8 any more; looks escaped.
pub(crate) const EVIL: &str = "\"'`><img src=x onerror=evil()><b class=evil><a href=javascript:evil()></style></script><!--]]>\
    &lt;i&gt;${evil}\\u003c\u{0}\u{1b}[31m\u{202e}\u{2028}\u{fffd}\r\n\t# |\u{feff}";

/// Strings that say which kind a thing is: another word there is no results file.
const KINDS: [&str; 6] = ["role", "status", "outcome", "level", "cache", "kind"];

/// Every place of a run that holds text.
pub(crate) fn all(results: &Results) -> BTreeSet<String> {
    let value = serde_json::from_str(&results.to_json().unwrap()).unwrap();
    let mut found = BTreeSet::new();
    places(&value, "", &mut found);
    found
}

/// The places that hold text, each as a path without the numbers of its lists; `key` is the name of a value itself.
fn places(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(_) if !KINDS.iter().any(|kind| path.ends_with(kind)) => {
            found.insert(path.to_owned());
        }
        Value::Array(list) => {
            for item in list {
                places(item, path, found);
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                if open(path) {
                    found.insert(format!("{path}/key"));
                    places(item, path, found);
                } else {
                    places(item, &format!("{path}/{name}"), found);
                }
            }
        }
        _ => {}
    }
}

/// Whether the names in this map are anybody's.
fn open(path: &str) -> bool {
    [
        "config",
        "image",
        "host",
        "options",
        "capabilities",
        "params",
    ]
    .iter()
    .any(|map| path.ends_with(map))
}

/// Puts `evil` behind every string of a place; what was equal stays equal.
fn poison(value: &mut Value, path: &str, place: &str, evil: &str) {
    match value {
        Value::String(text) if path == place => text.push_str(evil),
        Value::Array(list) => {
            for item in list {
                poison(item, path, place, evil);
            }
        }
        Value::Object(map) => {
            let open = open(path);
            for (name, mut item) in std::mem::take(map) {
                let inner = if open {
                    path.to_owned()
                } else {
                    format!("{path}/{name}")
                };
                poison(&mut item, &inner, place, evil);
                let named = open && format!("{path}/key") == place;
                map.insert(if named { name + evil } else { name }, item);
            }
        }
        _ => {}
    }
}

/// A run in which the strings of these places are hostile.
pub(crate) fn poisoned(results: &Results, places: &[&str], evil: &str) -> Results {
    let mut value: Value = serde_json::from_str(&results.to_json().unwrap()).unwrap();
    for place in places {
        poison(&mut value, "", place, evil);
    }
    Results::from_json(&value.to_string()).unwrap_or_else(|e| panic!("{places:?}: {e}"))
}
