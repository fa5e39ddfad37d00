//! git: clone, switch to another branch, merge.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use drivers::Result;
use drivers::error::Attempt as _;

use super::program::Program;
use crate::cell::Cell;
use crate::made::wrong;

/// The repository that is cloned, bare.
const SOURCE: &str = "source.git";
/// The clone.
const CLONE: &str = "clone";

/// git, told to do nothing in the background.
fn git(program: &Program, dir: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let mut line: Vec<&OsStr> = vec!["-C".as_ref(), dir.as_os_str()];
    let quiet = [
        "gc.auto=0",
        "maintenance.auto=false",
        "user.name=layerbench",
        "user.email=layerbench@localhost",
        "init.defaultBranch=main",
        "advice.detachedHead=false",
        "safe.directory=*",
        "protocol.file.allow=always",
    ];
    for setting in &quiet {
        line.extend([OsStr::new("-c"), OsStr::new(*setting)]);
    }
    line.extend(args.iter().map(OsStr::new));
    program.run(dir, &line)
}

fn name(number: u32) -> String {
    format!("src/d{}/file{number}.c", number / 20)
}

/// What a file holds on a branch: some lines of text, as source code has them.
fn text(number: u32, branch: &str) -> String {
    let mut text = String::new();
    for line in 0..40 + number % 80 {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "int f{number}_{line}(int x) {{ return x * {line} + {number}; }}"
        );
    }
    let _ = writeln!(text, "/* {branch} */");
    text
}

/// Two branches that change different files: `feature` every third, `main` another third, and each adds and deletes some.
fn history(files: u32) -> String {
    let mut stream = String::new();
    let mut put = |line: String| {
        stream.push_str(&line);
        stream.push('\n');
    };
    let who = "layerbench <layerbench@localhost> 1700000000 +0000";
    let data = |text: &str| format!("data {}\n{text}", text.len());
    put(format!(
        "commit refs/heads/main\nmark :1\ncommitter {who}\n{}",
        data("base")
    ));
    for number in 0..files {
        let path = name(number);
        put(format!(
            "M 100644 inline {path}\n{}",
            data(&text(number, "base"))
        ));
    }
    for (branch, mark, rest) in [("feature", 2, 1), ("main", 3, 2)] {
        put(format!(
            "commit refs/heads/{branch}\nmark :{mark}\ncommitter {who}\n{}\nfrom :1",
            data(branch)
        ));
        for number in (0..files).filter(|number| number % 3 == rest) {
            let path = name(number);
            if number % 10 == 7 {
                put(format!("D {path}"));
            } else {
                put(format!(
                    "M 100644 inline {path}\n{}",
                    data(&text(number, branch))
                ));
            }
        }
        for number in 0..files / 10 {
            let path = format!("{branch}/new{number}.c");
            put(format!(
                "M 100644 inline {path}\n{}",
                data(&text(number, branch))
            ));
        }
    }
    stream
}

/// The files of the clone with `main` checked out, of the first commit.
pub(super) fn names(files: u32) -> Vec<PathBuf> {
    (0..files)
        .filter(|number| number % 3 != 2 || number % 10 != 7)
        .map(|number| Path::new(CLONE).join(name(number)))
        .collect()
}

/// Makes the bare repository.
pub(super) fn source(program: &Program, dir: &Path, files: u32) -> Result<()> {
    git(program, dir, &["init", "-q", "--bare", SOURCE])?;
    let stream = dir.join("history");
    std::fs::write(&stream, history(files)).attempt("write", &stream)?;
    // fast-import reads its standard input; an alias for the shell gives it the file. HOME is the repository.
    let import = "alias.layerbench-import=!git fast-import --quiet < \"$HOME/../history\"";
    let at = dir.join(SOURCE);
    let line = ["-c", import, "layerbench-import"];
    git(program, &at, &line)?;
    std::fs::remove_file(&stream).attempt("remove", &stream)
}

/// Makes the bare repository and a clone of it with `main` checked out.
pub(super) fn cloned(program: &Program, dir: &Path, files: u32) -> Result<()> {
    source(program, dir, files)?;
    clone(program, dir)
}

/// As from another machine: objects are packed, sent, checked and written.
fn clone(program: &Program, dir: &Path) -> Result<()> {
    let line = ["clone", "-q", "--no-local", SOURCE, CLONE];
    git(program, dir, &line).map(drop)
}

/// What is timed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A clone, with `main` checked out.
    Clone,
    /// Switching from `main` to `feature`.
    Checkout,
    /// Merging `feature` into `main`.
    Merge,
}

impl Step {
    /// Its phase.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Clone => "git-clone",
            Self::Checkout => "git-checkout",
            Self::Merge => "git-merge",
        }
    }

    fn act(self, program: &Program, dir: &Path) -> Result<()> {
        let line: &[&str] = match self {
            Self::Clone => return clone(program, dir),
            Self::Checkout => &["checkout", "-q", "feature"],
            Self::Merge => &["merge", "-q", "-m", "merge", "origin/feature"],
        };
        git(program, &dir.join(CLONE), line).map(drop)
    }

    /// What the files are like afterwards.
    fn leaves(self) -> &'static str {
        match self {
            Self::Clone => "main",
            Self::Checkout => "feature",
            Self::Merge => "merged",
        }
    }
}

/// Times a step, and checks what it left.
pub(super) fn time(cell: &mut Cell<'_>, program: &Program, dir: &Path, step: Step) -> Result<()> {
    let files = cell.scale.tools.tools_repository_files;
    let environment = cell.environment;
    cell.recorder.time_until_durable(
        step.name(),
        || step.act(program, dir),
        || environment.sync(),
    )?;
    check(program, dir, files, step.leaves())
}

/// Every file holds what it should on this branch, and git finds nothing changed.
fn check(program: &Program, dir: &Path, files: u32, branch: &str) -> Result<()> {
    let at = dir.join(CLONE);
    for number in 0..files {
        let of = match number % 3 {
            1 if branch != "main" => "feature",
            2 if branch != "feature" => "main",
            _ => "base",
        };
        let path = at.join(name(number));
        let expected = (of == "base" || number % 10 != 7).then(|| text(number, of));
        let found = std::fs::read_to_string(&path).ok();
        if found != expected {
            return Err(wrong(&path, format!("it is not as on {branch}")));
        }
    }
    let changed = git(program, &at, &["status", "--porcelain"])?;
    if changed.is_empty() {
        return Ok(());
    }
    let first = String::from_utf8_lossy(&changed);
    let first = first.lines().next().unwrap_or_default().to_owned();
    Err(wrong(&at, format!("git finds changes: {first}")))
}
