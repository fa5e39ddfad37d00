//! The rounds of a run: the first ones tell what a round costs, then the plan is made and kept, then blocks during which
//! the machine was disturbed are measured once more.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reports::record::Block;
use reports::{Analysis, Line, precision};
use workloads::Work;

use crate::bench::{self, Ending, Place};
use crate::interrupt;
use crate::profile::LEAST_ROUNDS;
use crate::progress::{self, Progress};
use crate::records::Records;
use crate::schedule::Schedule;
use crate::stores::Stores;
use crate::workplace::Opened;

pub(crate) mod earlier;
pub(crate) mod plan;
mod renewal;
mod repeat;
pub(crate) mod words;

use earlier::Earlier;
use plan::{Learnt, Plan, Wish};

/// How often a subject may fail at a workload before it is not asked again.
const FAILURES: u32 = 2;

/// Measures. Gives whether every cell was finished, but for what a subject cannot do at all.
pub(crate) fn run(
    wish: &Wish,
    earlier: Option<&Earlier>,
    workloads: &[Work<'_>],
    cells: &bench::Plan<'_>,
    stores: &mut Stores<'_>,
    records: &mut Records,
) -> anyhow::Result<bool> {
    let subjects = stores.subjects().len();
    let mut rounds = Rounds {
        wish,
        earlier,
        workloads,
        cells,
        schedule: Schedule::new(cells.seed, subjects, workloads.len()),
        deadline: wish.budget.map(|budget| cells.began + budget),
        bar: Progress::new("measuring", 0),
        done: 0,
        costs: Vec::new(),
        last: None,
        next: 0,
        failed: BTreeMap::new(),
        all_well: true,
        records,
    };
    let outcome = rounds.measure(stores);
    rounds.bar.finish();
    let all_well = rounds.all_well;
    outcome.map(|()| all_well)
}

struct Rounds<'a> {
    wish: &'a Wish,
    /// A run on this host that says more of the spread than two rounds do.
    earlier: Option<&'a Earlier>,
    workloads: &'a [Work<'a>],
    cells: &'a bench::Plan<'a>,
    schedule: Schedule,
    /// No round is begun that would probably end after this.
    deadline: Option<Instant>,
    bar: Progress,
    /// Whole rounds measured.
    done: u32,
    /// What each round took, by workload.
    costs: Vec<Vec<Duration>>,
    /// The subject of the cell before.
    last: Option<String>,
    /// The number of the next cell.
    next: u32,
    /// How often a subject failed at a workload; for good where it cannot do it at all.
    failed: BTreeMap<(usize, usize), u32>,
    all_well: bool,
    records: &'a mut Records,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    On,
    /// Interrupted, or out of time.
    Stop,
}

impl Rounds<'_> {
    fn measure(&mut self, stores: &mut Stores<'_>) -> anyhow::Result<()> {
        let all = self.workloads.len();
        let per_round = (stores.subjects().len() * all) as u64;
        self.bar.resize(u64::from(self.wish.first()) * per_round);
        if let Some(text) = words::first(self.wish) {
            progress::say(&text);
        }
        while self.done < self.wish.first() && self.in_time() {
            if self.round(stores, all)? == Next::Stop {
                return Ok(());
            }
        }
        let plan = self.plan(stores)?;
        if self.wish.soft {
            // What was planned is kept, with room for a machine that becomes slower.
            let end = Instant::now() + Duration::from_secs_f64(1.25 * plan.seconds);
            self.deadline = self.deadline.map(|deadline| deadline.max(end));
        }
        let rest = u64::from(plan.rounds - self.done);
        let rest = rest * (stores.subjects().len() * plan.workloads) as u64;
        self.bar.resize(u64::from(self.done) * per_round + rest);
        while self.done < plan.rounds {
            if !self.in_time() {
                self.bar
                    .aside(|| words::out_of_time(self.done, plan.rounds));
                // The budget is part of what was asked for: a run that kept it is complete.
                self.records.planned_rounds(self.done)?;
                return Ok(());
            }
            if plan
                .renew
                .is_some_and(|every| self.done.is_multiple_of(every))
            {
                stores.renew()?;
                self.last = None;
            }
            if self.round(stores, plan.workloads)? == Next::Stop {
                return Ok(());
            }
        }
        self.repeat(stores, plan.rounds)
    }

    /// One round of the first `workloads` workloads.
    fn round(&mut self, stores: &Stores<'_>, workloads: usize) -> anyhow::Result<Next> {
        let number = self.done;
        let mut costs = vec![Duration::ZERO; self.workloads.len()];
        for workload in self.schedule.workloads(number) {
            if workload < workloads {
                let began = Instant::now();
                if self.block(stores, workload, number)? == Next::Stop {
                    return Ok(Next::Stop);
                }
                costs[workload] = began.elapsed();
            }
        }
        self.costs.push(costs);
        self.done += 1;
        Ok(Next::On)
    }

    /// Every subject once, at one workload.
    fn block(&mut self, stores: &Stores<'_>, workload: usize, round: u32) -> anyhow::Result<Next> {
        let what = self.workloads[workload];
        for (position, subject) in (0..).zip(self.schedule.subjects(round, workload)) {
            if interrupt::requested() {
                return Ok(Next::Stop);
            }
            let opened = &stores.subjects()[subject];
            self.bar.next(&format!(
                "round {}: {} on {}",
                round + 1,
                what.name(),
                opened.name
            ));
            let failed = self.failed.entry((subject, workload)).or_default();
            if *failed < FAILURES {
                let place = Place {
                    id: self.next,
                    round,
                    position,
                    predecessor: self.last.replace(opened.name.clone()),
                };
                self.next += 1;
                let own = what
                    .wants_a_store_of_its_own()
                    .then(|| stores.another(subject))
                    .transpose()?;
                let on = own.as_ref().unwrap_or(opened);
                let ending = bench::one_cell(self.cells, on, what, &place, self.records);
                let closed = own.map_or(Ok(()), Opened::close);
                let ending = ending?;
                closed?;
                match ending {
                    Ending::Done => {}
                    Ending::Unsupported => *failed = FAILURES,
                    Ending::Failed => {
                        *failed += 1;
                        self.all_well = false;
                    }
                }
            }
            self.bar.done();
        }
        Ok(Next::On)
    }

    /// Whether another round probably ends before the deadline. The first one also makes the fixtures, so the last one
    /// says most about the next; better to stop early than to overrun.
    fn in_time(&self) -> bool {
        let last: Duration = self.costs.last().into_iter().flatten().sum();
        self.has(last)
    }

    fn has(&self, time: Duration) -> bool {
        self.deadline.is_none_or(|deadline| {
            self.costs.is_empty() || Instant::now() + time.mul_f64(1.1) <= deadline
        })
    }

    /// Makes the plan, says it and records it.
    fn plan(&mut self, stores: &Stores<'_>) -> anyhow::Result<Plan> {
        let few = self.done < LEAST_ROUNDS;
        let earlier = self.earlier.filter(|_| few && self.wish.effect.is_none());
        let spread = match earlier {
            Some(earlier) => earlier.spread.clone(),
            None => precision::spread(&Analysis::new(self.records.results())),
        };
        let learnt = Learnt {
            done: self.done,
            costs: self
                .costs
                .last()
                .map(|costs| costs.iter().map(Duration::as_secs_f64).collect())
                .unwrap_or_default(),
            renewal: renewal::cost(stores.opening, &self.costs),
            left: self
                .deadline
                .map(|deadline| (deadline - Instant::now()).as_secs_f64()),
            spread: self
                .workloads
                .iter()
                .map(|workload| spread.get(workload.name()).copied())
                .collect(),
            earlier: earlier.map(|earlier| earlier.id.clone()),
        };
        let plan = plan::decide(self.wish, &learnt);
        let names: Vec<&str> = self.workloads.iter().map(|w| w.name()).collect();
        let words = words::Words {
            wish: self.wish,
            learnt: &learnt,
            plan: &plan,
            names: &names,
            subjects: stores.subjects().len(),
        };
        let text = words.text();
        if !text.is_empty() {
            self.bar.aside(|| progress::say(text.trim_end()));
        }
        self.records.configured("plan", words.config())?;
        self.records.planned_rounds(plan.rounds)?;
        Ok(plan)
    }

    /// Measures disturbed blocks once more.
    fn repeat(&mut self, stores: &Stores<'_>, rounds: u32) -> anyhow::Result<()> {
        let noisy = repeat::chosen(&self.records.results().cells, rounds);
        if noisy.is_empty() {
            return Ok(());
        }
        let cells = noisy.len() * stores.subjects().len();
        self.bar
            .resize((self.next as usize + cells).max(cells) as u64);
        let mut used: BTreeMap<String, u32> = BTreeMap::new();
        let (all, mut repeated) = (noisy.len(), 0);
        for noisy in noisy {
            let Some(workload) = self
                .workloads
                .iter()
                .position(|w| w.name() == noisy.workload)
            else {
                continue;
            };
            let cost = self
                .costs
                .iter()
                .map(|costs| costs[workload])
                .max()
                .unwrap_or_default();
            if !self.has(cost) {
                continue;
            }
            let number = used.entry(noisy.workload.clone()).or_insert(rounds);
            let block = Block {
                workload: noisy.workload.clone(),
                round: *number,
                repeats: noisy.round,
                flags: noisy.flags,
                counts: false,
            };
            *number += 1;
            // Said before, so that a repeat cut short is known to be one.
            self.records.push(Line::Block(block.clone()))?;
            if self.block(stores, workload, block.round)? == Next::Stop {
                return Ok(());
            }
            repeated += 1;
            let cells = &self.records.results().cells;
            if repeat::quieter(cells, &block.workload, block.round, block.repeats) {
                let counts = true;
                self.records.push(Line::Block(Block { counts, ..block }))?;
            }
        }
        let counted = self.records.results().blocks.iter();
        let counted = counted.filter(|block| block.counts).count();
        self.bar.aside(|| words::repeated(all, repeated, counted));
        Ok(())
    }
}
