//! How many files, and how many of them are changed.

/// See the fields.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// `diff`: files of the images that containers are compared with.
    pub diff_files: Vec<u32>,
    /// `diff`: how many files of the image a container changes; none is measured too.
    pub diff_changes: Vec<u32>,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            diff_files: vec![200],
            diff_changes: vec![10],
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            diff_files: vec![500],
            diff_changes: vec![10, 100],
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            diff_files: vec![10_000, 100_000],
            diff_changes: vec![10, 1000],
        }
    }

    /// Every number of changes: none, then those asked for that so many files have room for.
    pub(super) fn changes(&self, files: u32) -> Vec<u32> {
        let mut all: Vec<u32> = self.diff_changes.iter().map(|&n| n.min(files)).collect();
        all.push(0);
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_is_always_measured_and_never_more_changes_than_files() {
        let amounts = Amounts {
            diff_files: vec![100],
            diff_changes: vec![1000, 10],
        };
        assert_eq!(amounts.changes(100), [0, 10, 100]);
        assert_eq!(amounts.changes(10), [0, 10]);
    }
}
