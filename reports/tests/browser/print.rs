//! On paper: every section with what is folded away, dark ink on white whatever the theme, nothing cut off.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::pipe::Browser;
use crate::tab::{DESK, Look, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("the_printed_page_has_every_section_and_all_of_it", whole),
    ("paper_is_white_and_nothing_is_cut_off", paper),
];

/// What poppler's pdftotext makes of a PDF.
fn text_of(pdf: &Path, options: &[&str]) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a reader of PDFs, for a moment; it ends by itself"
    )]
    let mut command = Command::new("pdftotext");
    let output = command.args(options).arg(pdf).arg("-").output();
    let output = output.expect("pdftotext is missing: scripts/setup.sh tests installs it");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn whole(browser: &mut Browser) {
    let page = pages::any();
    for scripts in [true, false] {
        let mut tab = Tab::open(browser, &page, Look { scripts, ..DESK });
        let name = if scripts {
            "page.pdf"
        } else {
            "page-plain.pdf"
        };
        let path = pages::dir().join(name);
        std::fs::write(&path, tab.printed()).unwrap();
        let squeezed = |text: &str| text.replace(char::is_whitespace, "");
        let all = squeezed(&text_of(&path, &[]));
        // Of each section its heading, and of what is folded away the first line.
        let due = tab.eval(
            "(() => { const first = n => n.nodeType === 3 ? n.data.trim() : [...n.childNodes].reduce((found, c) => found || first(c), ''); \
             return [...document.querySelectorAll('section > h2, details:not([hidden]) > summary + *')] \
               .filter(e => !e.closest('[hidden]')).map(e => first(e).split(/\\s+/).slice(0, 2).join(' ')).filter(t => t); })()",
        );
        let due: Vec<&str> = due
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|d| d.as_str())
            .collect();
        assert!(due.len() > 10, "{due:?}");
        for text in due {
            assert!(
                all.contains(&squeezed(text)),
                "scripts {scripts}: {text:?} is not on paper"
            );
        }
        // What was folded is folded again.
        let left = tab.eval("document.querySelectorAll('details[open]').length");
        let mut fresh = Tab::open(tab.browser, &page, Look { scripts, ..DESK });
        assert_eq!(
            left,
            fresh.eval("document.querySelectorAll('details[open]').length")
        );
    }
}

fn paper(browser: &mut Browser) {
    let page = pages::any();
    for dark in [false, true] {
        let mut tab = Tab::open(
            browser,
            &page,
            Look {
                dark,
                width: 718,
                ..DESK
            },
        );
        // The theme chosen in the page must not reach the paper either.
        for chosen in ["system", "light", "dark"] {
            tab.eval(&format!(
                "document.documentElement.dataset.theme = '{chosen}'"
            ));
            tab.call(
                "Emulation.setEmulatedMedia",
                json!({ "media": "print", "features": [
                { "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } },
            ] }),
            );
            let dark_ink = "getComputedStyle(document.querySelector('h1')).color";
            assert_eq!(tab.eval(dark_ink), "rgb(0, 0, 0)", "{chosen}, dark {dark}");
        }
    }
    let mut tab = Tab::open(browser, &page, DESK);
    let path = pages::dir().join("paper.pdf");
    std::fs::write(&path, tab.printed()).unwrap();
    // `<page width=".." ..>`, and in it `<word xMin=".." .. xMax=".." ..>word</word>`.
    let number = |line: &str, name: &str| -> Option<f64> {
        let (_, rest) = line.split_once(&format!("{name}=\""))?;
        rest.split('"').next()?.parse().ok()
    };
    let (mut width, mut words) = (0.0, 0);
    for line in text_of(&path, &["-bbox"]).lines() {
        width = number(line, "<page width").unwrap_or(width);
        if let (Some(left), Some(right)) = (number(line, "xMin"), number(line, "xMax")) {
            assert!(left >= 0.0 && right <= width, "beyond {width}: {line}");
            words += 1;
        }
    }
    assert!(words > 1000, "{words}");
}
