//! Sixteen workers that create, write, rename, unlink, chmod, list, stat and append at once find afterwards exactly what they did.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;

use drivers::error::Attempt as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check::{self, Checked};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::live;
use crate::oracle::op::{Op, chmod, dir, file, mtime, remove, rename, write};
use crate::together::together;

/// The promise.
pub const CASE: Case = Case {
    name: "storm_loses_nothing",
    promise: "Sixteen workers that create, write, rename, unlink, chmod, list, stat and append at once find afterwards exactly what they did.",
    why: "Builds and databases do all of it at once; a lost update there shows weeks later.",
    origin: "xfstests overlay/019 (fsstress); fuse-overlayfs stress tests",
    covers: &["CC2"],
    level: Level::Must,
    theme: Theme::Concurrency,
    capability: None,
    broken_by: &[Fault::Lie(&lies::RENAME_DOES_NOTHING), Fault::WritesLost],
    run,
};

const WORKERS: usize = 16;
const STEPS: usize = 32;
const LOWER_FILES: usize = 6;
const FIXED: &str = "the same for all, always\n";

fn run(context: &mut Context<'_>) -> Verdict {
    let mut ops = vec![
        dir("shared"),
        file("shared/log", "begin\n"),
        file("shared/fixed", FIXED),
    ];
    for worker in 0..WORKERS {
        ops.push(dir(format!("w{worker}")));
        ops.extend(
            (0..LOWER_FILES).map(|n| file(format!("w{worker}/low{n}"), vec![b'l'; 3000 + n])),
        );
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let outcomes = together(WORKERS, |number| Worker::new(number).work(&container))?;
    let done = outcomes.into_iter().collect::<Result<Vec<_>, Stop>>()?;
    // No line of the log is lost or torn.
    let mut lines: Vec<String> = String::from_utf8_lossy(&container.read("shared/log")?)
        .lines()
        .map(str::to_owned)
        .collect();
    let mut wanted: Vec<String> = done.iter().flat_map(|(_, lines)| lines.clone()).collect();
    wanted.push("begin".to_owned());
    lines.sort();
    wanted.sort();
    check::same("the log's lines", wanted, lines)?;
    for (ops, _) in &done {
        container.predict(ops)?;
    }
    // Two copies of siblings at once may leave the time of the directory above, which each would put back: overlayfs
    // looks at it and restores it without a lock over both. That is not what this case is about.
    container.apply(&[remove("shared/log"), mtime("", 1_700_000_000, 0)])?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

/// One worker: its own directory and its own names in the shared one, so that the outcome does not depend on the order.
struct Worker {
    number: usize,
    random: rand::rngs::ChaCha8Rng,
    names: Vec<String>,
    made: usize,
    ops: Vec<Op>,
    lines: Vec<String>,
}

impl Worker {
    fn new(number: usize) -> Self {
        Self {
            number,
            random: rand::rngs::ChaCha8Rng::seed_from_u64(4711 + number as u64),
            names: (0..LOWER_FILES)
                .map(|n| format!("w{number}/low{n}"))
                .collect(),
            made: 0,
            ops: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn work(mut self, container: &Container) -> Result<(Vec<Op>, Vec<String>), Stop> {
        for _ in 0..STEPS {
            self.step(container)?;
        }
        Ok((self.ops, self.lines))
    }

    fn step(&mut self, container: &Container) -> Checked {
        match self.random.random_range(0..10) {
            0 | 1 => {
                let name = self.fresh();
                let size = self.random.random_range(0..5000);
                self.names.push(name.clone());
                self.apply(container, file(name, vec![b'n'; size]))
            }
            2 => {
                let name = self.any();
                let offset = self.random.random_range(0..4000);
                self.apply(container, write(name, offset, [b'w'; 700]))
            }
            3 => {
                let name = self.any();
                let mode = 0o600 | self.random.random_range(0..0o77_u32);
                self.apply(container, chmod(name, mode))
            }
            4 | 5 => {
                let (from, to) = (self.take(), self.fresh());
                self.names.push(to.clone());
                self.apply(container, rename(from, to))
            }
            6 => {
                let name = self.take();
                self.apply(container, remove(name))
            }
            7 => self.look(container),
            _ => self.append(container),
        }
    }

    fn apply(&mut self, container: &Container, op: Op) -> Checked {
        live::apply(container.root(), std::slice::from_ref(&op))?;
        self.ops.push(op);
        Ok(())
    }

    /// A line in the one file all append to.
    fn append(&mut self, container: &Container) -> Checked {
        let line = format!("worker {} line {}", self.number, self.lines.len());
        let path = container.path("shared/log");
        let mut log = File::options()
            .append(true)
            .open(&path)
            .attempt("open", &path)?;
        log.write_all(format!("{line}\n").as_bytes())
            .attempt("append to", &path)?;
        self.lines.push(line);
        Ok(())
    }

    /// Its own directory holds what it put there, and what nobody changes has not changed.
    fn look(&self, container: &Container) -> Checked {
        let own = format!("w{}", self.number);
        let wanted: BTreeSet<Vec<u8>> = self
            .names
            .iter()
            .filter_map(|name| name.strip_prefix(&format!("{own}/")))
            .map(|name| name.as_bytes().to_vec())
            .collect();
        check::same(&own, wanted, container.names(&own)?)?;
        for name in &self.names {
            check::that(container.stat(name)?.is_file(), "a file", name)?;
        }
        check::same(
            "shared/fixed",
            FIXED.as_bytes(),
            &container.read("shared/fixed")?,
        )
    }

    fn fresh(&mut self) -> String {
        self.made += 1;
        // Every third in the directory all share.
        if self.made.is_multiple_of(3) {
            format!("shared/{}-{}", self.number, self.made)
        } else {
            format!("w{}/new{}", self.number, self.made)
        }
    }

    fn any(&mut self) -> String {
        if self.names.is_empty() {
            return format!("w{}", self.number);
        }
        let index = self.random.random_range(0..self.names.len());
        self.names[index].clone()
    }

    fn take(&mut self) -> String {
        let index = self.random.random_range(0..self.names.len());
        self.names.swap_remove(index)
    }
}
