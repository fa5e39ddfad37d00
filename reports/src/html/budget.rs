//! One budget of bytes for the page, shared by its sections.
//!
//! The raw values have a share that nothing takes from them. All else is in the page as long as it fits; beyond, **pieces**
//! are left out, those worth least to a reader first and the biggest of these, and each place says what it lacks.

use maud::Markup;

use crate::charts::Worth;

/// The most bytes of a page that is still mailed and opened without a thought, the notes on what is left out aside.
pub(super) const PAGE: usize = 1_470_000;
/// So many are kept for the values round by round.
pub(super) const VALUES: usize = 150_000;
/// So many are kept for the tables of medians.
pub(super) const TABLES: usize = 50_000;

/// A piece of the page that may be left out.
pub(super) struct Piece {
    pub(super) worth: Worth,
    pub(super) body: Markup,
    pub(super) kept: bool,
}

impl Piece {
    pub(super) fn new(worth: Worth, body: Markup) -> Self {
        Self {
            worth,
            body,
            kept: true,
        }
    }

    fn len(&self) -> usize {
        self.body.0.len()
    }
}

/// Leaves out pieces of at least so many bytes together, or all.
pub(super) fn leave_out<'a>(pieces: impl Iterator<Item = &'a mut Piece>, bytes: usize) {
    let mut pieces: Vec<&mut Piece> = pieces.filter(|piece| piece.len() > 0).collect();
    pieces.sort_by_key(|piece| (piece.worth, std::cmp::Reverse(piece.len())));
    let mut left = bytes;
    for piece in pieces {
        if left == 0 {
            break;
        }
        piece.kept = false;
        left = left.saturating_sub(piece.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maud::PreEscaped;

    #[test]
    fn what_is_worth_least_and_takes_most_goes_first() {
        let piece = |worth, bytes| Piece::new(worth, PreEscaped("x".repeat(bytes)));
        let left = |bytes| {
            let mut all = [
                piece(Worth::Heart, 900),
                piece(Worth::Check, 10),
                piece(Worth::Check, 30),
                piece(Worth::Detail, 500),
                piece(Worth::Check, 0),
            ];
            leave_out(all.iter_mut(), bytes);
            all.map(|piece| piece.kept)
        };
        assert_eq!(left(0), [true; 5]);
        assert_eq!(left(30), [true, true, false, true, true]);
        assert_eq!(left(41), [true, false, false, false, true]);
        assert_eq!(left(9999), [false, false, false, false, true]);
    }
}
