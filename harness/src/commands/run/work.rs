//! The work of a run, between the first of its records and the last: the suite is asked, calls are counted, rounds measured.

use std::time::Instant;

use drivers::Host;

use super::Order;
use crate::between::Between;
use crate::cli::Counts;
use crate::commands::image::Pair;
use crate::records::Records;
use crate::rounds::earlier::{self, Like};
use crate::stores::Stores;
use crate::subjects::Selection;
use crate::workplace::Workplace;
use crate::{bench, conform, counting, describe, interrupt, noise, rounds, subjects};

/// What the work is done with.
pub(super) struct Work<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) host: &'a Host,
    pub(super) place: &'a Workplace,
    pub(super) selection: &'a Selection,
    /// None where nothing is measured.
    pub(super) images: Option<&'a Pair>,
    /// When the run began.
    pub(super) began: Instant,
}

impl Work<'_> {
    /// Does it. Whether all that was begun came to its end.
    pub(super) fn run(&self, records: &mut Records) -> anyhow::Result<bool> {
        self.ask(records)?;
        let Some(images) = self.images.filter(|_| !interrupt::requested()) else {
            return Ok(true);
        };
        let counts = self.order.counts();
        if counts != Counts::No {
            self.count(images, records)?;
        }
        self.measure(images, counts, records)
    }

    fn ask(&self, records: &mut Records) -> anyhow::Result<()> {
        let cases = &self.order.cases;
        if cases.is_empty() {
            return Ok(());
        }
        let suite = conform::Suite {
            cases,
            case_limit: conform::case_limit(),
            time: self
                .order
                .profile
                .conformance
                .filter(|_| self.order.args.cases.is_empty()),
        };
        conform::run(suite, &self.selection.ready, self.place, self.host, records)
    }

    fn count(&self, images: &Pair, records: &mut Records) -> anyhow::Result<()> {
        let args = self.order.args;
        let pass = counting::Pass {
            workloads: &self.order.workloads,
            image: &images.first,
            second_image: images.second.as_ref(),
            scale: &self.order.profile.scale,
            limits: args.limits.limits(),
            seed: args.seed,
            work: self.place.directory("counted")?,
            size: args.work.size.as_u64(),
            // The rounds are what a budget is for.
            limit: self.order.wish.budget.map(|budget| budget / 4),
        };
        let mut planned = self.selection.ready.clone();
        planned.extend(subjects::companions(&self.selection.ready));
        counting::run(&pass, &planned, self.host, records)
    }

    fn measure(
        &self,
        images: &Pair,
        counts: Counts,
        records: &mut Records,
    ) -> anyhow::Result<bool> {
        let (order, args, place) = (self.order, self.order.args, self.place);
        let cells = bench::Plan {
            image: &images.first,
            second_image: images.second.as_ref(),
            scale: order.profile.scale.clone(),
            limits: args.limits.limits(),
            seed: args.seed,
            began: self.began,
            scratch: &place.directory("scratch")?,
            watch: noise::Watch::new(place.dir(), order.settings.noise),
            run: place.dir(),
            may_drop_caches: self.host.root && !self.host.user_namespace,
            between: Between::new(order.between),
        };
        let earlier = earlier::find(&args.output.out, &Like::of(records.results()));
        let mut stores = Stores::open(place, self.host, self.selection, args.seed)?;
        let mut in_rounds = || -> anyhow::Result<bool> {
            describe::all(&stores, records)?;
            if counts == Counts::Only {
                return Ok(true);
            }
            let all_well = rounds::run(
                &order.wish,
                earlier.as_ref(),
                &order.workloads,
                &cells,
                &mut stores,
                records,
            )?;
            // Facts grow while a driver works (a fall-back taken): the last word counts.
            describe::all(&stores, records)?;
            Ok(all_well)
        };
        let measured = in_rounds();
        // Closed whatever came of it.
        let closed = stores.close();
        measured.and_then(|all_well| closed.map(|()| all_well))
    }
}
