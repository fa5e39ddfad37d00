//! The words names and texts are made of: 256 of them, built from syllables, fixed for ever.

use std::sync::LazyLock;

const ONSETS: [&str; 16] = [
    "b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr",
];
const ENDINGS: [&str; 16] = [
    "a", "en", "or", "is", "um", "al", "et", "in", "ocal", "ever", "ation", "ing", "ule", "io",
    "ament", "y",
];

/// Every onset with every ending: 2 to 7 letters.
pub(super) static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words = ONSETS
        .iter()
        .flat_map(|onset| ENDINGS.iter().map(move |ending| format!("{onset}{ending}")));
    words.collect()
});

/// The word for a byte.
pub(super) fn word(byte: u8) -> &'static str {
    WORDS.get(usize::from(byte)).map_or("a", String::as_str)
}
