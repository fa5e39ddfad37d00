//! A container that has written nothing takes (nearly) no space, whatever the size of its image.

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "idle_container_takes_nothing",
    promise: "A container that has written nothing takes (nearly) no space, whatever the size of its image.",
    why: "That containers are free until they write is why one host runs a thousand of them.",
    origin: "the founding documents (an idle container's size is 0); catalogue SH1",
    covers: &["SH1"],
    level: Level::Must,
    theme: Theme::Sharing,
    capability: Some("shares_data_with_parent"),
    broken_by: &[
        Fault::Flipped("shares_data_with_parent"),
        Fault::ConstantUsage,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.shares_data_with_parent;
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/large", fixture::noise(10, IMAGE)),
            file("small", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.check()?;
    let usage = fixture::usage(context, &mut container)?;
    check::that(
        usage.referenced_bytes >= IMAGE as u64,
        format!("at least {} referenced", fixture::bytes(IMAGE as u64)),
        fixture::bytes(usage.referenced_bytes),
    )?;
    check::declared(
        "shares_data_with_parent",
        declared,
        usage.exclusive_bytes <= fixture::slack(usage),
        format!(
            "idle on an image of {}, it takes {}",
            fixture::bytes(IMAGE as u64),
            fixture::bytes(usage.exclusive_bytes)
        ),
    )
}

const IMAGE: usize = 8 << 20;
