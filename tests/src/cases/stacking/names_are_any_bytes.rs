//! Names of any bytes but / and NUL are kept: spaces, newlines, invalid UTF-8, commas and colons.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, remove, rename, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "names_are_any_bytes",
    promise: "Names of any bytes but / and NUL are kept: spaces, newlines, invalid UTF-8, commas and colons; names that differ in case or spelling are two.",
    why: "File names are bytes: spaces, newlines and old encodings occur in real images.",
    origin: "OCI layer.md (paths); xfstests overlay/083, 086 (special characters)",
    covers: &["MT9"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::OddNamesMended, Fault::NamesFolded],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let names: [&[u8]; 12] = [
        b"a b",
        b"new\nline",
        b"\xff\xfe",
        b"comma,colon:",
        b"back\\slash",
        b"-rf",
        b"=",
        b"trailing ",
        b"case",
        b"CASE",
        // The same letter in two spellings.
        b"\xc3\xa9",
        b"e\xcc\x81",
    ];
    let mut ops = Vec::new();
    for name in names {
        ops.push(dir(name));
        ops.push(file([name, b"/", name].concat(), name));
        ops.push(symlink([name, b".link"].concat(), name));
    }
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    let mut changed = Vec::new();
    for name in &names[..4] {
        changed.push(remove([name, &b"/"[..], name].concat()));
        changed.push(rename(
            [name, &b".link"[..]].concat(),
            [name, &b".new"[..]].concat(),
        ));
    }
    let top = context.layer(Some(&base), &changed)?;
    context.check_layer(&top)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&changed)?;
    container.check()?;
    let committed = context.commit(container)?;
    context.check_layer(&committed)?;
    Ok(Outcome::Pass)
}
