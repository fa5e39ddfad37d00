//! What the command line takes from variables: one that is set to nothing counts as not set, as files of CI write it; and
//! a value that means nothing is told with the variable it came from.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _};

use super::Cli;

/// The command line of this process.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    let value = |name: &OsStr| std::env::var_os(name);
    let mut command = without_empty(Cli::command(), &value);
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The definition without the variables that are set to nothing.
fn without_empty(command: Command, value: &dyn Fn(&OsStr) -> Option<OsString>) -> Command {
    let command = command.mut_args(|arg| {
        let value = arg.get_env().and_then(value);
        if value.is_some_and(|value| value.is_empty()) {
            arg.env(None)
        } else {
            arg
        }
    });
    command.mut_subcommands(|below| without_empty(below, value))
}

/// Where the value came from that could not be read, if it was not the command line.
pub(crate) fn whence(error: &clap::Error) -> Option<String> {
    let line: Vec<OsString> = std::env::args_os().collect();
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let flag = flag.split([' ', '=']).next()?;
    let is_on_the_line = line.iter().any(|word| {
        let word = word.to_string_lossy();
        word == flag
            || word
                .strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='))
    });
    let variable = variable(&Cli::command(), flag).filter(|_| !is_on_the_line)?;
    std::env::var_os(&variable)?;
    Some(format!(
        "{flag} was taken from the variable {}",
        variable.display()
    ))
}

/// The variable that stands for a flag, in whichever command has it.
fn variable(command: &Command, flag: &str) -> Option<OsString> {
    let own = command.get_arguments().find(|arg| {
        let long = arg.get_long();
        long.is_some_and(|long| flag.strip_prefix("--") == Some(long)) && arg.get_env().is_some()
    });
    own.and_then(Arg::get_env).map(OsStr::to_owned).or_else(|| {
        let mut below = command.get_subcommands();
        below.find_map(|command| variable(command, flag))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_set_to_nothing_is_not_set() {
        let empty = |_: &OsStr| Some(OsString::new());
        let command = without_empty(Cli::command(), &empty);
        assert_eq!(left(&command), 0);
        assert!(left(&without_empty(Cli::command(), &|_| None)) > 10);
    }

    fn left(command: &Command) -> usize {
        let own = command
            .get_arguments()
            .filter(|arg| arg.get_env().is_some());
        own.count() + command.get_subcommands().map(left).sum::<usize>()
    }

    #[test]
    fn the_variable_of_a_flag_is_found() {
        let of = |flag| variable(&Cli::command(), flag);
        assert_eq!(of("--seed"), Some("LAYERBENCH_SEED".into()));
        assert_eq!(of("--in"), Some("LAYERBENCH_OUT".into()));
        assert_eq!(of("--case"), None);
    }
}
