//! One aligned table, for the terminal and for markdown.

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
fn plain(cell: &str) -> String {
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
    fn markdown_shows_names_as_they_are() {
        insta::assert_snapshot!(table().markdown(), @r"
        | subject      |   pull |   start |
        | ------------ | -----: | ------: |
        | overlay2@xfs | 1.25 s | 8.10 ms |
        | a\|b \<i\>   |      µ |     DNF |
        ");
    }
}
