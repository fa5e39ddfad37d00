//! How to cite the program and this very run.

use maud::{Markup, html};

use crate::record::Results;

/// The section's body.
pub(super) fn section(results: &Results) -> Markup {
    html! {
        p { "Name the version, the run, the kernel and the machine beside any number taken from here, and give its interval and its n:" }
        pre { (sentence(results)) }
        p.small { "In BibTeX:" }
        pre { (bibtex(results)) }
        p.small.muted { "CITATION.cff of the source describes the program. The run can be checked by its records, which are beside this file or in it." }
    }
}

/// The run in a sentence.
fn sentence(results: &Results) -> String {
    let run = &results.run;
    let fact = |name: &str| results.host.get(name).map(String::as_str);
    let mut text = format!("layerbench {}", run.version);
    if !run.commit.is_empty() {
        text.extend([" (", &run.commit, ")"]);
    }
    if !run.id.is_empty() {
        text.extend([", run ", &run.id]);
    }
    if let Some(day) = run.started.get(..10) {
        text.extend([", ", day]);
    }
    for (before, value) in [("Linux ", fact("kernel")), ("", fact("cpu"))] {
        if let Some(value) = value {
            text.extend([", ", before, value]);
        }
    }
    text.extend([
        ", profile ",
        &run.profile,
        ", seed ",
        &run.seed.to_string(),
        ".",
    ]);
    text
}

fn bibtex(results: &Results) -> String {
    let run = &results.run;
    let year = run
        .started
        .get(..4)
        .filter(|year| year.bytes().all(|b| b.is_ascii_digit()));
    let year = year.map(|year| format!("  year    = {{{year}}},\n"));
    format!(
        "@software{{layerbench,\n  title   = {{layerbench: which container storage driver, and is it correct?}},\n  author  = {{{{The layerbench developers}}}},\n  version = {{{}}},\n{}  note    = {{{}}}\n}}",
        plain(&run.version),
        year.unwrap_or_default(),
        plain(&sentence(results))
    )
}

/// Without what BibTeX would take for its own.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || "{}\\%#$&~^".contains(c) {
                ' '
            } else {
                c
            }
        })
        .collect()
}
