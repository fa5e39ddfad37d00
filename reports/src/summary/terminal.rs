//! The summary printed at the end of a run: what was found, then one line per subject.

use super::{close_calls, notes, tables, undecided_line};
use crate::analysis::Analysis;
use crate::decide::{caution, decide, sentence};
use crate::headline::rows;
use crate::record::Results;
use crate::table::{Table, plain};
use crate::wrap::{broken, clipped};

/// The most lines of the summary on a terminal of 80 columns: half a screen, so that nothing of it scrolls away.
pub const LINES: usize = 25;

/// The most lines of the sentences.
const SENTENCES: usize = 9;

/// The most rows of a table.
const ROWS: usize = 9;

/// The summary for a terminal, `width` columns wide: what was found, how sure that is, who stands where, and as much of
/// the rest as fits; `summary.md` and the page have all of it.
pub fn text(results: &Results, width: usize) -> String {
    let analysis = Analysis::new(results);
    let headline = rows(&analysis);
    let decisions = decide(&analysis, &headline);
    let mut found = sentence(&analysis, &decisions) + "\n";
    found.extend(caution(&analysis).map(|line| line + "\n"));
    let mut parts = vec![lines(&plain_lines(&found), width)];
    if parts[0].len() > SENTENCES {
        parts[0].truncate(SENTENCES - 1);
        parts[0].push("… and more in summary.md".to_owned());
    }
    parts.extend(tables::places(&decisions).map(|table| fitting(table, width)));
    let used = |parts: &[Vec<String>]| parts.iter().map(Vec::len).sum::<usize>() + parts.len() - 1;
    let mut notes = notes(&analysis);
    notes.extend(undecided_line(&headline));
    notes.extend(close_calls(&decisions));
    notes.extend(crate::claims::judge::sentence(&analysis));
    let numbers = fitting(tables::table(&analysis, &headline, false), width);
    // A blank line, and three notes at least.
    let room = LINES.saturating_sub(used(&parts) + 1 + notes.len().min(3) + 1);
    if !analysis.series.is_empty() && (parts.len() == 1 || numbers.len() <= room) {
        parts.push(numbers);
    }
    let left = LINES.saturating_sub(used(&parts) + 1);
    if !notes.is_empty() && left > 0 {
        let shown = if notes.len() <= left { left } else { left - 1 };
        let mut last: Vec<String> = notes
            .iter()
            .take(shown)
            .map(|note| clipped(&plain(note), width))
            .collect();
        if notes.len() > shown {
            let more = notes.len() - shown;
            last.push(clipped(
                &format!("and {more} more notes in summary.md"),
                width,
            ));
        }
        parts.push(last);
    }
    let mut text = parts
        .iter()
        .map(|part| part.join("\n"))
        .collect::<Vec<_>>()
        .join("\n\n");
    text.push('\n');
    text
}

/// Control characters would move the cursor; line ends stay.
fn plain_lines(text: &str) -> String {
    text.lines().map(|line| plain(line) + "\n").collect()
}

fn lines(text: &str, width: usize) -> Vec<String> {
    broken(text, width).lines().map(str::to_owned).collect()
}

/// As many columns and rows of a table as fit.
fn fitting(table: Table, width: usize) -> Vec<String> {
    let all = table.rows.len();
    let mut first = table.split(width).into_iter().next().unwrap_or_default();
    let cut = all.saturating_sub(ROWS);
    if cut > 0 {
        first.rows.truncate(ROWS - 1);
    }
    let mut lines: Vec<String> = first
        .text()
        .lines()
        .map(|line| clipped(line, width))
        .collect();
    if cut > 0 {
        lines.push(format!("and {} more in summary.md", cut + 1));
    }
    lines
}
