//! The command line of `layerbench publish`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// Runs: an output directory, a directory of runs, a site that was published before, or single records; several are joined
    #[arg(
        value_name = "DIR",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) runs: Vec<PathBuf>,
    /// Where the site goes: a new directory, or the site published there before, which becomes this one
    #[arg(long, value_name = "SITE", default_value = "layerbench-site")]
    pub(crate) out: PathBuf,
    /// What the site is called
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "layerbench: published runs"
    )]
    pub(crate) title: String,
    /// Where it will be: with it, the feed has whole links
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) url: Option<String>,
    /// The most comparisons of two runs, the newest first
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) pairs: usize,
    /// Another word that is not to be published; repeat for several
    #[arg(long = "redact", value_name = "WORD", conflicts_with = "no_redact", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) words: Vec<String>,
    /// Publish host names, user names and paths where records hold them
    #[arg(long)]
    pub(crate) no_redact: bool,
}

/// An address of a directory, with its last slash.
fn url(text: &str) -> Result<String, String> {
    let is_web = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    });
    let is_plain = text.chars().all(|c| c.is_ascii_graphic()) && !text.contains(['?', '#']);
    if !is_web || !is_plain {
        return Err("it is no address of a directory such as https://example.org/runs/".to_owned());
    }
    Ok(format!("{}/", text.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_with_a_slash() {
        for text in ["https://e.org/a", "https://e.org/a/"] {
            assert_eq!(url(text).unwrap(), "https://e.org/a/");
        }
        for bad in [
            "",
            "e.org",
            "https://",
            "https://e.org/?a",
            "https://e.org/a b",
        ] {
            assert!(url(bad).is_err(), "{bad:?}");
        }
    }
}
