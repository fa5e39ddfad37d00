//! `layerbench run` and `bench`: select, open, ask, measure, report, close.

use std::time::Instant;

use reports::record::Outcome;

use super::image::Pair;
use super::{dry_run, ending};
use crate::cli::RunArgs;
use crate::records::Records;
use crate::settings::Settings;
use crate::workplace::{self, Workplace};
use crate::{describe, exit, progress, runs};

mod order;
mod work;

pub(super) use order::Order;
use work::Work;

/// Which parts of a run are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) conform: bool,
    pub(super) bench: bool,
}

pub(super) fn run(args: &RunArgs, parts: Parts) -> anyhow::Result<u8> {
    let began = Instant::now();
    let settings = Settings::load(&args.settings)?;
    let order = Order::of(args, parts, &settings)?;
    let host = workplace::enter()?;
    if args.dry_run {
        return dry_run::run(&order, &host);
    }
    let drivers = &args.subjects.drivers;
    let (place, selection) = Workplace::with_subjects(&args.work, drivers, order.backing, &host)?;
    // Before the records: a run whose image cannot be had is none, and must not become the newest.
    let images = if parts.bench {
        let (name, dir) = (order.image(), place.dir());
        Some(Pair::open(name, args.seed, dir, &args.registry)?)
    } else {
        None
    };
    let out = &args.output.out;
    let mut records = Records::create(out, &runs::stem(&host, place.dir()))?;
    let image_facts = images.as_ref().map(Pair::facts).unwrap_or_default();
    let asked = order.asked(image_facts)?;
    describe::begin(asked, &host, &place, &selection, &mut records)?;
    let work = Work {
        order: &order,
        host: &host,
        place: &place,
        selection: &selection,
        images: images.as_ref(),
        began,
    };
    let outcome = work.run(&mut records);
    let ended = ending::end(outcome, place, began, &mut records)?;
    let format = args.print.wanted();
    progress::document(&ended.documents.in_format(format, records.results()))?;
    ending::tell(out, &records);
    if ended.interrupted {
        return Ok(exit::INTERRUPTED);
    }
    let failed = records
        .results()
        .cases
        .iter()
        .any(|case| matches!(case.outcome, Outcome::Fail | Outcome::Broken));
    Ok(match (failed, ended.outcome) {
        (true, _) => exit::FAILED,
        (false, false) => exit::OS,
        (false, true) => exit::OK,
    })
}
