//! Workload `tools`: git, a C compiler and dpkg at work on every target: `layer-new`, `layer-lower`, `volume`, `hostdir`
//! ([`crate::target`]).
//!
//! It predicts: a CI job in a container (clone, switch, merge, compile), `apt-get install` in a Dockerfile or at a
//! container's start, `apt-get upgrade` over a package that came with the image. These are real programs, started and ended
//! on the clock, because that is what a user waits for; each ends with a check of all it wrote, off the clock.
//!
//! The programs are the host's, not the image's: what they read of themselves is no driver's. Repository, project and
//! packages are made by layerbench, the same every time; packages have no scripts, so that nothing of them runs. It does
//! not show the network's part of a clone or an install. Files are warm.

use std::path::Path;

use drivers::{Host, Result};

use crate::cell::Cell;
use crate::target::{self, Job};
use crate::{Reach, Workload};
use git::Step;
use package::Dpkg;
use program::Program;

mod amounts;
mod compile;
mod git;
mod package;
mod program;

pub use amounts::Amounts;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "tools",
    question: "What do git, a compiler and dpkg cost in the layer, on files of the image, and in a volume?",
    phases: &[
        (
            "git-clone",
            "git clone of a repository beside it, packed and checked as from another machine",
        ),
        (
            "git-checkout",
            "git checkout of a branch that differs in every third file",
        ),
        (
            "git-merge",
            "git merge of that branch into one that differs in another third",
        ),
        (
            "compile",
            "cc of each source of a small C project, and linking",
        ),
        (
            "package-install",
            "dpkg --install of a package into an empty root: each file is synced",
        ),
        (
            "package-upgrade",
            "dpkg --install of its next version: each file is replaced",
        ),
    ],
    reach: Reach::Full,
    run,
};

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let host = Host::detect();
    of_git(cell, &host)?;
    of_compiler(cell, &host)?;
    of_dpkg(cell, &host)
}

/// The program, or `None` and each phase noted as one that cannot be done, with what installs it.
fn found(cell: &mut Cell<'_>, phases: &[&str], program: Result<Program>) -> Option<Program> {
    match program {
        Ok(program) => Some(program),
        Err(error) => {
            for phase in phases {
                cell.recorder.cannot_once(phase, error.to_string());
            }
            None
        }
    }
}

fn of_git(cell: &mut Cell<'_>, host: &Host) -> Result<()> {
    let phases = [Step::Clone, Step::Checkout, Step::Merge].map(Step::name);
    let git = Program::find(host, "git", "git", "git");
    let Some(git) = found(cell, &phases, git) else {
        return Ok(());
    };
    let files = cell.scale.tools.tools_repository_files;
    let label = format!("tools git {files}");
    let source = |dir: &Path| git::source(&git, dir, files);
    let cloned = |dir: &Path| git::cloned(&git, dir, files);
    let jobs = [
        Job {
            name: Step::Clone.name(),
            label: format!("{label} source"),
            fill: &source,
            warm: Vec::new(),
            run: &|cell, dir| git::time(cell, &git, dir, Step::Clone),
            lower: false,
        },
        Job {
            name: Step::Checkout.name(),
            label: label.clone(),
            fill: &cloned,
            warm: git::names(files),
            run: &|cell, dir| git::time(cell, &git, dir, Step::Checkout),
            lower: true,
        },
        Job {
            name: Step::Merge.name(),
            label,
            fill: &cloned,
            warm: git::names(files),
            run: &|cell, dir| git::time(cell, &git, dir, Step::Merge),
            lower: true,
        },
    ];
    target::on_each(cell, &jobs)
}

fn of_compiler(cell: &mut Cell<'_>, host: &Host) -> Result<()> {
    let cc = Program::find(host, "cc", "gcc libc6-dev", "gcc");
    let Some(cc) = found(cell, &["compile"], cc) else {
        return Ok(());
    };
    let sources = cell.scale.tools.tools_sources;
    let jobs = [Job {
        name: "compile",
        label: format!("tools compile {sources}"),
        fill: &|dir| compile::fill(dir, sources),
        warm: compile::names(sources),
        run: &|cell, dir| compile::run(cell, &cc, dir, sources),
        lower: true,
    }];
    target::on_each(cell, &jobs)
}

fn of_dpkg(cell: &mut Cell<'_>, host: &Host) -> Result<()> {
    let phases = ["package-install", "package-upgrade"];
    let dpkg = Program::find(host, "dpkg", "dpkg", "dpkg");
    let deb = Program::find(host, "dpkg-deb", "dpkg", "dpkg");
    let Some(dpkg) = found(cell, &phases, dpkg) else {
        return Ok(());
    };
    let Some(deb) = found(cell, &phases, deb) else {
        return Ok(());
    };
    let dpkg = Dpkg { dpkg, deb };
    let files = cell.scale.tools.tools_package_files;
    let jobs = [
        Job {
            name: "package-install",
            label: format!("tools package {files}"),
            fill: &|dir| package::fill(&dpkg, dir, files),
            warm: Vec::new(),
            run: &|cell, dir| package::time(cell, &dpkg, dir, "package-install", 1),
            lower: false,
        },
        Job {
            name: "package-upgrade",
            label: format!("tools package installed {files}"),
            fill: &|dir| package::installed(&dpkg, dir, files),
            warm: package::names(files),
            run: &|cell, dir| package::time(cell, &dpkg, dir, "package-upgrade", 2),
            lower: true,
        },
    ];
    target::on_each(cell, &jobs)
}
