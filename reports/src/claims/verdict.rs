//! The four words for a statement.

use serde::Serialize;

/// What a host says of a statement, or of a part of it on one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds: the whole interval lies where the statement says.
    Confirmed,
    /// It does not: the whole interval lies elsewhere.
    Refuted,
    /// There is not enough evidence for either.
    Inconclusive,
    /// There is nothing here that it is about.
    NotApplicable,
}

impl Verdict {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 4] = [
        Self::Confirmed,
        Self::Refuted,
        Self::Inconclusive,
        Self::NotApplicable,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Refuted => "refuted",
            Self::Inconclusive => "inconclusive",
            Self::NotApplicable => "not applicable",
        }
    }

    /// A sign that says the same without colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Confirmed => "✓",
            Self::Refuted => "✗",
            Self::Inconclusive => "?",
            Self::NotApplicable => "–",
        }
    }

    /// Whether it says anything of the statement.
    pub fn decides(self) -> bool {
        matches!(self, Self::Confirmed | Self::Refuted)
    }

    /// What several say together, all of which must hold: one that is refuted refutes, and only where everything that
    /// applies is confirmed, all is. Nothing at all is not applicable.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut whole = Self::NotApplicable;
        for part in parts {
            whole = match (whole, part) {
                (Self::Refuted, _) | (_, Self::Refuted) => Self::Refuted,
                (Self::Inconclusive, _) | (_, Self::Inconclusive) => Self::Inconclusive,
                (Self::Confirmed, _) | (_, Self::Confirmed) => Self::Confirmed,
                _ => Self::NotApplicable,
            };
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Confirmed, Inconclusive, NotApplicable, Refuted};

    #[test]
    fn all_parts_must_hold() {
        let all = |parts: &[Verdict]| Verdict::all(parts.iter().copied());
        assert_eq!(all(&[]), NotApplicable);
        assert_eq!(all(&[NotApplicable, Confirmed]), Confirmed);
        assert_eq!(all(&[Confirmed, Inconclusive]), Inconclusive);
        assert_eq!(all(&[Inconclusive, Refuted, Confirmed]), Refuted);
        assert_eq!(all(&[Inconclusive, NotApplicable]), Inconclusive);
    }
}
