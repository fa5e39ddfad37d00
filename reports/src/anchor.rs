//! Anchors: names made fit for an id and a link.

/// A name as an anchor: only letters, digits and `-`; every other byte as its number, so that names stay distinct.
pub fn anchor(name: &str) -> String {
    name.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || byte == b'-' {
                char::from(byte).to_string()
            } else {
                format!("_{byte:02x}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_distinct_and_harmless() {
        assert_eq!(anchor("copy-up"), "copy-up");
        assert_eq!(anchor("a@b"), "a_40b");
        assert_ne!(anchor("a@b"), anchor("a,b"));
        assert_eq!(anchor("\"><é"), "_22_3e_3c_c3_a9");
    }
}
