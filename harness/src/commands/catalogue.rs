//! `layerbench catalogue`: the page of every case, with the answers of a run if one is named.

use crate::cli::CatalogueArgs;
use crate::{catalogue, exit, progress};

pub(super) fn run(args: &CatalogueArgs) -> anyhow::Result<u8> {
    let results = args
        .records
        .as_deref()
        .map(super::report::read)
        .transpose()?;
    progress::document(&catalogue::page(
        results.as_ref().map(|(_, results)| results),
    ))?;
    Ok(exit::OK)
}
