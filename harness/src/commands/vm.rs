//! `layerbench vm`: prepares guests, and runs this program in one.

use std::fmt::Write as _;

use crate::cli::{Accelerator, FetchArgs, VmArgs, VmCommand, VmPrepareArgs, VmRunArgs};
use crate::vm::{self, Accel, Cache, Ended, Fetching, Guest, Launch, Readiness};
use crate::{exit, interrupt, progress};

pub(super) fn run(command: &VmCommand) -> anyhow::Result<u8> {
    if !cfg!(target_arch = "x86_64") {
        return Err(exit::coded(
            exit::MISSING,
            "guests are x86-64 and are prepared on x86-64 hosts only",
        ));
    }
    interrupt::install()?;
    match command {
        VmCommand::List(args) => list(args),
        VmCommand::Prepare(args) => prepare(args),
        VmCommand::Run(args) => in_guest(args),
    }
}

fn list(args: &VmArgs) -> anyhow::Result<u8> {
    let mut text = String::new();
    for guest in vm::ALL {
        let root = args.cache.as_deref();
        if !Cache::exists(root, *guest) {
            let state = Readiness::Nothing.word();
            writeln!(text, "{:14}{} ({state})", guest.name, guest.summary)?;
            continue;
        }
        let state = match Cache::open(root, *guest, false) {
            Ok(cache) => {
                let state = vm::readiness(&cache, *guest).word();
                format!("{state}, {}", cache.dir().display())
            }
            Err(error) => format!("{error:#}"),
        };
        writeln!(text, "{:14}{} ({state})", guest.name, guest.summary)?;
    }
    progress::document(&text)?;
    Ok(exit::OK)
}

fn fetching<'a>(args: &'a FetchArgs, again: bool) -> Fetching<'a> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Fetching {
        mirror: args.mirror.as_deref(),
        again,
        jobs: args.jobs.map_or(processors, usize::from),
    }
}

fn prepare(args: &VmPrepareArgs) -> anyhow::Result<u8> {
    let guests: Vec<Guest> = if args.guests.is_empty() {
        vm::ALL.to_vec()
    } else {
        let found: anyhow::Result<_> = args.guests.iter().map(|name| vm::find(name)).collect();
        found?
    };
    for guest in guests {
        let cache = Cache::open(args.place.cache.as_deref(), guest, true)?;
        vm::prepare(&cache, guest, fetching(&args.fetch, args.again))?;
    }
    Ok(exit::OK)
}

fn in_guest(args: &VmRunArgs) -> anyhow::Result<u8> {
    let guest = vm::find(&args.kernel)?;
    let root = args.place.cache.as_deref();
    let mut cache = Cache::open(root, guest, false)?;
    if vm::readiness(&cache, guest) != Readiness::Ready {
        drop(cache);
        cache = Cache::open(root, guest, true)?;
        vm::prepare(&cache, guest, fetching(&args.fetch, false))?;
        drop(cache);
        cache = Cache::open(root, guest, false)?;
    }
    let brought = vm::launch(
        &cache,
        &Launch {
            arguments: &args.arguments,
            work: &args.work,
            accel: match args.accel {
                Accelerator::Auto => None,
                Accelerator::Kvm => Some(Accel::Kvm),
                Accelerator::Tcg => Some(Accel::Tcg),
            },
            cpus: args.cpus,
            memory_mib: args.memory.as_u64() >> 20,
            limit: args.timeout,
        },
    )?;
    let kept = vm::keep(&brought, &args.out)?;
    progress::document(&String::from_utf8_lossy(&brought.output))?;
    if let Some((dir, results)) = &kept {
        super::report::write(results, dir)?;
        progress::say(&format!(
            "layerbench: wrote {} (run {}, in the guest {})",
            args.out.join("report.html").display(),
            results.run.id,
            guest.name
        ));
    }
    let so_far = match &kept {
        Some(_) => "what it had recorded is kept",
        None => "it had recorded nothing",
    };
    let lost = |why: String, what_to_do: &str| {
        progress::say(&brought.last_lines);
        exit::coded(exit::OS, format!("{why}; {so_far}; {what_to_do}"))
    };
    match brought.ended {
        Ended::Status(code) => Ok(code),
        Ended::Interrupted => Ok(exit::INTERRUPTED),
        Ended::Late => Err(lost(
            format!(
                "the guest {} was ended after {} s",
                guest.name,
                args.timeout.as_secs()
            ),
            "--timeout TIME gives it more, and fewer cases (--case, --theme) need less",
        )),
        Ended::Full => Err(lost(
            format!(
                "the guest {} was ended: the disk of {}, which its own lies on, is full",
                guest.name,
                args.work.display()
            ),
            "--work DIR names another place, and --size in the guest makes smaller stores",
        )),
        Ended::Lost => Err(lost(
            format!("the guest {} ended without an answer", guest.name),
            "its console's last lines are above: more --memory, or layerbench vm prepare --again, may help",
        )),
    }
}
