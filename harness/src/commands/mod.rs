//! One file for each command.

mod before;
mod catalogue;
mod claims;
mod compare;
mod conform;
mod doctor;
mod dry_run;
mod ending;
mod exchange;
mod exec;
mod export;
mod gate;
mod history;
mod image;
mod list;
mod manual;
mod publish;
mod random;
mod report;
mod run;
mod sought;
mod sweep;
mod trend;
mod vm;

pub(crate) use report::read_results;

use crate::cli::{Cli, Command};

/// Runs the command and gives the exit code.
pub(crate) fn dispatch(cli: Cli) -> anyhow::Result<u8> {
    match cli.command {
        Command::Run(args) => run::run(
            &args,
            run::Parts {
                conform: true,
                bench: true,
            },
        ),
        Command::Conform(args) if args.is_random() => random::run(&args),
        Command::Conform(args) if args.exchange => exchange::run(&args),
        Command::Conform(args) => conform::run(&args),
        Command::Bench(args) => run::run(
            &args,
            run::Parts {
                conform: false,
                bench: true,
            },
        ),
        Command::Report(args) => report::run(&args),
        Command::History(args) => history::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Trend(args) => trend::run(&args),
        Command::Gate(args) => gate::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Catalogue(args) => catalogue::run(&args),
        Command::Claims(args) => claims::run(&args),
        Command::List(args) => list::run(&args),
        Command::Image { command } => image::run(&command),
        Command::Exec(args) => exec::run(&args),
        Command::Vm { command } => vm::run(&command),
        Command::Sweep(args) => sweep::run(&args),
        Command::Publish(args) => publish::run(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::pages(&args),
        Command::Count => crate::counting::child(),
    }
}
