//! Looks at a store after a crash: what must be there, what may, and that nothing is half.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use conformance::context::matches;
use conformance::crash::{Experiment, IMAGE, LAYERS, STORE, SYNCED};
use conformance::oracle::compare::show;
use conformance::oracle::live::place;
use conformance::oracle::model::Body;
use conformance::oracle::seen;
use drivers::{Driver, Info, Item, Key, Kind, LayerId, Result};

use crate::log::{Event, Mark};
use crate::place::{Asked, Place};
use crate::script::{self, Cast, Effect, LINE, NEW, NEW_AT, Steps, key};

/// A promise not kept, in words.
#[derive(Debug, Clone)]
pub(crate) struct Loss {
    pub(crate) promise: &'static str,
    pub(crate) words: String,
}

/// What is known of an item, or of a synced file, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Known {
    may_be: bool,
    must_be: bool,
}

impl Known {
    const SURE: Self = Self {
        may_be: true,
        must_be: true,
    };
    fn begun(&mut self) {
        self.may_be = true;
    }
    fn going(&mut self) {
        self.must_be = false;
    }
    fn durable(&mut self, is: bool) {
        (self.may_be, self.must_be) = (is, is);
    }
}

/// What must and may be there.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    keys: BTreeMap<Key, Known>,
    layers: BTreeMap<LayerId, Known>,
    synced: Vec<&'static str>,
}

impl Expected {
    /// After what had happened.
    pub(crate) fn after(cast: &Cast, steps: &Steps, events: &[Event]) -> Result<Self> {
        let mut expected = Self::default();
        for name in ["old", "removed"] {
            expected.keys.insert(key(name)?, Known::SURE);
        }
        for layer in [&cast.image, &cast.removed] {
            expected.layers.insert(layer.id.clone(), Known::SURE);
        }
        // What has returned, to become durable with the next sync that returns.
        let mut done: Vec<&Effect> = Vec::new();
        let mut covered = 0;
        for event in events {
            match event {
                Event::Mark(Mark::Begun(number)) => match &steps.0[*number].1 {
                    Effect::Key(key) => expected.key(key).begun(),
                    Effect::Layer(key, id) => {
                        expected.key(key).going();
                        expected.layer(id).begun();
                    }
                    Effect::NoKey(key) => expected.key(key).going(),
                    Effect::NoLayer(id) => expected.layer(id).going(),
                    Effect::Sync => covered = done.len(),
                    Effect::None | Effect::Synced(_) => {}
                },
                Event::Mark(Mark::Returned(number)) => match &steps.0[*number].1 {
                    Effect::Sync => done
                        .drain(..covered)
                        .for_each(|effect| expected.durable(effect)),
                    Effect::Synced(path) => expected.synced.push(path),
                    other => done.push(other),
                },
                _ => {}
            }
        }
        Ok(expected)
    }

    fn key(&mut self, key: &Key) -> &mut Known {
        self.keys.entry(key.clone()).or_default()
    }

    fn layer(&mut self, id: &LayerId) -> &mut Known {
        self.layers.entry(id.clone()).or_default()
    }

    fn durable(&mut self, effect: &Effect) {
        match effect {
            Effect::Key(key) => self.key(key).durable(true),
            Effect::Layer(key, id) => {
                self.key(key).durable(false);
                self.layer(id).durable(true);
            }
            Effect::NoKey(key) => self.key(key).durable(false),
            Effect::NoLayer(id) => self.layer(id).durable(false),
            Effect::None | Effect::Synced(_) | Effect::Sync => {}
        }
    }
}

/// One store after one crash.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) cast: &'a Cast,
    pub(crate) expected: Expected,
    /// An existing directory to mount on.
    pub(crate) at: &'a Path,
    pub(crate) found: Vec<Loss>,
}

impl Judge<'_> {
    /// Opens, looks, works, and opens again.
    pub(crate) fn all(&mut self, place: &Place) -> Result<()> {
        let driver = self.asked.open(place)?;
        let list = driver.list()?;
        self.listed(&list);
        self.layers(&*driver, &list);
        for key in list.iter().filter_map(|info| info.key.as_ref()) {
            // What was being unpacked into is nobody's container.
            if ["old", "young", "removed"].contains(&key.as_str()) {
                self.container(&*driver, key)?;
            }
        }
        driver.close()?;
        let entries = place.entries();
        let driver = self.asked.open(place)?;
        let (again, entries_again) = (driver.list()?, place.entries());
        self.require(list == again && entries == entries_again, &STORE, || {
            format!(
                "a second open still mends: {list:?} {entries:?}, then {again:?} {entries_again:?}"
            )
        });
        self.works(&*driver, &list)?;
        driver.close()
    }

    fn require(&mut self, holds: bool, promise: &Experiment, words: impl FnOnce() -> String) {
        if !holds {
            self.found.push(Loss {
                promise: promise.name,
                words: words(),
            });
        }
    }

    fn listed(&mut self, list: &[Info]) {
        let mut is: Vec<(String, bool, Known)> = Vec::new();
        for (key, known) in &self.expected.keys {
            let there = list.iter().any(|info| info.key.as_ref() == Some(key));
            is.push((Item::Container(key).to_string(), there, *known));
        }
        for (id, known) in &self.expected.layers {
            let there = list.iter().any(|info| info.layer.as_ref() == Some(id));
            let name = self.cast.layers().into_iter().find(|layer| layer.id == *id);
            let name = name.map_or("?", |layer| layer.name);
            is.push((format!("layer {name}"), there, *known));
        }
        let strange = list.len() != is.iter().filter(|(_, there, _)| *there).count();
        self.require(!strange, &STORE, || {
            format!("something is listed that was never made: {list:?}")
        });
        for (what, there, known) in is {
            self.require(!there || known.may_be, &STORE, || {
                format!("{what} is there, and should not be")
            });
            self.require(there || !known.must_be, &STORE, || {
                format!("{what} is gone, and should be there")
            });
        }
    }

    /// Every layer listed is whole.
    fn layers(&mut self, driver: &dyn Driver, list: &[Info]) {
        for layer in self.cast.layers() {
            if !list
                .iter()
                .any(|info| info.layer.as_ref() == Some(&layer.id))
            {
                continue;
            }
            let whole = driver.view(Item::Layer(&layer.id)).map(|view| {
                matches("it", &layer.model, view.path(), driver.capabilities())
                    .map_err(|stop| stop.0.reason())
            });
            let words = match whole {
                Ok(Ok(())) => continue,
                Ok(Err(words)) => words,
                Err(error) => error.to_string(),
            };
            self.require(false, &LAYERS, || {
                format!("layer {} is listed and not whole: {words}", layer.name)
            });
        }
    }

    /// A container shows its image, but for what was written, and what was synced.
    fn container(&mut self, driver: &dyn Driver, key: &Key) -> Result<()> {
        let mount = driver.mount(key, self.at)?;
        let seen = seen::read(mount.path());
        let outcome = seen.map(|seen| {
            let model = &self.cast.image.model;
            let mut lost = Vec::new();
            for (path, ino) in model.paths() {
                let Body::File(content) = &model.node(ino).body else {
                    continue;
                };
                let fine = match seen.get(&path).map(|seen| &seen.body) {
                    Some(Body::File(found)) => {
                        is_one_of(&path, content, found, key.as_str() == "old")
                    }
                    _ => false,
                };
                if !fine {
                    let found = seen.get(&path).map(|seen| match &seen.body {
                        Body::File(found) => format!("{} bytes", found.len()),
                        other => format!("{other:?}"),
                    });
                    let found = found.unwrap_or_else(|| "nothing".to_owned());
                    lost.push(format!(
                        "{} of {} bytes is {found}",
                        show(&path),
                        content.len()
                    ));
                }
            }
            lost
        });
        for words in outcome? {
            self.require(false, &IMAGE, || format!("{key}: {words}"));
        }
        if key.as_str() == "old" {
            for path in self.expected.synced.clone() {
                let found = fs::read(place(mount.path(), path)).unwrap_or_default();
                self.require(found.ends_with(LINE), &SYNCED, || {
                    format!("{key}: {path} was synced and is {} bytes", found.len())
                });
            }
        }
        mount.unmount()
    }

    /// The store can be used: what the crash cut short can be done again.
    fn works(&mut self, driver: &dyn Driver, list: &[Info]) -> Result<()> {
        for name in ["pulled", "built", "young", "soon-below", "soon-above"] {
            let key = key(name)?;
            if list.iter().any(|info| info.key.as_ref() == Some(&key)) {
                driver.remove(Item::Container(&key))?;
            }
        }
        let applied = &self.cast.applied;
        let image = &self.cast.image.id;
        if !list
            .iter()
            .any(|info| info.layer.as_ref() == Some(&applied.id))
        {
            script::pull(driver, "pulled", Some(image), applied)?;
        }
        let later = &self.cast.later;
        script::pull(driver, "later", Some(image), later)?;
        let view = driver.view(Item::Layer(&later.id))?;
        let whole = matches("it", &later.model, view.path(), driver.capabilities());
        self.require(whole.is_ok(), &STORE, || {
            format!("a layer made afterwards: {whole:?}")
        });
        view.close()?;
        let key = key("new")?;
        driver.prepare(&key, Some(&later.id), Kind::Writable)?;
        driver.mount(&key, self.at)?.unmount()?;
        driver.remove(Item::Container(&key))?;
        driver.remove(Item::Layer(&later.id))
    }
}

/// Whether a file of the image is what it was, or what the script made of it.
fn is_one_of(path: &[u8], image: &[u8], found: &[u8], written: bool) -> bool {
    if found == image {
        return true;
    }
    if !written {
        return false;
    }
    match path {
        b"data/large" => {
            // The write was not synced: it may be there or not, but nothing else may be.
            let at = usize::try_from(NEW_AT).unwrap_or_default();
            let mut new = image.to_vec();
            new[at..at + NEW.len()].copy_from_slice(&NEW);
            found == new
        }
        b"etc/passwd" => found == [image, LINE].concat(),
        b"etc/replaced" => found == LINE,
        _ => false,
    }
}
