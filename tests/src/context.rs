//! What a case is given: the driver, a directory of its own, and short words for making layers and containers.
//!
//! Everything made through a context has a model, so that [`Context::check_layer`] and [`Container::check`] can say
//! whether it still is what it should be. The runner removes what a case leaves, in whatever way it ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Capabilities, Driver, Item, Key, Kind, LayerId, Limits, Options, Owners, Root};

use crate::aside::Aside;
use crate::case::Stop;
use crate::check;
use crate::container::Container;
use crate::fixture;
use crate::oracle::compare::{self, Tolerance};
use crate::oracle::layer::{self, Spelling};
use crate::oracle::model::Model;
use crate::oracle::op::Op;
use crate::oracle::seen;
use crate::subject::{OpenAt, Subject};

/// Where a root needs a store file: the size of those of [`Context::another_root`], sparse.
const SMALL_STORE: u64 = 256 << 20;

/// What a case is given.
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) subject: &'a mut Subject,
    scratch: PathBuf,
    prefix: String,
    made: u32,
    models: BTreeMap<LayerId, Model>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(subject: &'a mut Subject, scratch: PathBuf, prefix: String) -> Self {
        Self {
            subject,
            scratch,
            prefix,
            made: 0,
            models: BTreeMap::new(),
        }
    }

    /// The driver under test.
    ///
    /// # Errors
    /// Broken, when it could not be opened again.
    pub fn driver(&self) -> Result<&dyn Driver, Stop> {
        self.subject
            .driver()
            .map_err(|error| Stop::broken(error.to_string()))
    }

    /// What the driver declares.
    ///
    /// # Errors
    /// As [`Self::driver`].
    pub fn capabilities(&self) -> Result<Capabilities, Stop> {
        Ok(self.driver()?.capabilities().clone())
    }

    /// Closes the driver and opens it again, as after a restart.
    ///
    /// # Errors
    /// A failure, as `close` and `open`.
    pub fn restart(&mut self) -> Result<(), Stop> {
        Ok(self.subject.restart()?)
    }

    /// Closes the driver; nothing but [`Self::restart`] can be asked of it then.
    ///
    /// # Errors
    /// As `close`; a restart is called for then, too.
    pub fn close(&mut self) -> drivers::Result<()> {
        self.subject.shut()
    }

    /// The directory of the host's filesystem in which the case works.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// The root the driver stands on.
    ///
    /// # Errors
    /// Not applicable, where the subject does not tell.
    pub fn root(&self) -> Result<&Root, Stop> {
        Ok(&self.roots()?.0)
    }

    /// Opens a driver of the same kind, with the same options, on a root.
    ///
    /// # Errors
    /// Not applicable, where the subject does not tell how; then, as `open`.
    pub fn open_at(&self, root: &Root) -> Result<drivers::Result<Box<dyn Driver>>, Stop> {
        Ok((self.roots()?.1)(root))
    }

    /// The options the driver was opened with: a backing store for it may have to be made so.
    pub fn options(&self) -> &Options {
        self.subject.options()
    }

    /// How a driver of the same kind is opened with one more option, and all options then; `None` where there is no such
    /// option, or where the subject does not tell.
    pub(crate) fn variant(&self, name: &str, value: &str) -> Option<(Options, OpenAt)> {
        self.subject.variant(name, value)
    }

    /// A root of the same backing, in the directory `name` (any bytes, any depth) inside the driver's own root; made,
    /// empty, and with a small store file of its own where it needs one. [`Self::end_roots`] removes it.
    ///
    /// # Errors
    /// Broken, when it cannot be made.
    pub fn another_root(&mut self, name: &Path) -> Result<Root, Stop> {
        let own = self.root()?.clone();
        let dir = own.dir.join("other").join(name);
        let store_file = match own.store_file {
            None => None,
            Some(_) => Some(self.directory()?.join("store")),
        };
        let (made, file) = (dir.clone(), store_file.clone());
        let make = move || -> drivers::Result<()> {
            fs::create_dir_all(&made).attempt("make the directory", &made)?;
            let Some(path) = file else { return Ok(()) };
            let store = fs::File::create(&path).attempt("make the file", &path)?;
            store.set_len(SMALL_STORE).attempt("grow the file", &path)
        };
        let outcome = self.subject.aside().run(make);
        outcome.map_err(|error| Stop::broken(error.to_string()))?;
        Ok(Root {
            dir,
            store_file,
            ..own
        })
    }

    /// Removes what [`Self::another_root`] made.
    ///
    /// # Errors
    /// A failure, when something in it cannot be removed.
    pub fn end_roots(&self) -> Result<(), Stop> {
        let all = self.root()?.dir.join("other");
        Ok(self
            .subject
            .aside()
            .run(move || drivers::remove::tree(&all))?)
    }

    fn roots(&self) -> Result<&(Root, OpenAt), Stop> {
        self.subject
            .elsewhere()
            .ok_or_else(|| Stop::not_applicable("the subject has only the root it was given"))
    }

    /// A fresh directory of the host's filesystem.
    ///
    /// # Errors
    /// Broken, when it cannot be made.
    pub fn directory(&mut self) -> Result<PathBuf, Stop> {
        self.made += 1;
        let path = self.scratch.join(self.made.to_string());
        let make = move || {
            fs::create_dir(&path)
                .attempt("make the directory", &path)
                .map(|()| path)
        };
        let made = self.subject.aside().run(make);
        made.map_err(|error| Stop::broken(error.to_string()))
    }

    /// Where work is done that is no container's, and that no lie must reach.
    pub(crate) fn aside(&self) -> Aside {
        self.subject.aside().clone()
    }

    /// A fresh name for a container layer.
    ///
    /// # Errors
    /// Broken, never in practice.
    pub fn key(&mut self) -> Result<Key, Stop> {
        self.made += 1;
        format!("{}-{}", self.prefix, self.made)
            .parse()
            .map_err(|error: drivers::Error| Stop::broken(error.to_string()))
    }

    /// A fresh name for a layer. It is not the digest of anything: drivers are not told what a layer's content is.
    ///
    /// # Errors
    /// Broken, never in practice.
    pub fn layer_id(&mut self) -> Result<LayerId, Stop> {
        self.made += 1;
        id_of(&format!("{}-{}", self.prefix, self.made))
    }

    /// The layer of [`fixture::everything`], made once for a subject: see [`Self::shared`].
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn base(&mut self) -> Result<LayerId, Stop> {
        self.shared("the base of all cases", None, &fixture::everything())
    }

    /// A layer of that name, made once for a subject and shared by all that ask for it: none may remove it. The runner
    /// does not count it among what a case leaves.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn shared(
        &mut self,
        name: &str,
        parent: Option<&LayerId>,
        ops: &[Op],
    ) -> Result<LayerId, Stop> {
        let id = id_of(name)?;
        let (below, model) = self.model_with(parent, ops)?;
        let driver = self.driver()?;
        if let Err(error) = driver.parent(Item::Layer(&id)) {
            if error.kind() != drivers::ErrorKind::NotFound {
                return Err(error.into());
            }
            drop(error);
            let key = self.key()?;
            let tar = layer::write(&below, &model, Spelling::default());
            let driver = self.driver()?;
            driver.prepare(&key, parent, Kind::Writable)?;
            driver.apply(&key, &mut &tar[..], &Limits::default())?;
            driver.commit(&key, &id)?;
        }
        self.subject.keep(&id);
        self.models.insert(id.clone(), model);
        Ok(id)
    }

    /// A committed layer: the operations, as an archive, on top of `parent`. What the driver declares it cannot store
    /// is left out.
    ///
    /// # Errors
    /// Broken, when the model refuses an operation; a failure, when the driver does.
    pub fn layer(&mut self, parent: Option<&LayerId>, ops: &[Op]) -> Result<LayerId, Stop> {
        self.layer_spelled(parent, ops, Spelling::default())
    }

    /// A committed layer, in another spelling.
    ///
    /// # Errors
    /// As [`Self::layer`].
    pub fn layer_spelled(
        &mut self,
        parent: Option<&LayerId>,
        ops: &[Op],
        spelling: Spelling,
    ) -> Result<LayerId, Stop> {
        let (below, model) = self.model_with(parent, ops)?;
        let id = self.layer_of(parent, &layer::write(&below, &model, spelling))?;
        self.models.insert(id.clone(), model);
        Ok(id)
    }

    /// A committed layer of an archive as it is. It has no model until [`Self::expect`] gives it one.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn layer_of(&mut self, parent: Option<&LayerId>, tar: &[u8]) -> Result<LayerId, Stop> {
        let (key, id) = (self.key()?, self.layer_id()?);
        let driver = self.driver()?;
        driver.prepare(&key, parent, Kind::Writable)?;
        driver.apply(&key, &mut &tar[..], &Limits::default())?;
        driver.commit(&key, &id)?;
        Ok(id)
    }

    /// A layer that changes nothing.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn empty_layer(&mut self, parent: &LayerId) -> Result<LayerId, Stop> {
        let (key, id) = (self.key()?, self.layer_id()?);
        let driver = self.driver()?;
        driver.prepare(&key, Some(parent), Kind::Writable)?;
        driver.commit(&key, &id)?;
        let model = self.model(Some(parent));
        self.models.insert(id.clone(), model);
        Ok(id)
    }

    /// Says what a layer must be: the operations on top of `parent`. Times are what the operations say, or anything.
    ///
    /// # Errors
    /// Broken, when the model refuses an operation.
    pub fn expect(
        &mut self,
        id: &LayerId,
        parent: Option<&LayerId>,
        ops: &[Op],
    ) -> Result<(), Stop> {
        let mut model = self.model(parent);
        model
            .apply(&legal(ops, &self.capabilities()?))
            .map_err(Stop::broken)?;
        self.models.insert(id.clone(), model);
        Ok(())
    }

    /// Says that a layer must be what a container is: its export was applied.
    pub fn expect_like(&mut self, id: &LayerId, container: &Container) {
        self.models.insert(id.clone(), container.model.clone());
    }

    /// The model of a layer; without one, an empty root.
    pub fn model(&self, id: Option<&LayerId>) -> Model {
        id.and_then(|id| self.models.get(id))
            .cloned()
            .unwrap_or_default()
    }

    /// A container layer on `parent`, mounted.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn container(&mut self, parent: Option<&LayerId>) -> Result<Container, Stop> {
        self.prepared(parent, Kind::Writable)
    }

    /// A view on `parent`, mounted.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn view(&mut self, parent: Option<&LayerId>) -> Result<Container, Stop> {
        self.prepared(parent, Kind::View)
    }

    /// Mounts a container again.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn mount(&self, container: &mut Container) -> Result<(), Stop> {
        container.unmount()?;
        let mount = self.driver()?.mount(&container.key, &container.at)?;
        container.mount = Some(mount).into();
        Ok(())
    }

    /// Mounts a container again, with other owners.
    ///
    /// # Errors
    /// The driver's, as it is.
    pub fn mount_as(
        &self,
        container: &mut Container,
        owners: &Owners,
    ) -> Result<drivers::Result<()>, Stop> {
        container.unmount()?;
        let driver = self.driver()?;
        let mounted = driver.mount_as(&container.key, &container.at, owners);
        Ok(mounted.map(|mount| container.mount = Some(mount).into()))
    }

    /// Restarts the driver between an unmount and a mount of the container.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn restart_unmounted(&mut self, container: &mut Container) -> Result<(), Stop> {
        container.unmount()?;
        self.restart()?;
        self.mount(container)
    }

    /// Unmounts a container and turns it into a layer.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn commit(&mut self, mut container: Container) -> Result<LayerId, Stop> {
        let id = self.layer_id()?;
        container.unmount()?;
        self.driver()?.commit(&container.key, &id)?;
        self.models.insert(id.clone(), container.model);
        Ok(id)
    }

    /// Unmounts and removes a container.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn remove(&self, mut container: Container) -> Result<(), Stop> {
        container.unmount()?;
        Ok(self.driver()?.remove(Item::Container(&container.key))?)
    }

    /// The driver's view of a layer is what its model says.
    ///
    /// # Errors
    /// A failure, with the first differences; broken, when the layer has no model.
    pub fn check_layer(&self, id: &LayerId) -> Result<(), Stop> {
        let model = self
            .models
            .get(id)
            .ok_or_else(|| Stop::broken("the layer has no model"))?;
        let driver = self.driver()?;
        let view = driver.view(Item::Layer(id))?;
        matches("the layer", model, view.path(), driver.capabilities())?;
        Ok(view.close()?)
    }

    fn prepared(&mut self, parent: Option<&LayerId>, kind: Kind) -> Result<Container, Stop> {
        let (key, at) = (self.key()?, self.directory()?);
        let driver = self.driver()?;
        driver.prepare(&key, parent, kind)?;
        let mut container = Container {
            key,
            parent: parent.cloned(),
            model: self.model(parent),
            at,
            mount: None.into(),
            capabilities: driver.capabilities().clone(),
        };
        self.mount(&mut container)?;
        Ok(container)
    }

    fn model_with(&self, parent: Option<&LayerId>, ops: &[Op]) -> Result<(Model, Model), Stop> {
        let below = self.model(parent);
        let mut model = below.clone();
        model
            .apply(&legal(ops, &self.capabilities()?))
            .map_err(Stop::broken)?;
        layer::settle(&below, &mut model);
        Ok((below, model))
    }
}

fn id_of(text: &str) -> Result<LayerId, Stop> {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(text.as_bytes());
    format!("sha256:{}", drivers::ids::hex(&digest))
        .parse()
        .map_err(|error: drivers::Error| Stop::broken(error.to_string()))
}

/// A tree is what a model says, as far as the declared capabilities go.
///
/// # Errors
/// A failure, with the first differences.
pub fn matches(
    what: &str,
    model: &Model,
    root: &Path,
    capabilities: &Capabilities,
) -> Result<(), Stop> {
    check::count();
    let tolerance = tolerance(model.live, capabilities);
    match compare::differences(model, &seen::read(root)?, tolerance) {
        None => Ok(()),
        Some(differences) => Err(Stop::fail(
            format!("{what} is what its history says"),
            differences,
        )),
    }
}

/// What may be lost; where a live container had a hand in it, what drivers declare to lose in copy-up too.
pub(crate) fn tolerance(live: bool, capabilities: &Capabilities) -> Tolerance {
    Tolerance {
        mtime_granularity_ns: capabilities.mtime_granularity_ns,
        directory_attributes: !live || capabilities.lower_dir_attributes_survive_copy_up,
        symlink_attributes: !live || capabilities.symlink_attributes_survive_copy_up,
        setuid: !live
            || capabilities.setuid_survives_copy_up && capabilities.setuid_survives_roots_write,
        link_numbers: !live || capabilities.inode_survives_copy_up,
        distinct_numbers: true,
    }
}

/// The operations that the declared capabilities allow. Where devices cannot be made, fifos take their place, so that
/// whatever is done to them later has something to be done to.
pub fn legal(ops: &[Op], capabilities: &Capabilities) -> Vec<Op> {
    let allowed = |op: &Op| match op {
        Op::Chown(..) => capabilities.arbitrary_owners,
        Op::Xattr(_, name, _) if name.starts_with(b"user.") => capabilities.xattr_user,
        Op::Xattr(_, name, _) if name.starts_with(b"system.") => capabilities.posix_acl,
        Op::Xattr(..) => capabilities.xattr_privileged,
        _ => true,
    };
    ops.iter()
        .filter(|op| allowed(op))
        .map(|op| match op {
            Op::Character(path, ..) | Op::Block(path, ..) if !capabilities.device_nodes => {
                Op::Fifo(path.clone())
            }
            op => op.clone(),
        })
        .collect()
}
