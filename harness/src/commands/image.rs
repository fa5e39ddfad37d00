//! `layerbench image`: generate and inspect; and the meaning of `--image`.

use std::path::Path;

use workloads::image::Image;

use crate::cli::{GenerateArgs, ImageCommand};
use crate::{exit, progress};

pub(super) fn run(command: &ImageCommand) -> anyhow::Result<u8> {
    match command {
        ImageCommand::Generate(args) => generate(args),
        ImageCommand::Inspect { image, json } => inspect(image, *json),
    }
}

fn generate(args: &GenerateArgs) -> anyhow::Result<u8> {
    let _ = args;
    Ok(exit::OK)
}

fn inspect(image: &str, json: bool) -> anyhow::Result<u8> {
    let _ = (image, json);
    progress::document("")?;
    Ok(exit::OK)
}

/// Opens what `--image` names: a preset, generated into `dir`, or a path with an optional reference.
pub(super) fn resolve(name: &str, seed: u64, dir: &Path) -> anyhow::Result<Image> {
    let _ = (name, seed, dir);
    Err(exit::coded(exit::NO_INPUT, "not yet"))
}
