//! The catalogue of the suite as a page: every promise, why it matters, who else tests it, what breaks it, and what the
//! drivers answered, on one host or under several kernels.

mod answers;
mod cases;
mod differs;
mod indexes;
mod matrix;
mod numbers;

use std::fmt::Write as _;

pub(crate) use answers::Answers;

/// The page, as Markdown.
pub(crate) fn page(answers: Option<&Answers>) -> String {
    let several = answers.is_some_and(|answers| !answers.results.parts.is_empty());
    let (whence, again) = if several {
        (
            "from runs under several kernels",
            " (in a guest: `layerbench vm run -- conform --case NAME`)",
        )
    } else {
        ("from a run on one host", "")
    };
    let mut text = format!(
        "# What a storage driver must do, and what drivers do\n\n\
        Made by `make conformance` from the cases themselves and {whence}; not edited by hand. Every line of it can be\n\
        asked again: `layerbench conform --case NAME`{again}.\n\n",
    );
    numbers::write(&mut text, answers);
    let results = answers.map(|answers| &answers.results);
    if let Some(results) = results {
        differs::write(&mut text, results);
        matrix::write(&mut text, results);
    }
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

    fn section<'p>(page: &'p str, title: &str) -> &'p str {
        let (_, rest) = page.split_once(&format!("## {title}\n")).unwrap();
        rest.split("\n## ").next().unwrap()
    }

    #[test]
    fn kernels_stand_side_by_side_and_what_changed_is_marked() {
        use reports::record::Outcome::{Deviates, Fail, Pass};
        let names: Vec<&str> = conformance::ALL
            .iter()
            .filter(|case| case.theme == conformance::Theme::Renames)
            .map(|case| case.name)
            .take(3)
            .collect();
        let run = |kernel: &str, subject: &str, answers: &[_]| {
            answers::tests::run(kernel, "2026-01-01T00:00:00Z", subject, answers)
        };
        let host = run(
            "6.18.4",
            "a@x",
            &[
                (names[0], Pass, ""),
                (names[1], Deviates, "at 17 s: a|b"),
                (names[2], Pass, ""),
            ],
        );
        let mut guest = run(
            "6.1.0",
            "a@x",
            &[
                (names[0], Fail, "expected it; got nothing"),
                (names[1], Deviates, "at 23 s: a|b"),
                (names[2], Pass, "asked with 4 of 9 layers"),
            ],
        );
        guest
            .host
            .insert("emulated".to_owned(), "QEMU TCG".to_owned());
        let answers = Answers::of(vec![host, guest]).unwrap().unwrap();
        let page = page(Some(&answers));
        let head = "What the drivers answered, kernel by kernel";
        let counts = section(&page, head);
        assert!(counts.contains("- Kernel 6.1.0, processor emulated (QEMU TCG), 2026-01-01; `layerbench conform`; 3 answers"), "{counts}");
        assert!(
            counts.contains("\n| a@x (linux 6.1) | 1 | 1 | 0 | 1 | 0 |\n"),
            "{counts}"
        );
        let differs = section(&page, "What differs, by driver");
        let (_, kin) = differs.split_once("### a@x (linux 6.1)\n").unwrap();
        // What it does as before is not told again, whatever the numbers in its words.
        assert_eq!(
            kin.trim(),
            format!(
                "As a@x (linux 6.18), but:\n\n- {}: **fails**: expected it; got nothing\n- {}: passes: asked with 4 of 9 layers",
                link(names[0]),
                link(names[2])
            )
        );
        let matrix = section(&page, "Case by case");
        assert!(
            matrix.contains("| renames | a@x (linux 6.18) | a@x (linux 6.1) |\n|---|---|---|\n"),
            "{matrix}"
        );
        for (name, signs) in names.iter().zip(["✓ | **✗**", "~ | ~", "✓ | ✓"]) {
            let row = format!("| {} | {signs} |\n", link(name));
            assert!(matrix.contains(&row), "{row}{matrix}");
        }
        assert!(page.contains("- here: ✓ a@x (linux 6.18); ✗ a@x (linux 6.1)\n  - a@x (linux 6.1): expected it; got nothing\n"));
        assert!(page.contains("- here: ~ everywhere\n"));
        assert!(!page.contains("\n\n\n"), "blank lines in a row");
    }

    #[test]
    fn words_of_others_are_no_markup() {
        assert_eq!(plain("a|b <i>\n*x*"), "a\\|b \\<i\\> \\*x\\*");
    }
}
