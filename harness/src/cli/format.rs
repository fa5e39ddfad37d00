//! How a command prints its result.

use clap::{Args, ValueEnum};
use reports::table::Table;

/// A way to print a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal
    #[default]
    Table,
    /// For comments and documents
    Markdown,
    /// For programs: everything
    Json,
    /// For spreadsheets (RFC 4180): one row for each thing
    Csv,
}

/// The flags of every command that prints a result.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct FormatArgs {
    /// How the result is printed [default: table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Print JSON: short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl FormatArgs {
    /// What is wanted.
    pub(crate) fn wanted(self) -> Format {
        match self.format {
            Some(format) => format,
            None if self.json => Format::Json,
            None => Format::Table,
        }
    }

    /// What is wanted where a flag of its own asks for Markdown.
    pub(crate) fn or_markdown(self, markdown: bool) -> Format {
        if markdown {
            Format::Markdown
        } else {
            self.wanted()
        }
    }
}

/// Rows of words in the format that is not the command's own.
pub(crate) fn rows(table: &Table, format: Format) -> String {
    match format {
        Format::Csv => table.csv(),
        Format::Markdown => table.markdown_of_words(),
        Format::Table | Format::Json => table.text(),
    }
}

/// A table of words.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Table {
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(|row| row.to_vec()).collect(),
    }
}
