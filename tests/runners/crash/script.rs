//! What is done to a driver while its disks are recorded, and the trees that come of it.

use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;

use conformance::context::legal;
use conformance::fixture::noise;
use conformance::oracle::layer::{self, Spelling};
use conformance::oracle::live::place;
use conformance::oracle::model::Model;
use conformance::oracle::op::{Op, chmod, dir, file, link, remove, symlink, xattr};
use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Item, Key, Kind, LayerId, Limits, Result};

use crate::log::{Event, Log, Mark};

/// A layer of the script, with its tree.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) id: LayerId,
    pub(crate) model: Model,
    pub(crate) tar: Vec<u8>,
}

/// The layers and names of the script.
#[derive(Debug)]
pub(crate) struct Cast {
    /// The image: there before anything is recorded.
    pub(crate) image: Layer,
    /// Applied on the image.
    pub(crate) applied: Layer,
    /// What the container `built` becomes.
    pub(crate) built: Layer,
    /// Two layers, one on the other, that wait for the disk together; on the image.
    pub(crate) soon: [Layer; 2],
    /// There before, on the image, and removed.
    pub(crate) removed: Layer,
    /// Made by whoever looks whether the store still works.
    pub(crate) later: Layer,
}

/// A name.
pub(crate) fn key(name: &str) -> Result<Key> {
    name.parse()
}

/// The same for a name, in every run.
pub(crate) fn layer_id(name: &str) -> Result<LayerId> {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(name.as_bytes());
    format!("sha256:{}", drivers::ids::hex(&digest)).parse()
}

/// Written without a sync, over bytes of the image's largest file.
pub(crate) const NEW: [u8; 4096] = [b'n'; 4096];
/// Where.
pub(crate) const NEW_AT: u64 = 8192;
/// Written and synced.
pub(crate) const LINE: &[u8] = b"a line, and then fsync\n";

impl Cast {
    /// The layers, in the spelling of what the driver can store.
    pub(crate) fn new(driver: &dyn Driver) -> Result<Self> {
        let make = |name: &'static str, below: &Model, live: bool, ops: &[Op]| {
            let mut model = below.clone();
            model
                .apply(&legal(ops, driver.capabilities()))
                .map_err(|why| Error::new(ErrorKind::BadInput, "make a model").because(why))?;
            // What a container writes has the time of the clock.
            model.live = live;
            if !live {
                layer::settle(below, &mut model);
            }
            let tar = layer::write(below, &model, Spelling::default());
            Ok::<_, Error>(Layer {
                name,
                id: layer_id(name)?,
                model,
                tar,
            })
        };
        let mut ops = vec![
            dir("etc"),
            file("etc/passwd", "root:x:0:0\n"),
            file("etc/mode", "the mode changes\n"),
            file("etc/replaced", "the old\n"),
            dir("data"),
            file("data/large", noise(1, 200 << 10)),
            file("data/first", [1; 6000]),
            link("data/first", "data/second"),
            symlink("data/link", "large"),
            file("bin", [7; 9000]),
            chmod("bin", 0o4755),
            xattr("bin", "user.note", "kept"),
        ];
        ops.extend((0..12_u8).map(|n| file(format!("data/{n}"), vec![n; 3000])));
        let image = make("image", &Model::default(), false, &ops)?;
        let mut ops = vec![
            remove("etc/replaced"),
            file("etc/passwd", "root:x:0:0\nuser:x:1:1\n"),
            dir("new"),
            file("new/large", noise(2, 150 << 10)),
            link("new/large", "new/second"),
        ];
        ops.extend((0..12_u8).map(|n| file(format!("new/{n}"), vec![n; 2500])));
        let applied = make("applied", &image.model, false, &ops)?;
        let built = make(
            "built",
            &applied.model,
            true,
            &[dir("made"), file("made/large", noise(3, 100 << 10))],
        )?;
        let below = [dir("soon"), file("soon/large", noise(6, 120 << 10))];
        let below = make("soon-below", &image.model, false, &below)?;
        let above = [
            remove("bin"),
            file("soon/above", noise(7, 90 << 10)),
            file("soon/small", [9; 700]),
        ];
        let above = make("soon-above", &below.model, false, &above)?;
        let removed = make(
            "removed",
            &image.model,
            false,
            &[file("gone", noise(4, 50 << 10))],
        )?;
        let later = make(
            "later",
            &image.model,
            false,
            &[file("later", noise(5, 20 << 10))],
        )?;
        Ok(Self {
            image,
            applied,
            built,
            soon: [below, above],
            removed,
            later,
        })
    }

    /// All that may be listed.
    pub(crate) fn layers(&self) -> [&Layer; 6] {
        let [below, above] = &self.soon;
        let [image, applied, built] = [&self.image, &self.applied, &self.built];
        [image, applied, built, below, above, &self.removed]
    }
}

/// What an operation makes or takes away, for who looks later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing that is listed.
    None,
    /// A container layer comes into being.
    Key(Key),
    /// A container layer becomes a layer.
    Layer(Key, LayerId),
    /// A container layer goes.
    NoKey(Key),
    /// A layer goes.
    NoLayer(LayerId),
    /// A file of the container `old` has been synced.
    Synced(&'static str),
    /// Everything before is durable.
    Sync,
}

/// The record of a script: its operations in order, each with its effect, and whether it makes something durable, its own
/// or, by the way, others'.
#[derive(Debug, Default)]
pub(crate) struct Steps(pub(crate) Vec<(&'static str, Effect, bool)>);

/// Runs the steps and tells the log of each.
struct Teller<'a> {
    log: &'a Log,
    steps: Steps,
}

impl Teller<'_> {
    fn step<T>(
        &mut self,
        name: &'static str,
        effect: Effect,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let number = self.steps.0.len();
        let durable = ["neighbour", "fsync", "sync", "prepare", "settle"].contains(&name);
        self.steps.0.push((name, effect, durable));
        self.log.add(|| Event::Mark(Mark::Begun(number)));
        let outcome = work()?;
        self.log.add(|| Event::Mark(Mark::Returned(number)));
        Ok(outcome)
    }
}

/// Applies and commits.
pub(crate) fn pull(
    driver: &dyn Driver,
    name: &str,
    parent: Option<&LayerId>,
    what: &Layer,
) -> Result<()> {
    let key = key(name)?;
    driver.prepare(&key, parent, Kind::Writable)?;
    driver.apply(&key, &mut &what.tar[..], &Limits::default())?;
    driver.commit(&key, &what.id)
}

/// Before anything is recorded: the image, a layer and a container to be removed, and the container `old`.
pub(crate) fn set_up(driver: &dyn Driver, cast: &Cast) -> Result<()> {
    pull(driver, "p1", None, &cast.image)?;
    pull(driver, "p2", Some(&cast.image.id), &cast.removed)?;
    for name in ["old", "removed"] {
        driver.prepare(&key(name)?, Some(&cast.image.id), Kind::Writable)?;
    }
    fs::write(driver.plain_dir().join("neighbour"), "x").attempt("write", driver.plain_dir())?;
    driver.sync()
}

/// Somebody else on the same filesystem syncs a file of theirs: a journal goes to the disk with all that is in it, and
/// with none of the data that others have not synced.
fn neighbour(driver: &dyn Driver) -> Result<()> {
    let path = driver.plain_dir().join("neighbour");
    let mut file = File::options()
        .append(true)
        .open(&path)
        .attempt("open", &path)?;
    file.write_all(b"x").attempt("write", &path)?;
    file.sync_all().attempt("sync", &path)
}

/// An archive during whose reading the neighbour syncs.
struct Disturbed<'a> {
    tar: &'a [u8],
    driver: &'a dyn Driver,
}

impl Read for Disturbed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.tar.len() % (32 << 10) < buffer.len() {
            neighbour(self.driver).map_err(std::io::Error::other)?;
        }
        let most = buffer.len().min(16 << 10);
        self.tar.read(&mut buffer[..most])
    }
}

/// The script. `points` are two directories to mount on.
pub(crate) fn run(
    driver: &dyn Driver,
    cast: &Cast,
    log: &Log,
    points: [&Path; 2],
) -> Result<Steps> {
    let mut tell = Teller {
        log,
        steps: Steps::default(),
    };
    let (pulled, built, old) = (key("pulled")?, key("built")?, key("old")?);
    let writable = Kind::Writable;
    let image = &cast.image.id;
    tell.step("prepare", Effect::Key(pulled.clone()), || {
        driver.prepare(&pulled, Some(image), writable)
    })?;
    tell.step("apply", Effect::None, || {
        let tar = &cast.applied.tar;
        let mut tar = Disturbed { tar, driver };
        driver.apply(&pulled, &mut tar, &Limits::default())
    })?;
    let effect = Effect::Layer(pulled.clone(), cast.applied.id.clone());
    tell.step("commit", effect, || {
        driver.commit(&pulled, &cast.applied.id)
    })?;
    tell.step("neighbour", Effect::None, || neighbour(driver))?;
    // Where a container begins as a snapshot, that commits a transaction, with whatever else is in it.
    let young = key("young")?;
    tell.step("prepare", Effect::Key(young.clone()), || {
        driver.prepare(&young, Some(image), writable)
    })?;
    tell.step("neighbour", Effect::None, || neighbour(driver))?;
    tell.step("prepare", Effect::Key(built.clone()), || {
        driver.prepare(&built, Some(&cast.applied.id), writable)
    })?;
    let mounts = tell.step("mount", Effect::None, || {
        Ok((
            driver.mount(&old, points[0])?,
            driver.mount(&built, points[1])?,
        ))
    })?;
    first_writes(&mut tell, points[0])?;
    tell.step("write", Effect::None, || {
        // As the model says, its times included.
        let path = place(points[1], "made");
        fs::create_dir(&path).attempt("make", &path)?;
        let path = place(points[1], "made/large");
        fs::write(&path, noise(3, 100 << 10)).attempt("write", &path)
    })?;
    tell.step("neighbour", Effect::None, || neighbour(driver))?;
    tell.step("unmount", Effect::None, || {
        mounts.0.unmount()?;
        mounts.1.unmount()
    })?;
    let effect = Effect::Layer(built.clone(), cast.built.id.clone());
    tell.step("commit", effect, || driver.commit(&built, &cast.built.id))?;
    tell.step("neighbour", Effect::None, || neighbour(driver))?;
    together(&mut tell, driver, cast)?;
    let removed = key("removed")?;
    tell.step("remove", Effect::NoKey(removed.clone()), || {
        driver.remove(Item::Container(&removed))
    })?;
    tell.step("remove", Effect::NoLayer(cast.removed.id.clone()), || {
        driver.remove(Item::Layer(&cast.removed.id))
    })?;
    tell.step("neighbour", Effect::None, || neighbour(driver))?;
    tell.step("sync", Effect::Sync, || driver.sync())?;
    tell.step("neighbour", Effect::None, || neighbour(driver))?;
    Ok(tell.steps)
}

/// A pull of two layers that wait for the disk once, at the end.
fn together(tell: &mut Teller<'_>, driver: &dyn Driver, cast: &Cast) -> Result<()> {
    let mut parent = &cast.image;
    for layer in &cast.soon {
        let key = key(layer.name)?;
        tell.step("prepare-soon", Effect::Key(key.clone()), || {
            driver.prepare(&key, Some(&parent.id), Kind::Writable)
        })?;
        tell.step("apply", Effect::None, || {
            let tar = &layer.tar;
            let mut tar = Disturbed { tar, driver };
            driver.apply(&key, &mut tar, &Limits::default())
        })?;
        let effect = Effect::Layer(key.clone(), layer.id.clone());
        tell.step("commit-soon", effect, || {
            driver.commit_soon(&key, &layer.id)
        })?;
        tell.step("neighbour", Effect::None, || neighbour(driver))?;
        parent = layer;
    }
    tell.step("settle", Effect::None, || driver.settle())?;
    tell.step("neighbour", Effect::None, || neighbour(driver))
}

/// First writes to files of the image, in the container `old`: with and without a sync.
fn first_writes(tell: &mut Teller<'_>, root: &Path) -> Result<()> {
    tell.step("copy-up", Effect::None, || {
        let path = place(root, "data/large");
        let file = File::options()
            .write(true)
            .open(&path)
            .attempt("open", &path)?;
        file.write_all_at(&NEW, NEW_AT).attempt("write", &path)
    })?;
    tell.step("chmod", Effect::None, || {
        let path = place(root, "etc/mode");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).attempt("chmod", &path)
    })?;
    tell.step("fsync", Effect::Synced("etc/passwd"), || {
        let path = place(root, "etc/passwd");
        let mut file = File::options()
            .append(true)
            .open(&path)
            .attempt("open", &path)?;
        file.write_all(LINE).attempt("write", &path)?;
        file.sync_all().attempt("sync", &path)
    })?;
    tell.step("fsync", Effect::Synced("etc/new"), || {
        let path = place(root, "etc/new");
        let mut file = File::create_new(&path).attempt("create", &path)?;
        file.write_all(LINE).attempt("write", &path)?;
        file.sync_all().attempt("sync", &path)?;
        let dir = place(root, "etc");
        File::open(&dir)
            .and_then(|dir| dir.sync_all())
            .attempt("sync", &dir)
    })?;
    tell.step("rename", Effect::None, || {
        let (new, path) = (place(root, "etc/replacement"), place(root, "etc/replaced"));
        let mut file = File::create_new(&new).attempt("create", &new)?;
        file.write_all(LINE).attempt("write", &new)?;
        file.sync_all().attempt("sync", &new)?;
        fs::rename(&new, &path).attempt("rename", &new)
    })
}
