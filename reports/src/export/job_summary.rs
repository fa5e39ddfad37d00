//! The summary of a CI job: what is printed, as Markdown, and behind a fold every comparison with its interval.

use crate::analysis::Analysis;
use crate::markdown;
use crate::metric::direction;
use crate::number::Times;
use crate::record::Results;
use crate::table::Table;

/// GitHub takes 1 MiB from a step.
const MOST: usize = 1 << 20;

/// The run as Markdown.
pub fn markdown(results: &Results) -> String {
    let mut text = markdown::summary(results);
    let analysis = Analysis::new(results);
    let rows: Vec<Vec<String>> = analysis
        .comparisons()
        .map(|(series, compared)| {
            let pair = &compared.pair;
            let times = Times::new(pair, &series.unit, direction(&series.key.metric));
            let key = &series.key;
            let what = format!(
                "{} {} {} {}",
                key.workload,
                key.phase,
                key.metric,
                key.params_text()
            );
            vec![
                series.subject.clone(),
                what.trim_end().to_owned(),
                times.words,
                times.interval,
                pair.rounds.to_string(),
                compared.verdict.word().to_owned(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let head = [
            "subject",
            "what",
            "against a plain directory",
            "95 % interval",
            "n",
            "verdict",
        ];
        let table = Table {
            head: head.map(str::to_owned).to_vec(),
            rows,
        };
        text.extend([
            "\n<details><summary>Every comparison</summary>\n\n",
            &table.markdown(),
            "\n</details>\n",
        ]);
    }
    shortened(text)
}

fn shortened(mut text: String) -> String {
    const CUT: &str = "\n\n(cut here: report.html has everything)\n";
    if text.len() > MOST {
        let mut end = MOST - CUT.len();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_never_more_than_a_step_may_write() {
        let long = shortened("µ".repeat(MOST));
        assert!(long.len() <= MOST && long.ends_with("everything)\n"));
        assert_eq!(shortened("short".to_owned()), "short");
    }
}
