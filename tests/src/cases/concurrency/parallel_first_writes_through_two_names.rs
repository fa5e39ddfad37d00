//! Two threads that first write to one lower file, each through another of its names, lose none of their bytes.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, link};
use crate::together::together;

/// The promise.
pub const CASE: Case = Case {
    name: "parallel_first_writes_through_two_names",
    promise: "Two threads that first write to one lower file, each through another of its names, lose none of their bytes.",
    why: "Databases and package managers write through links; a race of two copies loses one writer's data.",
    origin: "xfstests overlay/032 (concurrent copy-up of hard links)",
    covers: &["CC1"],
    level: Level::Must,
    theme: Theme::Concurrency,
    capability: Some("hard_links_survive_copy_up"),
    broken_by: &[
        Fault::Flipped("hard_links_survive_copy_up"),
        Fault::Flipped("writes_to_links_last"),
        Fault::WritesLost,
    ],
    run,
};

const PAIRS: usize = 4;
const BLOCK: usize = 32 << 10;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.hard_links_survive_copy_up;
    let mut ops = Vec::new();
    for pair in 0..PAIRS {
        ops.push(file(format!("{pair}-0"), vec![b'.'; 2 * BLOCK]));
        ops.push(link(format!("{pair}-0"), format!("{pair}-1")));
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let outcomes = together(2 * PAIRS, |number| {
        let (pair, name) = (number / 2, number % 2);
        let path = container.path(format!("{pair}-{name}"));
        let file = File::options().write(true).open(path)?;
        file.write_all_at(&[b'0' + name as u8; BLOCK], (name * BLOCK) as u64)
    })?;
    for outcome in outcomes {
        outcome.attempt("write through", "one of two names")?;
    }
    let (mut one_file, mut lost) = (Vec::new(), Vec::new());
    for remounted in [false, true] {
        if remounted {
            context.mount(&mut container)?;
        }
        for pair in 0..PAIRS {
            let names = [format!("{pair}-0"), format!("{pair}-1")];
            let inodes = [
                container.stat(&names[0])?.ino(),
                container.stat(&names[1])?.ino(),
            ];
            let contents = [container.read(&names[0])?, container.read(&names[1])?];
            one_file.push(inodes[0] == inodes[1]);
            for (name, content) in contents.iter().enumerate() {
                let own = &content[name * BLOCK..(name + 1) * BLOCK];
                let all = |byte: u8| own.iter().all(|b| *b == byte);
                if content.len() == 2 * BLOCK && all(b'.') {
                    lost.push(format!(
                        "{}{}",
                        names[name],
                        if remounted { " after a remount" } else { "" }
                    ));
                } else {
                    check::that(
                        content.len() == 2 * BLOCK && all(b'0' + name as u8),
                        format!("{} holds what was written through it", names[name]),
                        format!("{} bytes, {:?}", content.len(), content.first_chunk::<8>()),
                    )?;
                }
            }
            let is_one = contents[0] == contents[1];
            check::same(
                "one content where there is one inode number",
                inodes[0] == inodes[1],
                is_one,
            )?;
        }
    }
    context.check_layer(&base)?;
    let kept = context.capabilities()?.writes_to_links_last;
    let verdict = check::declared(
        "writes_to_links_last",
        kept,
        lost.is_empty(),
        format!("lost is what was written through {}", lost.join(", ")),
    )?;
    if !kept {
        return Ok(verdict);
    }
    check::declared(
        "hard_links_survive_copy_up",
        declared,
        one_file.iter().all(|one| *one),
        "both writes are kept, each under its own name only: the file became two",
    )
}
