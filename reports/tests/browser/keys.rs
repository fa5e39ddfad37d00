//! Keys as the protocol wants them.

use serde_json::{Value, json};

/// Going down and up again, of a key by its name or of a letter.
pub(crate) fn events(key: &str) -> [Value; 2] {
    let (name, code, text) = match key {
        "Tab" => ("Tab", 9, ""),
        "Enter" => ("Enter", 13, "\r"),
        "Space" => (" ", 32, " "),
        "Escape" => ("Escape", 27, ""),
        "End" => ("End", 35, ""),
        "Home" => ("Home", 36, ""),
        "ArrowLeft" => ("ArrowLeft", 37, ""),
        "ArrowUp" => ("ArrowUp", 38, ""),
        "ArrowRight" => ("ArrowRight", 39, ""),
        "ArrowDown" => ("ArrowDown", 40, ""),
        letter => {
            let code = letter.bytes().next().map_or(0, |b| b.to_ascii_uppercase());
            (letter, code, letter)
        }
    };
    let of = |kind: &str| {
        let mut event =
            json!({ "type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code });
        if kind == "keyDown" && !text.is_empty() {
            event["text"] = text.into();
        }
        event
    };
    [of("keyDown"), of("keyUp")]
}
