//! What the documents say of the command line is true: every line in them that calls the program is understood by it, and
//! every flag and variable of the program is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory as _};

use super::Cli;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every document of the repository, by its path; the sites that were made from runs are none.
fn documents() -> Vec<(PathBuf, String)> {
    let mut open = vec![root().join("docs")];
    let mut files = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("published") {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                files.push(path);
            }
        }
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    files.into_iter().map(read).collect()
}

/// The pieces of a document that are code: what stands between back ticks, and lines of indented blocks.
fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(block) = line.strip_prefix("    ") {
            found.push(block.trim().to_owned());
        }
        found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// The words behind the program's name, as a shell takes them, up to where another command begins.
fn words(code: &str) -> Option<Vec<String>> {
    let line = code.strip_prefix("layerbench ")?;
    let mut words = Vec::new();
    let (mut word, mut quote, mut is_word) = (String::new(), None, false);
    for c in line.chars().chain([' ']) {
        match (c, quote) {
            ('\'' | '"', None) => (quote, is_word) = (Some(c), true),
            (c, Some(end)) if c == end => quote = None,
            (' ', None) if is_word => {
                if matches!(word.as_str(), "#" | ">" | "|" | "&&" | "\\") {
                    return Some(words);
                }
                words.push(std::mem::take(&mut word));
                is_word = false;
            }
            (' ', None) => {}
            (c, _) => {
                word.push(c);
                is_word = true;
            }
        }
    }
    Some(words)
}

/// Whether the words are a form to be filled in: `[RUN...]`, `--rounds N`.
fn is_form(words: &[String]) -> bool {
    let is_place = |word: &String| {
        word.contains(['[', '|'])
            || word.contains("...")
            || word.chars().all(|c| c.is_ascii_uppercase())
    };
    words.iter().any(is_place)
}

/// The command that words are for, and the flags they give it.
fn meant<'a>(command: &'a Command, words: &'a [String]) -> (&'a Command, Vec<&'a str>) {
    let mut command = command;
    let own = words.iter().take_while(|word| *word != "--");
    let mut flags = Vec::new();
    for word in own {
        let word = word.trim_matches(['[', ']']);
        if let Some(flag) = word.strip_prefix("--") {
            flags.push(flag.split(['=', '[']).next().unwrap_or(flag));
        } else if let Some(below) = command.find_subcommand(word) {
            command = below;
        }
    }
    (command, flags)
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let mut seen = 0;
    for (path, text) in documents() {
        for code in code(&text) {
            let Some(words) = words(&code) else { continue };
            // A sentence of the documents, not a command.
            let first = words.first().map_or("", String::as_str);
            if first.starts_with('-') || !first.chars().all(|c| c.is_ascii_lowercase()) {
                continue;
            }
            seen += 1;
            let at = format!("{}: {code}", path.display());
            let command = Cli::command();
            assert!(command.find_subcommand(first).is_some(), "{at}");
            let (command, flags) = meant(&command, &words);
            for flag in flags {
                let mut long = command.get_arguments().filter_map(Arg::get_long);
                let is_known = long.any(|long| long == flag) || ["help", "verbose"].contains(&flag);
                assert!(is_known, "{at}: {} has no --{flag}", command.get_name());
            }
            if is_form(&words) {
                continue;
            }
            let line = std::iter::once("layerbench").chain(words.iter().map(String::as_str));
            let parsed = Cli::command().try_get_matches_from(line);
            // A command may be named without all it takes.
            let named = [
                ErrorKind::MissingRequiredArgument,
                ErrorKind::MissingSubcommand,
                ErrorKind::DisplayHelp,
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
            ];
            if let Err(error) = parsed {
                assert!(named.contains(&error.kind()), "{at}: {error}");
            }
        }
    }
    assert!(seen > 80, "{seen} commands found");
}

#[test]
fn every_flag_and_variable_is_documented() {
    let documents: String = documents()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("conformance.md"))
        .map(|(_, text)| text)
        .collect();
    // A flag is documented where it stands as a word.
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let known: BTreeSet<&str> = documents.split(ends).collect();
    let mut flags = BTreeSet::new();
    collect(&Cli::command(), &mut flags);
    let missing: Vec<&String> = flags
        .iter()
        .filter(|flag| !known.contains(flag.as_str()))
        .collect();
    assert!(missing.is_empty(), "in no document: {missing:?}");
}

fn collect(command: &Command, flags: &mut BTreeSet<String>) {
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        flags.extend(arg.get_long().map(|long| format!("--{long}")));
        let variable = arg
            .get_env()
            .map(|name| name.to_string_lossy().into_owned());
        flags.extend(variable);
    }
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        collect(below, flags);
    }
}

#[test]
fn what_the_documents_count_is_so() {
    let text = std::fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let claims = format!(
        "answers {} published statements",
        reports::claims::ALL.len()
    );
    assert!(text.contains(&claims), "docs/cli.md: {claims}");
}

/// A link to a file that is not there, from any document.
#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut seen = 0;
    for (path, text) in documents() {
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.contains(' ') {
                continue;
            }
            seen += 1;
            let there = path.parent().unwrap().join(file);
            assert!(there.exists(), "{}: {target}", path.display());
        }
    }
    assert!(seen > 40, "{seen} links found");
}
