//! A sparse file of a lower layer stays sparse when a container writes one byte to it.

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{file, truncate, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "sparse_file_stays_sparse",
    promise: "A sparse file of a lower layer stays sparse when a container writes one byte to it.",
    why: "A lastlog of a terabyte, all holes, has filled real disks.",
    origin: "moby 5419, 15585 (lastlog); xfstests overlay/066",
    covers: &["CU2", "C30"],
    level: Level::Should,
    theme: Theme::CopyUp,
    capability: Some("sparse_files"),
    broken_by: &[Fault::Flipped("sparse_files"), Fault::CopiesFillHoles],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.sparse_files;
    let mut maker = context.container(None)?;
    live::apply(
        maker.root(),
        &[
            file("sparse", "start"),
            write("sparse", SIZE / 2, "middle"),
            truncate("sparse", SIZE),
        ],
    )?;
    let lower = fixture::allocated(&maker, "sparse")?;
    maker.unmount()?;
    let id = context.commit(maker)?;
    let container = context.container(Some(&id))?;
    live::apply(container.root(), &[write("sparse", SIZE / 2, "M")])?;
    let upper = fixture::allocated(&container, "sparse")?;
    let content = container.read("sparse")?;
    check::same("its length", SIZE, content.len() as u64)?;
    let middle = content.len() / 2;
    check::that(
        content.starts_with(b"start\0") && content[middle..].starts_with(b"Middle\0"),
        "the content of the lower file, with one byte changed",
        "other bytes",
    )?;
    check::declared(
        "sparse_files",
        declared,
        // The kernel copies by the MiB around what is there.
        upper <= SIZE / 4,
        format!(
            "a file of {} with {} allocated takes {} after one byte was written",
            fixture::bytes(SIZE),
            fixture::bytes(lower),
            fixture::bytes(upper),
        ),
    )
}

const SIZE: u64 = 16 << 20;
