//! One aligned table, for the terminal and for markdown.

use crate::export::csv::field;

/// A table: the first column is left-aligned, all others right-aligned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The heads.
    pub head: Vec<String>,
    /// The rows; short ones are filled up.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns padded to their widest cell, two blanks apart, a rule under the heads.
    pub fn text(&self) -> String {
        let widths = self.widths(plain);
        let mut lines = vec![self.line(&self.head, &widths, "  ", plain)];
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        lines.push(rule.join("  "));
        lines.extend(
            self.rows
                .iter()
                .map(|row| self.line(row, &widths, "  ", plain)),
        );
        let mut text: String = lines
            .iter()
            .flat_map(|line| [line.trim_end(), "\n"])
            .collect();
        text.shrink_to_fit();
        text
    }

    /// Tables of at most `width` columns of text, each with the first column of this one and as many others as fit.
    pub fn split(&self, width: usize) -> Vec<Self> {
        let widths = self.widths(plain);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut left = 0;
        for (column, own) in widths.iter().enumerate().skip(1) {
            match groups.last_mut() {
                Some(group) if left >= own + 2 => {
                    group.push(column);
                    left -= own + 2;
                }
                _ => {
                    groups.push(vec![0, column]);
                    left = width.saturating_sub(widths[0] + own + 2);
                }
            }
        }
        if groups.is_empty() {
            return vec![self.clone()];
        }
        let take = |row: &Vec<String>, group: &[usize]| {
            let cell = |&column: &usize| row.get(column).cloned().unwrap_or_default();
            group.iter().map(cell).collect::<Vec<_>>()
        };
        groups
            .iter()
            .map(|group| Self {
                head: take(&self.head, group),
                rows: self.rows.iter().map(|row| take(row, group)).collect(),
            })
            .collect()
    }

    /// A pipe table of GitHub's dialect.
    pub fn markdown(&self) -> String {
        let widths = self.widths(escape);
        let row = |cells: &[String]| format!("| {} |\n", self.line(cells, &widths, " | ", escape));
        let rule: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| {
                let dashes = "-".repeat((*width).max(3) - usize::from(column > 0));
                if column > 0 {
                    format!("{dashes}:")
                } else {
                    dashes
                }
            })
            .collect();
        let mut text = row(&self.head);
        text.extend([format!("| {} |\n", rule.join(" | "))]);
        text.extend(self.rows.iter().map(|cells| row(cells)));
        text
    }

    /// As [`markdown`](Self::markdown), all columns left-aligned: for words.
    pub fn markdown_of_words(&self) -> String {
        let text = self.markdown();
        let mut lines = text.lines();
        let (head, rule) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
        let rule = rule.replace(':', "-");
        let mut text = [head, "\n", &rule, "\n"].concat();
        text.extend(lines.flat_map(|line| [line, "\n"]));
        text
    }

    /// Comma-separated values after RFC 4180, the heads first.
    pub fn csv(&self) -> String {
        let row = |cells: &Vec<String>| {
            let cells: Vec<String> = cells.iter().map(|cell| field(cell)).collect();
            cells.join(",") + "\r\n"
        };
        std::iter::once(&self.head)
            .chain(&self.rows)
            .map(row)
            .collect()
    }

    fn widths(&self, show: impl Fn(&str) -> String) -> Vec<usize> {
        (0..self.head.len())
            .map(|column| {
                std::iter::once(&self.head)
                    .chain(&self.rows)
                    .filter_map(|row| row.get(column))
                    .map(|cell| show(cell).chars().count())
                    .max()
                    .unwrap_or(0)
                    .max(3)
            })
            .collect()
    }

    fn line(
        &self,
        cells: &[String],
        widths: &[usize],
        between: &str,
        show: impl Fn(&str) -> String,
    ) -> String {
        let padded: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| {
                let cell = cells.get(column).map(|cell| show(cell)).unwrap_or_default();
                let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
                if column == 0 {
                    format!("{cell}{blanks}")
                } else {
                    format!("{blanks}{cell}")
                }
            })
            .collect();
        padded.join(between)
    }
}

/// One line: control characters would move the terminal's cursor.
pub(crate) fn plain(cell: &str) -> String {
    cell.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// As text in a markdown cell, never as markup.
pub(crate) fn escape(cell: &str) -> String {
    let mut text = String::new();
    for c in plain(cell).chars() {
        if matches!(
            c,
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' | '~'
        ) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Table {
            head: row(["subject", "pull", "start"]),
            rows: vec![
                row(["overlay2@xfs", "1.25 s", "8.10 ms"]),
                row(["a|b\n<i>", "µ", "DNF"]),
            ],
        }
    }

    #[test]
    fn columns_align_in_text() {
        insta::assert_snapshot!(table().text(), @r"
        subject         pull    start
        ────────────  ──────  ───────
        overlay2@xfs  1.25 s  8.10 ms
        a|b <i>            µ      DNF
        ");
    }

    #[test]
    fn a_table_too_wide_goes_on_in_a_second_one() {
        let table = table();
        assert_eq!(table.split(usize::MAX), vec![table.clone()]);
        assert_eq!(table.split(29), vec![table.clone()]);
        let halves = table.split(28);
        assert_eq!(halves.len(), 2);
        assert_eq!(halves[1].head, ["subject", "start"]);
        assert_eq!(halves[1].rows[1], ["a|b\n<i>", "DNF"]);
        assert_eq!(table.split(0).len(), 2);
    }

    #[test]
    fn spreadsheets_get_fields_and_no_formulas() {
        let mut table = table();
        table.rows[0][0] = "=1+1, x".to_owned();
        assert_eq!(
            table.csv(),
            "subject,pull,start\r\n\"'=1+1, x\",1.25 s,8.10 ms\r\n\"a|b\n<i>\",µ,DNF\r\n"
        );
    }

    #[test]
    fn words_are_aligned_to_the_left() {
        let text = table().markdown_of_words();
        assert!(
            !text.contains("-:") && text.contains("| --- | --- |") || text.contains("----"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn markdown_shows_names_as_they_are() {
        insta::assert_snapshot!(table().markdown(), @r"
        | subject      |   pull |   start |
        | ------------ | -----: | ------: |
        | overlay2@xfs | 1.25 s | 8.10 ms |
        | a\|b \<i\>   |      µ |     DNF |
        ");
    }
}
