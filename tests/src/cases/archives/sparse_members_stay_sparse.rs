//! Sparse files, in each of the four forms that GNU tar writes, have their true name, size and content, and their holes
//! take no space.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, file};
use crate::oracle::raw::{Dialect, Raw, put};
use crate::yard::Yard;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "sparse_members_stay_sparse",
    promise: "Sparse files, in each of the four forms that GNU tar writes, have their true name, size and content, and their holes take no space.",
    why: "Databases and virtual disks in images are sparse: filled up they need a hundred times the space, under a wrong name they are lost.",
    origin: "GNU tar manual (sparse formats: old GNU, PAX 0.0, 0.1, 1.0); catalogue MT8 (tested by nobody)",
    covers: &["MT8"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::SparseFilesUnknown],
    run,
};

/// 4 MiB of hole with data in the middle and at the end.
const SIZE: usize = 4 << 20;
const RUNS: [(usize, &[u8]); 2] = [(1 << 20, b"in the middle"), (SIZE - 3, b"end")];

fn content() -> Vec<u8> {
    let mut content = vec![0; SIZE];
    for (at, data) in RUNS {
        content[at..at + data.len()].copy_from_slice(data);
    }
    content
}

fn stored() -> Vec<u8> {
    RUNS.iter().flat_map(|(_, data)| data.to_vec()).collect()
}

fn archive() -> Vec<u8> {
    let (size, long) = (SIZE.to_string(), "long/".repeat(30));
    let numbers: Vec<String> = RUNS
        .iter()
        .flat_map(|(at, data)| [at.to_string(), data.len().to_string()])
        .collect();
    let joined = numbers.join(",");
    let bytes = |text: &'static str| text.as_bytes();
    let (true_name, invented) = (format!("{long}0.1"), format!("{long}GNUSparseFile.7/0.1"));
    let mut map = format!("{}\n{}\n", RUNS.len(), numbers.join("\n")).into_bytes();
    map.resize(512, 0);
    Raw::new()
        .member(Dialect::Gnu, b'S', "gnu", &stored(), |header| {
            for (number, (at, data)) in RUNS.iter().enumerate() {
                put(
                    header,
                    386 + number * 24,
                    12,
                    format!("{at:011o}").as_bytes(),
                );
                put(
                    header,
                    398 + number * 24,
                    12,
                    format!("{:011o}", data.len()).as_bytes(),
                );
            }
            put(header, 483, 12, format!("{SIZE:011o}").as_bytes());
        })
        .pax(&[
            ("GNU.sparse.size", size.as_bytes()),
            ("GNU.sparse.numblocks", b"2"),
            ("GNU.sparse.offset", numbers[0].as_bytes()),
            ("GNU.sparse.numbytes", numbers[1].as_bytes()),
            ("GNU.sparse.offset", numbers[2].as_bytes()),
            ("GNU.sparse.numbytes", numbers[3].as_bytes()),
        ])
        .file("0.0", &stored())
        // Under a long name GNU tar writes the name that it invented last.
        .pax(&[
            ("GNU.sparse.size", size.as_bytes()),
            ("GNU.sparse.numblocks", b"2"),
            ("GNU.sparse.name", true_name.as_bytes()),
            ("GNU.sparse.map", joined.as_bytes()),
            ("path", invented.as_bytes()),
        ])
        .file("GNUSparseFile.7/0.1", &stored())
        .pax(&[
            ("GNU.sparse.major", bytes("1")),
            ("GNU.sparse.minor", bytes("0")),
            ("GNU.sparse.name", bytes("1.0")),
            ("GNU.sparse.realsize", size.as_bytes()),
        ])
        .file("GNUSparseFile.7/1.0", &[map, stored()].concat())
        .file("after", b"what follows is found")
        .end()
}

fn run(context: &mut Context<'_>) -> Verdict {
    let layer = context.layer_of(None, &archive())?;
    let mut ops: Vec<Op> = Vec::new();
    let mut path = String::new();
    for _ in 0..30 {
        path.push_str("long");
        ops.push(crate::oracle::op::dir(&path));
        path.push('/');
    }
    let names = [
        "gnu".to_owned(),
        "0.0".to_owned(),
        format!("{path}0.1"),
        "1.0".to_owned(),
    ];
    ops.extend(names.iter().map(|name| file(name, content())));
    ops.push(file("after", "what follows is found"));
    context.expect(&layer, None, &ops)?;
    context.check_layer(&layer)?;
    lies_are_refused(context)?;
    let container = context.container(Some(&layer))?;
    let mut most = 0;
    for name in &names {
        most = most.max(fixture::allocated(&container, name)?);
    }
    check::that(
        most < (SIZE / 8) as u64,
        "a file with 16 bytes of data takes little",
        format!("{most} of {SIZE} bytes"),
    )?;
    Ok(Outcome::Pass)
}

/// Maps that lie: outside the file, out of order, more or less than what is stored.
fn lies_are_refused(context: &mut Context<'_>) -> Result<(), crate::Stop> {
    let yard = Yard::new(context, None)?;
    for map in [
        "4096,3,8190,3",
        "5,1,3,2",
        "0,4",
        "0,2",
        "0,1,2",
        "18446744073709551615,3",
        "x",
    ] {
        let tar = Raw::new()
            .pax(&[
                ("GNU.sparse.size", b"8192"),
                ("GNU.sparse.numblocks", b"1"),
                ("GNU.sparse.map", map.as_bytes()),
            ])
            .file("x", b"abc")
            .end();
        yard.refuses(context, &format!("the map {map}"), &tar)?;
    }
    Ok(())
}
