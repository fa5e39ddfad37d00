//! Archives made by chance, of names and links that matter and headers damaged anywhere, are refused or land inside.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fuzz::program::{Program, RAW};
use crate::fuzz::seeds;
use crate::victim::Victim;

/// The promise.
pub const CASE: Case = Case {
    name: "chance_leads_nowhere",
    promise: "Archives made by chance, of names and links that matter and headers damaged anywhere, are refused or land inside.",
    why: "What no test has thought of is what an attacker looks for.",
    origin: "containerd and Go fuzz corpora; layerbench fuzz/ (the same generator, run for long); catalogue MT11",
    covers: &["MT11"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FollowLinks],
    run,
};

/// Archives by chance, each some entries long, beside those that the fuzzer starts from.
const PROGRAMS: u64 = 12;

fn run(context: &mut Context<'_>) -> Verdict {
    use rand::{Rng as _, SeedableRng as _};
    let victim = Victim::new(context)?;
    let base = context.base()?;
    let (mut applied, mut total) = (0, 0);
    let mut bytes = vec![0; 200];
    let by_chance = (0..PROGRAMS).map(|seed| {
        rand::rngs::ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        // Entries that are chosen: bytes alone are no archive.
        bytes[0] &= !RAW;
        (
            format!("program {seed}"),
            bytes[..40 + usize::try_from(seed).unwrap_or(0) * 8].to_vec(),
        )
    });
    // One ground is enough: the driver's own.
    let known = seeds::seeds()
        .into_iter()
        .filter(|(name, _)| name.ends_with("-0"));
    let all: Vec<_> = by_chance.chain(known).collect();
    for (name, bytes) in all {
        let program = Program::read(&bytes, victim.path());
        let was = victim.attack_with(context, Some(&base), &name, |_| program.tar)?;
        applied += u32::from(was);
        total += 1;
    }
    check::that(
        (2..total).contains(&applied),
        "some archives by chance are applied, some are refused",
        format!("{applied} of {total}"),
    )?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
