//! Blocks that were measured again because the machine was disturbed: which of the two counts, and what the other says.

use std::collections::BTreeSet;

use crate::analysis::Analysis;
use crate::record::Results;
use crate::series::Key;
use crate::stats::Verdict;

/// Which measurement of a block is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// The quieter one, as the run decided by what it read of the machine.
    Used,
    /// The first one, always.
    Ignored,
}

/// The blocks, workload and round, that do not count. A repeat that was begun and cut short is one of them.
pub(crate) fn left_out(results: &Results, repeats: Repeats) -> BTreeSet<(&str, u32)> {
    results
        .blocks
        .iter()
        .map(|block| {
            let round = match repeats {
                Repeats::Used if block.counts => block.repeats,
                _ => block.round,
            };
            (block.workload.as_str(), round)
        })
        .collect()
}

/// The planned round that a round of a workload belongs to: of a repeat the one it was measured for, else its own. Where
/// numbers of several workloads are joined by round, a repeat takes the place of what it repeats.
pub(crate) fn stands_for(results: &Results, workload: &str, round: u32) -> u32 {
    results
        .blocks
        .iter()
        .find(|block| block.workload == workload && block.round == round)
        .map_or(round, |block| block.repeats)
}

/// A verdict that would be another without the repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Whose.
    pub subject: String,
    /// On what.
    pub key: Key,
    /// As reported.
    pub with: Verdict,
    /// With the first measurements alone; `None` where they give none.
    pub without: Option<Verdict>,
}

impl Change {
    /// `overlay2@ext4, start: better, without repeats inconclusive`.
    pub fn text(&self) -> String {
        let key = &self.key;
        let params = key.params_text();
        let without = self.without.map_or("no verdict", Verdict::word);
        format!(
            "{}, {} {}{}{params}: {}, without repeats {without}",
            self.subject,
            key.workload,
            key.phase,
            if params.is_empty() { "" } else { ", " },
            self.with.word(),
        )
    }
}

/// The verdicts that would be others without the repeats.
pub fn changes(analysis: &Analysis<'_>) -> Vec<Change> {
    if analysis.results.blocks.is_empty() {
        return Vec::new();
    }
    let first = Analysis::with(analysis.results, Repeats::Ignored);
    analysis
        .comparisons()
        .filter_map(|(series, compared)| {
            let without = first.against_control(&series.subject, &series.key);
            let without = without.map(|compared| compared.verdict);
            (without.map(Verdict::word) != Some(compared.verdict.word())).then(|| Change {
                subject: series.subject.clone(),
                key: series.key.clone(),
                with: compared.verdict,
                without,
            })
        })
        .collect()
}

/// What was repeated and what difference it makes; `None` when nothing was.
pub fn sentence(analysis: &Analysis<'_>) -> Option<String> {
    let blocks = &analysis.results.blocks;
    if blocks.is_empty() {
        return None;
    }
    let counted = blocks.iter().filter(|block| block.counts).count();
    let changed = changes(analysis).len();
    let all = analysis.comparisons().count();
    let were = match blocks.len() {
        1 => "1 block (a workload, a round) was".to_owned(),
        n => format!("{n} blocks (a workload, a round) were"),
    };
    let came = match (counted, changed) {
        (0, _) => "no repeat was quieter, so all first measurements stand".to_owned(),
        (n, 0) => format!(
            "quieter and used instead: {n}. With the first measurements alone all {all} verdicts would be the same"
        ),
        (n, changed) => format!(
            "quieter and used instead: {n}. With the first measurements alone {changed} of {all} verdicts would be others"
        ),
    };
    Some(format!(
        "{were} measured again because the machine was disturbed; {came}."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Line;

    /// A subject that takes 1.3 times what its control takes, in 8 rounds of which the first three were disturbed: in
    /// them it took as long as the control. The repeats have the rounds 8 to 10.
    fn results(counts: [bool; 3]) -> Results {
        let mut lines = vec![
            r#"{"kind":"run","schema":2,"version":"","commit":"","seed":1,"profile":"","rounds":8,"started":"","command_line":[],"config":{},"image":{},"workloads":[]}"#.to_owned(),
        ];
        for (name, role) in [("d@x", "subject"), ("plain@x", "control")] {
            let control = if role == "subject" {
                r#""control":"plain@x","#
            } else {
                ""
            };
            lines.push(format!(
                r#"{{"kind":"subject","name":"{name}","driver":"{name}","role":"{role}",{control}"options":{{}},"support":{{"status":"ready"}},"facts":[],"capabilities":{{}}}}"#
            ));
            for round in 0..11 {
                let slow = role == "subject" && round >= 3;
                let value = if slow { 1.3 } else { 1.0 } + 0.001 * f64::from(round);
                lines.push(format!(
                    r#"{{"kind":"record","subject":"{name}","driver":"","workload":"w","phase":"w","metric":"time","unit":"s","round":{round},"position":0,"value":{value}}}"#
                ));
            }
        }
        for (at, counts) in (0..).zip(counts) {
            // First said without, then, where it was quieter, that it counts.
            for counts in [false, counts] {
                let round = 8 + at;
                lines.push(format!(
                    r#"{{"kind":"block","workload":"w","round":{round},"repeats":{at},"flags":["steal 40 %"],"counts":{counts}}}"#
                ));
            }
        }
        Results::from_lines(&lines.join("\n")).unwrap()
    }

    fn rounds(results: &Results, repeats: Repeats) -> Vec<u32> {
        let analysis = Analysis::with(results, repeats);
        analysis.series[0].rounds.keys().copied().collect()
    }

    #[test]
    fn each_block_counts_once() {
        let both = results([true; 3]);
        assert_eq!(both.blocks.len(), 3, "a block said again replaces itself");
        assert_eq!(rounds(&both, Repeats::Used), [3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(rounds(&both, Repeats::Ignored), [0, 1, 2, 3, 4, 5, 6, 7]);
        let one = results([true, false, true]);
        assert_eq!(rounds(&one, Repeats::Used), [1, 3, 4, 5, 6, 7, 8, 10]);
    }

    #[test]
    fn what_the_repeats_change_is_told() {
        let both = results([true; 3]);
        let analysis = Analysis::new(&both);
        let changes = changes(&analysis);
        assert_eq!(changes.len(), 1);
        assert_eq!(
            changes[0].text(),
            "d@x, w w: worse, without repeats inconclusive"
        );
        let text = sentence(&analysis).unwrap();
        assert!(
            text.starts_with("3 blocks") && text.contains("1 of 1 verdicts"),
            "{text}"
        );
        let none = results([false; 3]);
        let analysis = Analysis::new(&none);
        assert!(super::changes(&analysis).is_empty());
        assert!(
            sentence(&analysis)
                .unwrap()
                .contains("all first measurements stand")
        );
    }

    #[test]
    fn without_blocks_nothing_is_said() {
        let mut plain = results([true; 3]);
        plain.blocks.clear();
        assert_eq!(sentence(&Analysis::new(&plain)), None);
        let line =
            r#"{"kind":"block","workload":"w","round":8,"repeats":0,"flags":[],"counts":true}"#;
        plain.push(serde_json::from_str::<Line>(line).unwrap());
        assert!(sentence(&Analysis::new(&plain)).is_some());
    }
}
