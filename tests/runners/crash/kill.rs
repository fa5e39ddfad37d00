//! A process is killed: another process does one operation, and is traced and killed before its first call that changes
//! something, before its second, and so on. Then the store is opened again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use conformance::context::matches;
use conformance::crash::{Broken, KILLED};
use conformance::oracle::live::place;
use drivers::error::Attempt as _;
use drivers::sandbox::{Run, enter};
use drivers::{
    Backing, Driver, Error, ErrorKind, Host, Item, Kind, Limits, Result, Root, mountinfo,
};
use rustix::mount::UnmountFlags;

use crate::disk::Disk;
use crate::log::Log;
use crate::place::{Asked, Place, directory};
use crate::script::{self, Cast, key};
use crate::trace::{self, Ended};

/// The first argument of a process to be killed.
pub(crate) const CHILD: &str = "--to-be-killed";

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Prepare,
    Apply,
    Commit,
    Settle,
    Mount,
    Rebase,
    RemoveContainer,
    RemoveLayer,
    /// Of a store whose last user was killed in the midst of a removal.
    Open,
}

/// An open makes a thousand calls and more, most of them to find out what the kernel can do: not each is worth two kills.
const MOST_OPENS: usize = 60;

/// The one that is half done when the store is opened.
const INTERRUPTED: &str = "remove_container";

const OPS: [(Op, &str); 9] = [
    (Op::Prepare, "prepare"),
    (Op::Apply, "apply"),
    (Op::Commit, "commit"),
    (Op::Settle, "commit_soon+settle"),
    (Op::Mount, "mount"),
    (Op::Rebase, "rebase"),
    (Op::RemoveContainer, INTERRUPTED),
    (Op::RemoveLayer, "remove_layer"),
    (Op::Open, "open"),
];

impl Op {
    /// What has to be there before, beside the image.
    fn set_up(self, driver: &dyn Driver, cast: &Cast) -> Result<()> {
        let k = key("k")?;
        match self {
            Self::Prepare => Ok(()),
            Self::Rebase => driver.prepare(&k, None, Kind::Writable),
            Self::Apply | Self::Mount => driver.prepare(&k, Some(&cast.image.id), Kind::Writable),
            Self::Commit | Self::Settle | Self::RemoveContainer | Self::Open => {
                driver.prepare(&k, Some(&cast.image.id), Kind::Writable)?;
                driver
                    .apply(&k, &mut &cast.applied.tar[..], &Limits::default())
                    .map(drop)
            }
            Self::RemoveLayer => script::pull(driver, "k", Some(&cast.image.id), &cast.applied),
        }
    }

    /// Does it. `at` is a directory to mount on.
    fn act(self, driver: &dyn Driver, cast: &Cast, at: &Path) -> Result<()> {
        let k = key("k")?;
        match self {
            Self::Prepare => driver.prepare(&k, Some(&cast.image.id), Kind::Writable),
            Self::Apply => driver
                .apply(&k, &mut &cast.applied.tar[..], &Limits::default())
                .map(drop),
            Self::Commit => driver.commit(&k, &cast.applied.id),
            Self::Settle => {
                driver.commit_soon(&k, &cast.applied.id)?;
                driver.settle()
            }
            Self::Mount => {
                let mount = driver.mount(&k, at)?;
                let path = place(at, "data/0");
                std::fs::write(&path, "written").attempt("write", &path)?;
                mount.unmount()
            }
            Self::Rebase => driver.rebase(&k, &cast.image.id),
            Self::RemoveContainer => driver.remove(Item::Container(&k)),
            Self::RemoveLayer => driver.remove(Item::Layer(&cast.applied.id)),
            Self::Open => driver.list().map(drop),
        }
    }
}

/// What is listed beside the image: the container `k`, if it stands on anything, and the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed {
    container: Option<bool>,
    layer: bool,
}

impl Listed {
    fn of(driver: &dyn Driver, cast: &Cast) -> Result<(Self, usize)> {
        let list = driver.list()?;
        let k = key("k")?;
        let container = list.iter().find(|info| info.key.as_ref() == Some(&k));
        let found = Self {
            container: container.map(|info| info.parent.is_some()),
            layer: list
                .iter()
                .any(|info| info.layer.as_ref() == Some(&cast.applied.id)),
        };
        Ok((found, list.len()))
    }
}

/// The process to be killed: opens the driver, stops until it is traced, works, and ends without closing anything.
pub(crate) fn child(arguments: &[String]) -> Result<()> {
    let [driver, backing, dir, store_file, run_id, op, at, broken] = arguments else {
        return Err(Error::new(ErrorKind::BadInput, "read the arguments"));
    };
    // Should it hang, it is killed by this.
    nix::unistd::alarm::set(120);
    enter()?;
    forget_others(&[Path::new(dir), Path::new(store_file)], Path::new(at))?;
    let spec: drivers::SubjectSpec = driver.parse()?;
    let mut asked = Asked::new(&spec)?;
    asked.broken = Broken::ALL.iter().copied().find(|how| how.name() == broken);
    let place = Root {
        dir: dir.into(),
        backing: backing.parse()?,
        store_file: (!store_file.is_empty()).then(|| store_file.into()),
        run_id: run_id.clone(),
    };
    let (op, _) = OPS
        .into_iter()
        .find(|(_, name)| name == op)
        .ok_or_else(|| Error::new(ErrorKind::BadInput, "find the operation"))?;
    if op == Op::Open {
        trace::begin()?;
        let opened = asked.open_at(&place)?;
        opened.list()?;
        return trace::leave();
    }
    let opened = asked.open_at(&place)?;
    let cast = Cast::new(&*opened)?;
    trace::begin()?;
    op.act(&*opened, &cast, Path::new(at))?;
    trace::leave()
}

/// Takes the mounts of other trials out of this process's namespace: they must end when their trials say so.
fn forget_others(own: &[&Path], at: &Path) -> Result<()> {
    let run = at.parent().unwrap_or(at);
    let mut others: Vec<_> = mountinfo::all()?
        .into_iter()
        .map(|mount| mount.point)
        .filter(|point| point.starts_with(run))
        .filter(|point| !own.iter().any(|own| own.starts_with(point)))
        .collect();
    others.sort();
    for point in others.iter().rev() {
        // Gone with another, or with its last copy.
        let _ = rustix::mount::unmount(point, UnmountFlags::DETACH);
    }
    Ok(())
}

/// How many kills each operation gets: spread over all its calls.
pub(crate) fn run(
    asked: &Asked,
    name: &str,
    run: &Run,
    host: &Host,
    kills: usize,
) -> Result<Result<String, String>> {
    // In memory: nothing here waits for a real disk.
    let disks = asked.disks(run, host, &Log::default())?;
    let files: Vec<_> = disks.iter().map(Disk::file).collect();
    let mut place = asked.place(run, &files)?;
    place.root.run_id = format!("{}-{}", run.id(), crate::place::unique());
    let at = directory(run)?;
    let driver = asked.open(&place)?;
    let cast = Cast::new(&*driver)?;
    let rebases = driver.capabilities().parallel_apply;
    script::pull(&*driver, "p", None, &cast.image)?;
    driver.close()?;
    let mut killer = Killer {
        asked,
        name,
        place: &place,
        cast: &cast,
        at,
        done: BTreeMap::new(),
        failures: Vec::new(),
    };
    // An open of a pool is its daemon's work, in a process of its own.
    let opens = asked.backing != Backing::Pool;
    for (op, word) in OPS {
        if (op != Op::Rebase || rebases) && (op != Op::Open || opens) {
            killer.each(op, word, kills)?;
        }
    }
    let (done, failures) = (killer.done, killer.failures);
    place.close()?;
    disks.into_iter().try_for_each(Disk::close)?;
    if failures.is_empty() {
        let words: Vec<_> = done
            .iter()
            .map(|(op, (kills, calls))| format!("{op} {kills} of {calls}"))
            .collect();
        let not = if opens { "" } else { "; not asked: open" };
        Ok(Ok(format!("killed in {}{not}", words.join(", "))))
    } else {
        Ok(Err(format!("{}:\n{}", KILLED.name, failures.join("\n"))))
    }
}

struct Killer<'a> {
    asked: &'a Asked,
    name: &'a str,
    place: &'a Place,
    cast: &'a Cast,
    at: PathBuf,
    done: BTreeMap<&'static str, (usize, usize)>,
    failures: Vec<String>,
}

impl Killer<'_> {
    /// Does it once to its end, to count, and then kills it.
    fn each(&mut self, op: Op, word: &'static str, kills: usize) -> Result<()> {
        let (before, after) = (self.prepare(op)?, self.spawn(word, usize::MAX)?);
        let calls = match after {
            Ended::ByItself(calls) => calls,
            Ended::Killed(_) => 0,
        };
        let whole = self.judge(op, before, None, &format!("{word}, not killed"))?;
        let kills = match op {
            Op::Open => (kills / 2).clamp(1, MOST_OPENS),
            _ => kills,
        };
        let kills = kills.min(calls);
        for number in 0..kills {
            // Spread evenly; all of them where there are no more.
            let before_call = (2 * number + 1) * calls / (2 * kills) + 1;
            let before = self.prepare(op)?;
            let ended = self.spawn(word, before_call)?;
            let words = match ended {
                Ended::Killed(call) => {
                    format!("{word}, killed before {call}, {before_call} of {calls}")
                }
                Ended::ByItself(_) => format!("{word}, ended before its call {before_call}"),
            };
            self.judge(op, before, Some(whole), &words)?;
        }
        self.done.insert(word, (kills, calls));
        Ok(())
    }

    fn prepare(&self, op: Op) -> Result<Listed> {
        let driver = self.asked.open(self.place)?;
        op.set_up(&*driver, self.cast)?;
        let (before, _) = Listed::of(&*driver, self.cast)?;
        driver.close()?;
        if op == Op::Open {
            let calls = self.done.get(INTERRUPTED).map_or(0, |(_, calls)| *calls);
            self.spawn(INTERRUPTED, calls / 2 + 1)?;
        }
        Ok(before)
    }

    fn spawn(&self, word: &str, kill_before: usize) -> Result<Ended> {
        let root = &self.place.root;
        let file = root.store_file.clone().unwrap_or_default();
        let ended = trace::run(
            &[
                CHILD.as_ref(),
                self.name.as_ref(),
                root.backing.name().as_ref(),
                root.dir.as_os_str(),
                file.as_os_str(),
                root.run_id.as_ref(),
                word.as_ref(),
                self.at.as_os_str(),
                self.asked.broken.map_or("", Broken::name).as_ref(),
            ],
            kill_before,
        )?;
        let left = trace::await_end_of(&root.run_id);
        if left.is_empty() {
            Ok(ended)
        } else {
            Err(
                Error::new(ErrorKind::TimedOut, format!("wait after {word}"))
                    .because(format!("processes {left:?} outlive the one killed")),
            )
        }
    }

    /// Opens the store: it is as before or as after, the operation can be done, and nothing is left of it. Gives what
    /// is listed when it has been done.
    fn judge(
        &mut self,
        op: Op,
        before: Listed,
        after: Option<Listed>,
        words: &str,
    ) -> Result<Listed> {
        let mut failures = Vec::new();
        let mut require = |holds: bool, what: String| {
            if !holds {
                failures.push(format!("[{words}] {what}"));
            }
        };
        let driver = self.asked.open(self.place)?;
        let (found, count) = Listed::of(&*driver, self.cast)?;
        require(
            after.is_none_or(|after| found == before || found == after),
            format!("{found:?} is listed: neither {before:?} nor {after:?}"),
        );
        let entries = self.place.entries().len();
        require(
            entries == count,
            format!("{entries} directories are left for {count} items"),
        );
        self.content(&*driver, op, found, &mut require)?;
        // Again, where it is not done.
        if after.is_some_and(|after| found != after)
            || matches!(op, Op::Apply | Op::Mount) && after.is_some()
        {
            if op == Op::Apply {
                driver.remove(Item::Container(&key("k")?))?;
                op.set_up(&*driver, self.cast)?;
            }
            let again = op.act(&*driver, self.cast, &self.at);
            require(again.is_ok(), format!("again: {again:?}"));
        }
        let (done, _) = Listed::of(&*driver, self.cast)?;
        require(
            after.is_none_or(|after| done == after),
            format!("done again, {done:?} is listed, and not {after:?}"),
        );
        self.content(&*driver, op, done, &mut require)?;
        if done.container.is_some() {
            driver.remove(Item::Container(&key("k")?))?;
        }
        if done.layer {
            driver.remove(Item::Layer(&self.cast.applied.id))?;
        }
        driver.close()?;
        self.failures.append(&mut failures);
        Ok(done)
    }

    /// What is listed is whole.
    fn content(
        &self,
        driver: &dyn Driver,
        op: Op,
        found: Listed,
        require: &mut impl FnMut(bool, String),
    ) -> Result<()> {
        let k = key("k")?;
        let mut looks = vec![(Item::Layer(&self.cast.image.id), &self.cast.image.model)];
        if found.layer {
            looks.push((Item::Layer(&self.cast.applied.id), &self.cast.applied.model));
        }
        if found.container.is_some() {
            match op {
                Op::Prepare => looks.push((Item::Container(&k), &self.cast.image.model)),
                Op::Commit | Op::Settle | Op::RemoveContainer | Op::Open => {
                    looks.push((Item::Container(&k), &self.cast.applied.model));
                }
                // What is half applied is removed by who applied it.
                Op::Apply | Op::Rebase | Op::RemoveLayer => {}
                Op::Mount => {
                    let view = driver.view(Item::Container(&k))?;
                    let path = place(view.path(), "data/0");
                    let bytes = std::fs::read(&path).attempt("read", &path)?;
                    let fine = [&[0_u8; 3000][..], b"written", b""].contains(&&bytes[..]);
                    require(fine, format!("data/0 is {} strange bytes", bytes.len()));
                    view.close()?;
                }
            }
        }
        for (item, model) in looks {
            let view = driver.view(item)?;
            let whole = matches("it", model, view.path(), driver.capabilities());
            require(
                whole.is_ok(),
                format!(
                    "{item}: {}",
                    whole.err().map_or(String::new(), |stop| stop.0.reason())
                ),
            );
            view.close()?;
        }
        Ok(())
    }
}

/// A pool takes ten times as long to open.
pub(crate) fn few(backing: Backing, kills: usize) -> usize {
    if backing == Backing::Pool {
        (kills / 6).max(1)
    } else {
        kills
    }
}
