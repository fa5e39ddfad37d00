//! `layerbench catalogue`: the page of every case, with the answers of the runs that are named.

use crate::catalogue::{self, Answers};
use crate::cli::CatalogueArgs;
use crate::{exit, progress};

pub(super) fn run(args: &CatalogueArgs) -> anyhow::Result<u8> {
    let runs = args
        .records
        .iter()
        .map(|run| Ok(super::report::read_in(run, &args.within.root)?.1))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let answers = Answers::of(runs)?;
    progress::document(&catalogue::page(answers.as_ref()))?;
    Ok(exit::OK)
}
