//! `layerbench completions` and `layerbench man`: both are made of the definition of the command line, so that they are
//! never behind it.

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::{exit, progress};

/// What a shell reads, on standard output.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "layerbench", &mut script);
    progress::document(&String::from_utf8(script).context("the completions are no text")?)?;
    Ok(exit::OK)
}

/// A page for the program and one for each command.
pub(super) fn pages(args: &ManArgs) -> anyhow::Result<u8> {
    let what = || {
        format!(
            "could not write manual pages to {} (name another directory)",
            args.dir.display()
        )
    };
    std::fs::create_dir_all(&args.dir).with_context(what)?;
    clap_mangen::generate_to(Cli::command(), &args.dir).with_context(what)?;
    progress::say(&format!(
        "layerbench: wrote manual pages; man -l {} shows the first",
        args.dir.join("layerbench.1").display()
    ));
    Ok(exit::OK)
}
