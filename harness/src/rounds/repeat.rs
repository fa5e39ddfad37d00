//! Blocks (one workload, one round) during which the machine did too much else: which are measured again, and which of
//! the two counts. Decided by what was read of the machine, never by a measured value.

use std::collections::BTreeMap;

use reports::record::CellInfo;

/// A disturbed block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Noisy {
    pub(crate) workload: String,
    pub(crate) round: u32,
    /// Why: what its cells were flagged for.
    pub(crate) flags: Vec<String>,
}

/// Repeats of one workload that a run of so many rounds may have: a third more.
pub(crate) fn allowed(rounds: u32) -> usize {
    rounds as usize / 3
}

/// The blocks to be repeated: those with a flagged cell, the most disturbed first, of each workload no more than allowed.
pub(crate) fn chosen(cells: &[CellInfo], rounds: u32) -> Vec<Noisy> {
    let mut blocks: BTreeMap<(&str, u32), Vec<&CellInfo>> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| cell.round < rounds) {
        let block = blocks.entry((&cell.workload, cell.round)).or_default();
        block.push(cell);
    }
    let mut noisy: Vec<_> = blocks
        .into_iter()
        .map(|(block, cells)| (block, disturbance(&cells), cells))
        .filter(|(_, (flagged, _), _)| *flagged > 0)
        .collect();
    noisy.sort_by(|a, b| order(b.1, a.1));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    noisy.retain(|((workload, _), ..)| {
        let count = counts.entry(workload).or_default();
        *count += 1;
        *count <= allowed(rounds)
    });
    noisy
        .into_iter()
        .map(|((workload, round), _, cells)| {
            let flags = cells.iter().flat_map(|cell| &cell.flags);
            Noisy {
                workload: workload.to_owned(),
                round,
                flags: worst(flags),
            }
        })
        .collect()
}

/// Of each kind of flag (`steal 12 %`: what stands before the number) the one with the largest number.
fn worst<'a>(flags: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut kinds: BTreeMap<&str, (f64, &String)> = BTreeMap::new();
    for flag in flags {
        let at = flag.find(|c: char| c.is_ascii_digit());
        let (kind, amount) = flag.split_at(at.unwrap_or(flag.len()));
        let amount = amount.split(' ').next().and_then(|n| n.parse().ok());
        let amount: f64 = amount.unwrap_or(0.0);
        let known = kinds.entry(kind).or_insert((amount, flag));
        if amount > known.0 {
            *known = (amount, flag);
        }
    }
    kinds.into_values().map(|(_, flag)| flag.clone()).collect()
}

/// Whether the repeat was the quieter one. On a tie the first measurement stays.
pub(crate) fn quieter(cells: &[CellInfo], workload: &str, repeat: u32, original: u32) -> bool {
    let of = |round| {
        let block: Vec<&CellInfo> = cells
            .iter()
            .filter(|cell| cell.workload == workload && cell.round == round)
            .collect();
        (block.len(), disturbance(&block))
    };
    let ((again, new), (first, old)) = (of(repeat), of(original));
    // Half a block pairs with nothing.
    again >= first && order(new, old).is_lt()
}

/// How disturbed a block was: flagged cells, then the shares of CPU time that others had.
fn disturbance(cells: &[&CellInfo]) -> (usize, f64) {
    let flagged = cells.iter().filter(|cell| !cell.flags.is_empty()).count();
    let others = cells
        .iter()
        .map(|cell| cell.noise.steal.unwrap_or(0.0) + cell.noise.foreign_cpu.unwrap_or(0.0))
        .sum();
    (flagged, others)
}

fn order(a: (usize, f64), b: (usize, f64)) -> std::cmp::Ordering {
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::record::Noise;

    /// Two cells of a block; the first is flagged if `steal` is above 0.05.
    fn block(workload: &str, round: u32, steal: f64) -> [CellInfo; 2] {
        let cell = |position: u32, steal: f64| CellInfo {
            workload: workload.to_owned(),
            round,
            position,
            noise: Noise {
                steal: Some(steal),
                ..Noise::default()
            },
            flags: if steal > 0.05 {
                vec![format!("steal {:.0} %", steal * 100.0)]
            } else {
                Vec::new()
            },
            ..CellInfo::default()
        };
        [cell(0, steal), cell(1, 0.0)]
    }

    #[test]
    fn the_most_disturbed_blocks_are_repeated_up_to_a_third() {
        let mut cells = Vec::new();
        for (round, steal) in [0.0, 0.2, 0.1, 0.0, 0.4, 0.01].into_iter().enumerate() {
            cells.extend(block("pull", u32::try_from(round).unwrap(), steal));
        }
        cells.extend(block("start", 3, 0.3));
        cells.extend(block("start", 6, 0.9));
        let chosen = chosen(&cells, 6);
        let rounds: Vec<_> = chosen
            .iter()
            .map(|noisy| (noisy.workload.as_str(), noisy.round))
            .collect();
        assert_eq!(
            rounds,
            [("pull", 4), ("start", 3), ("pull", 1)],
            "two of six rounds of each; a repeat itself is not repeated"
        );
        assert_eq!(chosen[0].flags, ["steal 40 %"]);
        assert!(
            super::chosen(&cells, 2).is_empty(),
            "too few rounds to add to"
        );
    }

    #[test]
    fn of_each_kind_of_flag_the_worst_is_named() {
        let flags = ["steal 9 %", "foreign I/O 10.5 MB", "steal 12 %", "swapped"];
        let flags = flags.map(str::to_owned);
        assert_eq!(
            worst(flags.iter()),
            ["foreign I/O 10.5 MB", "steal 12 %", "swapped"]
        );
    }

    #[test]
    fn the_quieter_one_counts_and_on_a_tie_the_first() {
        let mut cells = block("pull", 0, 0.3).to_vec();
        cells.extend(block("pull", 6, 0.0));
        assert!(quieter(&cells, "pull", 6, 0) && !quieter(&cells, "pull", 0, 6));
        cells.extend(block("pull", 7, 0.3));
        assert!(!quieter(&cells, "pull", 7, 0));
        cells.extend(block("pull", 8, 0.2));
        assert!(quieter(&cells, "pull", 8, 0), "flagged, but less disturbed");
        cells.push(block("pull", 9, 0.0)[0].clone());
        assert!(!quieter(&cells, "pull", 9, 0), "a repeat cut short");
    }
}
