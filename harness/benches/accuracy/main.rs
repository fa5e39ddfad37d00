//! What layerbench's numbers are worth; docs/measuring.md quotes the outcome.
//!
//! `cargo bench -p layerbench --bench accuracy` measures all **statements** (more than an hour on an idle machine), `-- fio`,
//! `-- repeat`, `-- sensitivity` one part, `-- fio --job=random-write` one job of it, `-- --quick` fewer rounds of each. A statement *holds*, *does not hold*, or is *open*:
//! its interval has values on both sides. Exit codes: 0 all hold, 1 one does not, 3 one is open, 2 it could not be measured.
//! What layerbench itself costs is measured by the bench `overhead`.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark talks to its user"
)]

mod fio;
mod repeat;
mod sensitivity;
mod session;
mod statement;

use std::path::Path;

use drivers::sandbox::Run;
use drivers::{Error, ErrorKind, Host, Result};

use statement::{Answer, Statement};

/// What the parts share.
pub(crate) struct Bench {
    pub(crate) run: Run,
    pub(crate) host: Host,
    pub(crate) quick: bool,
    /// The only job that is compared with fio.
    pub(crate) job: Option<String>,
}

type Part = (&'static str, fn(&Bench) -> Result<Vec<Statement>>);

const PARTS: [Part; 3] = [
    ("fio", fio::run),
    ("repeat", repeat::run),
    ("sensitivity", sensitivity::run),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match bench(&args) {
        Ok(answer) => std::process::exit(match answer {
            Answer::Holds => 0,
            Answer::Fails => 1,
            Answer::Open => 3,
        }),
        Err(error) => {
            say(&error.to_string());
            std::process::exit(2);
        }
    }
}

/// Measures, prints, and gives the worst answer.
fn bench(args: &[String]) -> Result<Answer> {
    // Cargo adds --bench; without it this is a test run, which only has to show that it starts.
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    if !flag("--bench") {
        println!("accuracy: run it by cargo bench");
        return Ok(Answer::Holds);
    }
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let chosen: Vec<&Part> = PARTS
        .iter()
        .filter(|(name, _)| {
            filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
        })
        .collect();
    if chosen.is_empty() {
        let known: Vec<_> = PARTS.iter().map(|(name, _)| *name).collect();
        return Err(Error::new(ErrorKind::BadInput, "choose what to measure")
            .because(format!("the parts are {}", known.join(", "))));
    }
    drivers::sandbox::enter()?;
    let host = Host::detect();
    if !host.root || host.user_namespace {
        return Err(
            Error::new(ErrorKind::PermissionDenied, "measure on an ext4 of its own")
                .because("loop devices need root"),
        );
    }
    let bench = Bench {
        run: Run::create(Path::new("/var/tmp/layerbench-bench"))?,
        host,
        quick: flag("--quick"),
        job: args
            .iter()
            .find_map(|arg| arg.strip_prefix("--job="))
            .map(str::to_owned),
    };
    println!("{}\n", environment(&bench.host));
    println!("{}", Statement::head());
    let mut all = Vec::new();
    for (name, run) in chosen {
        say(&format!("measuring {name}"));
        for statement in run(&bench)? {
            println!("{}", statement.row());
            all.push(statement.answer);
        }
    }
    println!("\nLoad average at the end: {}.", load());
    bench.run.close()?;
    Ok(all.into_iter().max().unwrap_or(Answer::Open))
}

/// One line about the machine and the day.
fn environment(host: &Host) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let cpu = cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == "model name")
        .map_or("unknown processor", |(_, value)| value.trim());
    format!(
        "{}, Linux {}, {cpu}, {} processors, ext4 on a loop device with direct I/O over a sparse file (compared with fio: one in memory), load average at start {}.",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        host.kernel,
        std::thread::available_parallelism().map_or(1, usize::from),
        load(),
    )
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = text.split_whitespace().take(3).collect();
    load.join(" ")
}

/// A line of progress.
pub(crate) fn say(line: &str) {
    eprintln!("accuracy: {line}");
}
