//! Which unchanged names have other companions than before; the rule is in the parent module's text.

use std::collections::HashMap;

use crate::tree::at::Inode;

/// Names that both trees have, that are otherwise unchanged, and that have companions in at least one of them.
#[derive(Debug, Default)]
pub(super) struct Links {
    names: Vec<(Vec<u8>, Inode, Inode)>,
}

impl Links {
    pub(super) fn add(&mut self, path: Vec<u8>, lower: Inode, upper: Inode) {
        self.names.push((path, lower, upper));
    }

    /// What was added.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &(Vec<u8>, Inode, Inode)> {
        self.names.iter()
    }

    /// The names whose companions changed.
    pub(super) fn changed(self) -> impl Iterator<Item = Vec<u8>> {
        let mut below: HashMap<Inode, Vec<usize>> = HashMap::new();
        let mut above: HashMap<Inode, Vec<usize>> = HashMap::new();
        for (index, (_, lower, upper)) in self.names.iter().enumerate() {
            below.entry(*lower).or_default().push(index);
            above.entry(*upper).or_default().push(index);
        }
        // Each pair of groups is compared once, however many names they have.
        let mut verdicts: HashMap<(Inode, Inode), bool> = HashMap::new();
        self.names
            .into_iter()
            .filter_map(move |(path, lower, upper)| {
                verdicts
                    .entry((lower, upper))
                    .or_insert_with(|| below.get(&lower) != above.get(&upper))
                    .then_some(path)
            })
    }
}
