//! What a use is.

use super::Need;

/// The largest weight of a number; the smallest is 0: offered, but not counted.
pub const MOST: u32 = 5;

/// A use of a host that the summary decides for.
#[derive(Debug)]
pub struct Use {
    /// In addresses: `ci-builders`.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// The name at the head of a narrow column.
    pub short: &'static str,
    /// The name within a sentence.
    pub phrase: &'static str,
    /// What it does all day.
    pub about: &'static str,
    /// Why these numbers and these weights.
    pub why: &'static str,
    /// Headline numbers by their id, each with its weight in the geometric mean, 0 to [`MOST`].
    pub numbers: &'static [(&'static str, u32)],
    /// What a driver must be able to do.
    pub needs: &'static [Need],
}

impl PartialEq for Use {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Use {
    /// The weight of all its numbers.
    pub fn whole(&self) -> u32 {
        self.numbers.iter().map(|(_, weight)| weight).sum()
    }

    /// The weight of a number; `None` when it has no part in this use.
    pub fn weight(&self, id: &str) -> Option<u32> {
        let of = self.numbers.iter().find(|(name, _)| *name == id);
        of.map(|(_, weight)| *weight)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::headline::known;
    use crate::uses::ALL;

    #[test]
    fn uses_rest_on_numbers_that_exist() {
        for of in ALL {
            let ids: BTreeSet<&str> = of.numbers.iter().map(|(id, _)| *id).collect();
            assert_eq!(ids.len(), of.numbers.len(), "{}: a number twice", of.id);
            for (id, weight) in of.numbers {
                assert!(known(id).is_some(), "{}: {id} is no number", of.id);
                assert!(*weight <= MOST, "{}: {id}", of.id);
            }
            let counted: BTreeSet<_> = of
                .numbers
                .iter()
                .filter(|(_, weight)| *weight > 0)
                .map(|(id, _)| known(id))
                .collect();
            assert!(counted.len() > 2, "{} rests on too few workloads", of.id);
        }
        let ids: BTreeSet<&str> = ALL.iter().map(|of| of.id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
