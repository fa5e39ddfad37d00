//! Names with control characters, invalid UTF-8, 255 bytes, or that differ in case only, come out of an archive as they
//! are; a slash behind a file's name makes no directory of it.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{Op, dir, file, link, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "odd_names_are_kept",
    promise: "Names with control characters, invalid UTF-8, 255 bytes, or that differ in case only, come out of an archive as they are; a slash behind a file's name makes no directory of it.",
    why: "A name that is changed is another file: a lost one, or one in place of its twin.",
    origin: "containerd archive tests (trailing slash); catalogue MT9",
    covers: &["MT9"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::OddNamesMended],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let longest = vec![b'n'; 255];
    let names: [&[u8]; 14] = [
        b"line\nbreak",
        b"tab\t",
        b"\x01\x7f",
        b" blank ",
        b"-rf",
        b"a:b",
        b"back\\slash",
        b"\xff\xfe",
        b"\xc3\x28",
        b"e\xcc\x81",
        "é".as_bytes(),
        b"Case",
        b"case",
        &longest,
    ];
    let (mut entries, mut ops): (Vec<Entry>, Vec<Op>) = (Vec::new(), Vec::new());
    for (number, name) in names.iter().enumerate() {
        let inside = [name, &b"/"[..], name].concat();
        entries.extend([
            Entry::dir([b"./", *name].concat()),
            Entry::file([b"././", &inside[..]].concat(), number.to_string()),
        ]);
        ops.extend([dir(name), file(&inside, number.to_string())]);
    }
    entries.extend([
        Entry::file("slash/", "a file"),
        Entry::symlink("link/", "slash"),
        Entry::link("hard/", "slash/"),
        // The same name by another spelling: the later one counts.
        Entry::file("twice", "first"),
        Entry::file("./x/..//twice", "last"),
    ]);
    ops.extend([
        file("slash", "a file"),
        symlink("link", "slash"),
        link("slash", "hard"),
        file("twice", "last"),
    ]);
    let layer = context.layer_of(None, &archive::write(&entries))?;
    context.expect(&layer, None, &ops)?;
    context.check_layer(&layer)?;
    let container = context.container(Some(&layer))?;
    container.check()?;
    Ok(Outcome::Pass)
}
