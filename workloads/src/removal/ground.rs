//! What is made to be removed, and how it is removed: in a driver, and on the control.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, LayerId, Result, remove, usage};

use super::amounts::Amounts;
use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::fixture::{self, FixtureFile};
use crate::layers::Layers;
use crate::tree::Tree;

/// One thing that is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A container that wrote files.
    Container,
    /// An image of some layers, with a container on the topmost.
    Image,
    /// One layer of many files.
    Layer,
}

impl What {
    pub(super) const ALL: [Self; 3] = [Self::Container, Self::Image, Self::Layer];

    /// As the parameter `what` says.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Image => "image",
            Self::Layer => "large-layer",
        }
    }

    /// Bytes of content in it.
    pub(super) fn bytes(self, amounts: &Amounts) -> u64 {
        let part = |files| u64::from(files) * u64::from(SMALL) + LARGE;
        match self {
            Self::Container => part(amounts.remove_container_files),
            Self::Image => u64::from(amounts.remove_image_layers) * part(LAYER_FILES),
            Self::Layer => part(amounts.remove_layer_files),
        }
    }
}

/// Bytes of the one larger file that everything has.
const LARGE: u64 = 1 << 20;
/// Bytes of each small file.
const SMALL: u32 = 4 << 10;
/// Files of each layer of an image.
const LAYER_FILES: u32 = 50;

fn small(files: u32) -> Tree {
    Tree {
        files,
        bytes: SMALL,
    }
}

/// Something made to be removed.
#[derive(Debug)]
pub(super) enum Made<'a> {
    Items {
        containers: Vec<Container<'a>>,
        layers: Layers<'a>,
    },
    Directory(PathBuf),
}

/// Makes it, off the clock; `name` tells it from others of the cell.
pub(super) fn make<'a>(cell: &Cell<'a>, what: What, name: &str) -> Result<Made<'a>> {
    match cell.ground {
        Ground::Driver(driver) => in_driver(cell, driver, what, name),
        Ground::HostDir(dir) => {
            let dir = dir.join(format!("remove-{name}"));
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            let made = Made::Directory(dir);
            in_directory(&cell.scale.remove, what, &made)?;
            Ok(made)
        }
    }
}

fn in_driver<'a>(
    cell: &Cell<'a>,
    driver: &'a dyn Driver,
    what: What,
    name: &str,
) -> Result<Made<'a>> {
    let amounts = &cell.scale.remove;
    let mut layers = Layers::new(driver);
    let mut containers = Vec::new();
    match what {
        What::Container => {
            let base = base(driver)?;
            let container = Container::start(driver, key(cell, name)?, cell.scratch, Some(&base))?;
            let dir = container.root().join("written");
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            small(amounts.remove_container_files).write(&dir)?;
            fixture::write_file(&dir.join("large"), LARGE)?;
            containers.push(container);
        }
        What::Image => {
            let mut top: Option<LayerId> = None;
            for number in 0..amounts.remove_image_layers {
                let label = format!("remove {} {name} {number}", cell.name);
                let layer = layer_of(driver, &label, top.as_ref(), LAYER_FILES)?;
                layers.add(layer.clone());
                top = Some(layer);
            }
            let key = key(cell, name)?;
            let mut container = Container::plan(driver, key, cell.scratch)?;
            container.prepare(top.as_ref())?;
            containers.push(container);
        }
        What::Layer => {
            let label = format!("remove {} {name}", cell.name);
            layers.add(layer_of(driver, &label, None, amounts.remove_layer_files)?);
        }
    }
    for container in &mut containers {
        container.unmount()?;
    }
    Ok(Made::Items { containers, layers })
}

/// A layer of so many small files, made in a container layer as a pull makes it, and a larger file.
fn layer_of(
    driver: &dyn Driver,
    label: &str,
    parent: Option<&LayerId>,
    files: u32,
) -> Result<LayerId> {
    use std::io::Read as _;
    let large = {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(LARGE);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, "large", fixture::random(LARGE))
            .attempt("make the fixture", "large")?;
        // Without the end of the archive: the small files follow.
        builder.get_ref().clone()
    };
    fixture::of_archive(driver, label, parent, || {
        Ok(std::io::Cursor::new(large).chain(small(files).archive()))
    })
}

/// What containers stand on; it stays.
pub(super) fn base(driver: &dyn Driver) -> Result<LayerId> {
    let file = FixtureFile {
        name: "base".to_owned(),
        size: 4096,
    };
    fixture::layer(driver, "remove", None, &[file])
}

/// As much in one directory as the other makes in layers.
fn in_directory(amounts: &Amounts, what: What, made: &Made<'_>) -> Result<()> {
    let Made::Directory(dir) = made else {
        return Ok(());
    };
    let part = |name: String, files| {
        let dir = dir.join(name);
        std::fs::create_dir(&dir).attempt("create", &dir)?;
        small(files).write(&dir)?;
        fixture::write_file(&dir.join("large"), LARGE)
    };
    match what {
        What::Container => part("written".to_owned(), amounts.remove_container_files),
        What::Image => (0..amounts.remove_image_layers)
            .try_for_each(|number| part(format!("layer-{number}"), LAYER_FILES)),
        What::Layer => part("layer".to_owned(), amounts.remove_layer_files),
    }
}

impl Made<'_> {
    /// Removes it: containers first, then layers, the topmost first.
    pub(super) fn remove(&mut self) -> Result<()> {
        match self {
            Self::Items { containers, layers } => {
                containers.iter_mut().try_for_each(Container::teardown)?;
                layers.remove_all()
            }
            Self::Directory(dir) => remove::tree(dir),
        }
    }

    /// What is left of it, if it was removed: mountpoints.
    pub(super) fn finish(mut self) -> Result<()> {
        match &mut self {
            Self::Items { containers, .. } => std::mem::take(containers)
                .into_iter()
                .try_for_each(Container::finish),
            Self::Directory(_) => Ok(()),
        }
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        // Items go by themselves, the containers first: fields are dropped in order.
        if let Self::Directory(dir) = self
            && let Err(error) = remove::tree(dir)
        {
            tracing::warn!("after a failed cell: {error}");
        }
    }
}

/// Where a neighbour lives.
#[derive(Debug)]
pub(super) enum Home<'a> {
    Container(Container<'a>),
    Directory(PathBuf),
}

/// Makes a home for a neighbour: a container, and on the control a directory.
pub(super) fn home<'a>(cell: &Cell<'a>) -> Result<Home<'a>> {
    Ok(match cell.ground {
        Ground::Driver(driver) => Home::Container(Container::start(
            driver,
            key(cell, "neighbour")?,
            cell.scratch,
            Some(&base(driver)?),
        )?),
        Ground::HostDir(dir) => {
            let dir = dir.join("remove-neighbour");
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            Home::Directory(dir)
        }
    })
}

impl Home<'_> {
    pub(super) fn root(&self) -> &Path {
        match self {
            Self::Container(container) => container.root(),
            Self::Directory(dir) => dir,
        }
    }

    pub(super) fn leave(mut self) -> Result<()> {
        match &mut self {
            Self::Container(container) => container.teardown(),
            Self::Directory(dir) => remove::tree(dir),
        }
    }
}

impl Drop for Home<'_> {
    fn drop(&mut self) {
        if let Self::Directory(dir) = self
            && let Err(error) = remove::tree(dir)
        {
            tracing::warn!("after a failed cell: {error}");
        }
    }
}

/// Bytes in use on the store, as of its last sync.
pub(super) fn used(ground: Ground<'_>) -> Result<u64> {
    Ok(match ground {
        Ground::Driver(driver) => driver.store_space()?.bytes,
        Ground::HostDir(dir) => usage::of_store(dir)?.bytes,
    })
}
