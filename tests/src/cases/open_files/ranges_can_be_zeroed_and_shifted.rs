//! fallocate zeroes, takes out and puts in ranges of a lower file, or refuses and leaves the file as it is.

use rustix::fs::{FallocateFlags, fallocate};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;
use crate::{check, fixture, lies};

/// The promise.
pub const CASE: Case = Case {
    name: "ranges_can_be_zeroed_and_shifted",
    promise: "fallocate zeroes, takes out and puts in ranges of a lower file, or refuses and leaves the file as it is.",
    why: "Databases and logs drop their oldest part this way; half a shift is corruption.",
    origin: "xfstests generic/008, 009, 012, 016, 058 (fallocate modes); catalogue FD8",
    covers: &["FD8"],
    level: Level::Informs,
    theme: Theme::OpenFiles,
    capability: Some("shift_range"),
    broken_by: &[
        Fault::Flipped("shift_range"),
        Fault::Flipped("zero_range"),
        Fault::Lie(&lies::FALLOCATE_DOES_NOTHING),
    ],
    run,
};

/// A multiple of any block size.
const PART: usize = 64 << 10;

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let content = fixture::noise(6, 4 * PART);
    let names = ["zeroed", "zeroed-longer", "taken", "put"];
    let base = context.layer(None, &names.map(|name| file(name, &content)))?;
    let mut container = context.container(Some(&base))?;
    let zeroed = [&content[..PART], &[0; PART], &content[2 * PART..]].concat();
    let longer = [&content[..3 * PART], &[0; 2 * PART]].concat();
    let taken = [&content[..PART], &content[2 * PART..]].concat();
    let put = [&content[..PART], &[0; PART], &content[PART..]].concat();
    let asked = [
        (FallocateFlags::ZERO_RANGE, 1, 1, zeroed),
        (FallocateFlags::ZERO_RANGE, 3, 2, longer),
        (FallocateFlags::COLLAPSE_RANGE, 1, 1, taken),
        (FallocateFlags::INSERT_RANGE, 1, 1, put),
    ];
    let mut outcomes = Vec::new();
    for (name, (flags, from, count, becomes)) in names.into_iter().zip(asked) {
        let part = PART as u64;
        let file_of = container.open_for_writing(name)?;
        let outcome = fallocate(file_of, flags, from * part, count * part);
        if outcome.is_ok() {
            container.predict(&[file(name, becomes)])?;
        }
        outcomes.push(outcome);
    }
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    let words = [
        "zeroing",
        "zeroing beyond the end",
        "taking out",
        "putting in",
    ];
    let said: Vec<_> = words
        .into_iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.is_err())
        .map(|(what, outcome)| check::words(what, outcome))
        .collect();
    let said = said.join("; ");
    let works = |range: std::ops::Range<usize>| outcomes[range].iter().all(Result::is_ok);
    let zero = check::declared("zero_range", capabilities.zero_range, works(0..2), &said)?;
    let shift = check::declared("shift_range", capabilities.shift_range, works(2..4), &said)?;
    Ok(if zero == Outcome::Pass { shift } else { zero })
}
