//! The uses as a Markdown page.

use std::fmt::Write as _;

use super::{ALL, MOST, Use};
use crate::headline::{called, known};

/// The page: every use with its numbers and their weights.
pub fn page() -> String {
    let mut text = format!(
        "# Uses: what a recommendation rests on\n\n\
        Made from the uses themselves; not edited by hand (`LAYERBENCH_WRITE_USES=1 cargo test -p layerbench-reports --test uses`\n\
        makes it anew). For each use a driver's cost is the geometric mean of these numbers by their weights, round by round. Who costs least\n\
        leads; it is named, with those that cannot be told apart from it, if the next one surely costs more (95 %, and more than 5 % or the\n\
        noise band). Never named is who fails a required case, lacks what the use needs, or lacks a number. A use of which less than half was\n\
        measured, by weight, is not decided. Space below 1 MiB counts as 1 MiB, a time\n\
        below 1 ms (of single operations 1 µs) as that. In the report each weight is a slider from 0 to {MOST}; weight 0\n\
        is offered and not counted.\n"
    );
    for of in ALL {
        one(&mut text, of);
    }
    text
}

fn one(text: &mut String, of: &Use) {
    let _ = writeln!(
        text,
        "\n## {}\n\n`{}`: {}. {}",
        of.title, of.id, of.about, of.why
    );
    for need in of.needs {
        let _ = writeln!(text, "\nIt needs a driver {}.", need.words());
    }
    text.push_str("\n| weight | number | workload |\n|---:|---|---|\n");
    for (id, weight) in of.numbers {
        let called = called(id).unwrap_or_default();
        let workload = known(id).unwrap_or_default();
        let _ = writeln!(text, "| {weight} | {called} | `{workload}` |");
    }
}
