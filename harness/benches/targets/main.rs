//! The numbers layerbench's own speed is held to; docs/measuring.md and docs/performance.md quote them.
//!
//! `cargo bench -p layerbench --bench targets` (under three minutes on an idle machine) measures the parts apply, pull and
//! cycle; `-- NAME...` the parts of these names, also those that take longer or need other tools (peers, engines, memory,
//! curves, live, changes: scripts/speed.sh); `-- --quick` runs fewer blocks, `-- --once` one, to see that it works. Ours and the **yardstick** are **arms** that take turns in **blocks**; the ratio
//! is that of docs/measuring.md, within blocks. A target is *met* when the whole interval is at or below it, *not met* when
//! all of it is above, else *undecided*.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark talks to its user"
)]

mod apply;
mod blocks;
mod changes;
mod curves;
mod cycle;
mod engines;
mod live;
mod memory;
mod peers;
mod pull;
mod stream;
mod table;
mod tools;

use std::path::Path;

use drivers::sandbox::{Ground, Run};
use drivers::{Backing, Driver, Error, ErrorKind, Host, Result};
use workloads::image::generate::{self, Preset};
use workloads::image::{Image, OpenOptions};

/// What the parts share.
pub(crate) struct Bench {
    pub(crate) run: Run,
    pub(crate) host: Host,
    quick: bool,
    once: bool,
}

impl Bench {
    /// How many blocks to run of those a full run has. Six are the least that have a 95 % interval.
    fn blocks(&self, full: u32) -> u32 {
        match (self.once, self.quick) {
            (true, _) => 1,
            (false, true) => full.min(6),
            (false, false) => full,
        }
    }

    /// Prints what a long part has so far.
    #[expect(clippy::unused_self, reason = "reads as something the benchmark does")]
    fn say(&self, lines: &[String]) {
        println!("{}", lines.join("\n"));
    }

    /// The built-in image.
    fn image(&self) -> Result<Image> {
        let dir = self.run.dir().join("image");
        if !dir.exists() {
            generate::write(&Preset::Default.spec(), &dir)?;
        }
        Image::open(&dir, &OpenOptions::default())
    }

    /// A store of its own, large enough for a million files.
    fn ground(&self, name: &str, backing: Backing) -> Result<Ground> {
        Ground::create(&self.run, name, backing, 24 << 30, &self.host)
    }

    /// A driver on a store, whose commits wait for no disk where that can be told.
    fn open(&self, driver: &str, ground: &Ground) -> Result<Box<dyn Driver>> {
        let backend = drivers::backend(driver)?;
        let told = backend.options().iter().any(|option| option.name == "sync");
        let unsynced = told.then(|| ("sync".to_owned(), "never".to_owned()));
        backend.open(
            ground.root(),
            &drivers::Options(unsynced.into_iter().collect()),
        )
    }

    /// overlay2 on an ext4 of its own. Commits do not wait for the disk: what they are compared with does not either.
    fn overlay2(&self, name: &str) -> Result<(Ground, Box<dyn Driver>)> {
        let ground = Ground::create(&self.run, name, Backing::Ext4, 4 << 30, &self.host)?;
        let unsynced = [("sync".to_owned(), "never".to_owned())];
        let options = drivers::Options(unsynced.into());
        let driver = drivers::backend("overlay2")?.open(ground.root(), &options)?;
        Ok((ground, driver))
    }
}

/// Part, what measures it, and whether it is measured unasked.
type Part = (&'static str, fn(&Bench) -> Result<Vec<String>>, bool);

const PARTS: [Part; 9] = [
    ("apply", apply::run, true),
    ("pull", pull::run, true),
    ("cycle", cycle::run, true),
    ("peers", peers::run, false),
    ("engines", engines::run, false),
    ("memory", memory::run, false),
    ("curves", curves::run, false),
    ("live", live::run, false),
    ("changes", changes::run, false),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, rest @ ..] = &args[..]
        && first == memory::CHILD
    {
        if let Err(error) = memory::child(rest) {
            eprintln!("targets: {error}");
            std::process::exit(1);
        }
        return;
    }
    if let Err(error) = bench(&args) {
        eprintln!("targets: {error}");
        std::process::exit(1);
    }
}

fn bench(args: &[String]) -> Result<()> {
    // Cargo adds --bench; without it this is a test run, which only has to show that it works.
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let unknown = filters
        .iter()
        .find(|filter| !PARTS.iter().any(|(name, ..)| name == *filter));
    if let Some(unknown) = unknown {
        let names: Vec<&str> = PARTS.iter().map(|(name, ..)| *name).collect();
        return Err(Error::new(ErrorKind::BadInput, "choose a part")
            .because(format!("{unknown} is none of {}", names.join(", "))));
    }
    let chosen = PARTS.iter().filter(|(name, _, unasked)| {
        filters.is_empty() && *unasked || filters.iter().any(|filter| name == filter)
    });
    let once = flag("--once") || !flag("--bench");
    let quick = once || flag("--quick");
    drivers::sandbox::enter()?;
    let host = Host::detect();
    if !host.root || host.user_namespace {
        return Err(
            Error::new(ErrorKind::PermissionDenied, "measure on an ext4 of its own")
                .because("loop devices need root"),
        );
    }
    println!("{}\n", environment(&host));
    let bench = Bench {
        run: Run::create(Path::new("/var/tmp/layerbench-bench"))?,
        host,
        quick,
        once,
    };
    for (name, run, _) in chosen {
        eprintln!("targets: measuring {name}");
        println!("{}\n", run(&bench)?.join("\n"));
    }
    bench.run.close()
}

/// One line about the machine.
fn environment(host: &Host) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let cpu = cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == "model name")
        .map_or("unknown processor", |(_, value)| value.trim());
    let load: Vec<String> = read("/proc/loadavg")
        .split_whitespace()
        .take(3)
        .map(str::to_owned)
        .collect();
    format!(
        "Linux {}, {cpu}, {} processors, ext4 on a loop device with direct I/O over a sparse file, load average at start {}.",
        host.kernel,
        std::thread::available_parallelism().map_or(1, usize::from),
        load.join(" "),
    )
}
