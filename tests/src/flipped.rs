//! Capabilities declared falsely.

use drivers::{Capabilities, Error, ErrorKind, Result};
use serde_json::{Value, json};

/// The same capabilities, with one declared as its opposite; what is no yes or no gets a value that a driver which
/// declares the present one must not show.
///
/// # Errors
/// `NotFound`, when there is no such capability, or when nobody knows what its opposite is.
pub fn flipped(capabilities: &Capabilities, name: &str) -> Result<Capabilities> {
    let wrong = |why: String| {
        Error::new(ErrorKind::NotFound, format!("declare {name} falsely")).because(why)
    };
    let mut fields = serde_json::to_value(capabilities).map_err(|e| wrong(e.to_string()))?;
    let field = fields
        .get_mut(name)
        .ok_or_else(|| wrong("there is no such capability".to_owned()))?;
    *field =
        opposite(name, field).ok_or_else(|| wrong(format!("nobody says what {field} is not")))?;
    serde_json::from_value(fields).map_err(|e| wrong(e.to_string()))
}

fn opposite(name: &str, value: &Value) -> Option<Value> {
    let other = |of: Value, or: Value| Some(if *value == of { or } else { of });
    match name {
        _ if value.is_boolean() => Some(json!(!value.as_bool()?)),
        "max_layers" => Some(json!(3)),
        "copy_up" => other(json!("whole-file"), json!("blocks")),
        "name_max" => other(json!(100), json!(255)),
        "mtime_granularity_ns" => other(json!(1_000_000_000), json!(1)),
        "latest_mtime_s" => other(json!(i32::MAX), json!(i64::MAX)),
        "max_id" => other(json!(u16::MAX), json!(u32::MAX - 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_an_opposite() {
        let fields = serde_json::to_value(Capabilities::PLAIN).unwrap();
        for name in fields.as_object().unwrap().keys() {
            let false_one = flipped(&Capabilities::PLAIN, name).unwrap();
            assert_ne!(false_one, Capabilities::PLAIN, "{name}");
        }
    }

    #[test]
    fn only_capabilities_are_flipped() {
        let error = flipped(&Capabilities::PLAIN, "no_such").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
