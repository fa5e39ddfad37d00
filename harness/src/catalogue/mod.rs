//! The catalogue of the suite as a page: every promise, why it matters, who else tests it, what breaks it, and what the
//! drivers of one host answered.

mod cases;
mod indexes;
mod numbers;

use std::fmt::Write as _;

use reports::Results;

/// The page, as Markdown.
pub(crate) fn page(results: Option<&Results>) -> String {
    let mut text = String::from(
        "# What a storage driver must do, and what drivers do\n\n\
        Made by `make conformance` from the cases themselves and from a run on one host; not edited by hand. Every line of it can be\n\
        asked again: `layerbench conform --case NAME`.\n\n",
    );
    numbers::write(&mut text, results);
    cases::write(&mut text, results);
    cases::elsewhere(&mut text);
    indexes::write(&mut text);
    text
}

/// One line of Markdown text: what a case or a driver said is never markup.
fn plain(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '\\' | '*' | '_' | '<' | '>' | '|' | '[' | ']' | '#' => text.extend(['\\', c]),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text
}

/// A link to a case's own place on the page.
fn link(name: &str) -> String {
    // Underscores inside a word are no markup.
    format!("[{name}](#{name})")
}

/// A row of a table.
fn row(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// The head of a table and its rule.
fn head(text: &mut String, cells: &[&str]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(cells.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_case_behaviour_and_lesson() {
        let page = page(None);
        for case in conformance::ALL {
            assert!(
                page.contains(&format!("<a id=\"{}\">", case.name)),
                "{}",
                case.name
            );
        }
        for behaviour in conformance::catalogue::BEHAVIOURS.iter() {
            assert!(
                page.contains(&format!("\n| {} |", behaviour.id)),
                "{}",
                behaviour.id
            );
        }
        for lesson in conformance::catalogue::LESSONS.iter() {
            assert!(
                page.contains(&format!("\n| {} |", lesson.id)),
                "{}",
                lesson.id
            );
        }
        assert!(!page.contains("\n\n\n"), "blank lines in a row");
    }

    #[test]
    fn words_of_others_are_no_markup() {
        assert_eq!(plain("a|b <i>\n*x*"), "a\\|b \\<i\\> \\*x\\*");
    }
}
