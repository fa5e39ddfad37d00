//! Plays a sequence against a driver, with the model beside it.

use std::sync::Arc;

use drivers::{Capabilities, Item, Kind, LayerId, Limits};
use rustix::io::Errno;

use crate::case::{Outcome, Stop};
use crate::container::Container;
use crate::context::Context;
use crate::oracle::layer;
use crate::oracle::model::Model;
use crate::{check as assert, context};

use super::check::{self, Found};
use super::coverage::Coverage;
use super::rules::{self, Expected};
use super::step::{Sequence, Step, Turn};
use super::world::World;
use super::{base, perform};

/// How far a sequence came.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The step that is being played; the number of steps when the end is looked at.
    pub(super) at: usize,
    /// Steps that were done or refused as expected.
    pub(super) done: u64,
    /// Those among them that were refused.
    pub(super) refused: u64,
    /// Steps that were not asked.
    pub(super) unasked: u64,
}

struct Player<'p, 'c> {
    context: &'p mut Context<'c>,
    world: World,
    /// As the world's trees.
    containers: Vec<Container>,
    layers: Vec<(LayerId, Arc<Model>)>,
    found: Found,
    /// The container was mounted since the last look.
    fresh: bool,
    started: i64,
}

/// Plays it: the answer of the first step that is not what it has to be.
pub(super) fn play(
    context: &mut Context<'_>,
    sequence: &Sequence,
    coverage: &mut Coverage,
    progress: &mut Progress,
) -> Result<Outcome, Stop> {
    let started = check::now();
    let mut parent = None;
    for (number, ops) in base::layers(sequence.base).iter().enumerate() {
        parent = Some(context.shared(&format!("random base {number}"), parent.as_ref(), ops)?);
    }
    let below = parent.as_ref().map(|id| context.model(Some(id)));
    let world = World::new(context.capabilities()?, below);
    let container = context.container(parent.as_ref())?;
    let mut player = Player {
        context,
        world,
        containers: vec![container],
        layers: Vec::new(),
        found: Found::new(),
        fresh: true,
        started,
    };
    player.look()?;
    coverage.begin();
    for (number, step) in sequence.steps.iter().enumerate() {
        progress.at = number;
        let expected = rules::expect(&player.world, step);
        let before = player.world.clone();
        match &expected {
            Expected::Unasked(_) => {
                progress.unasked += 1;
                continue;
            }
            Expected::Done => player.done(step)?,
            Expected::Refused(errnos) => {
                progress.refused += 1;
                player.refused(step, errnos)?;
            }
        }
        player.look()?;
        progress.done += 1;
        coverage.add(before.tree(), player.world.tree(), step);
    }
    progress.at = sequence.steps.len();
    player.end()?;
    Ok(Outcome::Pass)
}

impl Player<'_, '_> {
    fn container(&mut self) -> &mut Container {
        &mut self.containers[self.world.current()]
    }

    fn done(&mut self, step: &Step) -> Result<(), Stop> {
        if let Step::Turn(turn) = step {
            return self.turn(*turn, step);
        }
        let root = self.container().root().to_owned();
        perform::perform(&root, step)
            .map_err(|errno| Stop::fail(format!("{step}: works"), errno.to_string()))?;
        self.world.take(step).map_err(Stop::broken)
    }

    fn refused(&mut self, step: &Step, errnos: &[Errno]) -> Result<(), Stop> {
        let root = self.container().root().to_owned();
        let names: Vec<_> = errnos.iter().map(ToString::to_string).collect();
        let expected = format!("{step}: refused, {}", names.join(" or "));
        match perform::perform(&root, step) {
            Ok(()) => Err(Stop::fail(expected, "it worked")),
            Err(errno) if errnos.contains(&errno) => {
                // The file was opened before that.
                if let (Step::On(super::step::Action::Punch(..), path), Errno::OPNOTSUPP) =
                    (step, errno)
                {
                    self.world.opened(path);
                }
                Ok(())
            }
            Err(errno) => Err(Stop::fail(expected, errno.to_string())),
        }
    }

    /// The mounted tree is what the model says.
    fn look(&mut self) -> Result<(), Stop> {
        let container = &self.containers[self.world.current()];
        let (found, times) = check::tree(
            "the container",
            self.world.tree().model(),
            container.root(),
            self.world.capabilities(),
            self.started,
        )?;
        self.found = found;
        // Times that the next unmount may change are those of the clock until then.
        if self.fresh || times_last(self.world.capabilities()) {
            self.world.tree_mut().learn(&times);
        }
        self.fresh = false;
        Ok(())
    }

    fn turn(&mut self, turn: Turn, step: &Step) -> Result<(), Stop> {
        match turn {
            Turn::Remount => self.mount()?,
            Turn::DropCaches => {
                // What is not written yet stays; names and attributes are asked for anew. Not allowed in a user
                // namespace: then all stays.
                if let Err(error) = std::fs::write("/proc/sys/vm/drop_caches", "3") {
                    tracing::debug!("{error}");
                }
            }
            Turn::Restart => {
                self.container().unmount()?;
                self.context.restart()?;
                self.mount()?;
            }
            Turn::Changes => {
                self.changes()?;
                self.mount()?;
            }
            Turn::Commit => {
                self.container().unmount()?;
                let id = self.context.layer_id()?;
                let key = self.container().key.clone();
                self.context.driver()?.commit(&key, &id)?;
                return self.go_on(step, id);
            }
            Turn::Apply(spelling) => {
                let tree = self.world.tree();
                let mut model = tree.model().clone();
                layer::settle(tree.below(), &mut model);
                let tar = layer::write(tree.below(), &model, spelling);
                let id = self.layer_of(&tar)?;
                return self.go_on(step, id);
            }
            Turn::Export => {
                let id = self.export()?;
                return self.go_on(step, id);
            }
            Turn::Sibling => {
                self.container().unmount()?;
                let parent = self.container().parent.clone();
                let sibling = self.context.container(parent.as_ref())?;
                self.containers.push(sibling);
            }
            Turn::Switch(_) => self.container().unmount()?,
        }
        self.world.take(step).map_err(Stop::broken)?;
        if matches!(turn, Turn::Switch(_)) {
            self.mount()?;
        }
        Ok(())
    }

    fn mount(&mut self) -> Result<(), Stop> {
        let number = self.world.current();
        self.fresh = true;
        self.context.mount(&mut self.containers[number])
    }

    fn changes(&mut self) -> Result<(), Stop> {
        self.container().unmount()?;
        let key = self.container().key.clone();
        let driver = self.context.driver()?;
        let found = driver.changes(Item::Container(&key))?;
        let tree = self.world.tree();
        let parent = &self.containers[self.world.current()].parent;
        let below = parent.as_ref().map(|_| tree.below());
        check::changes(below, tree.model(), &found, driver.capabilities())
    }

    /// Another layer on the container's parent, made of an archive.
    fn layer_of(&mut self, tar: &[u8]) -> Result<LayerId, Stop> {
        self.container().unmount()?;
        let parent = self.container().parent.clone();
        let key = self.context.key()?;
        let id = self.context.layer_id()?;
        let driver = self.context.driver()?;
        driver.prepare(&key, parent.as_ref(), Kind::Writable)?;
        driver.apply(&key, &mut &tar[..], &Limits::default())?;
        driver.commit(&key, &id)?;
        let old = self.container().key.clone();
        self.context.driver()?.remove(Item::Container(&old))?;
        Ok(id)
    }

    /// The driver's export, applied beside the container: equal to what was seen last, and again the same export.
    fn export(&mut self) -> Result<LayerId, Stop> {
        self.container().unmount()?;
        let key = self.container().key.clone();
        let mut tar = Vec::new();
        let driver = self.context.driver()?;
        driver.export(Item::Container(&key), &mut tar)?;
        let id = self.layer_of(&tar)?;
        let driver = self.context.driver()?;
        let view = driver.view(Item::Layer(&id))?;
        let capabilities = driver.capabilities();
        // What was seen says more than the model, unless numbers or times are made up.
        if capabilities.inode_survives_copy_up && times_last(capabilities) {
            let model = Model::of(&self.found);
            context::matches("the applied export", &model, view.path(), capabilities)?;
        } else {
            let model = self.world.tree().model();
            context::matches("the applied export", model, view.path(), capabilities)?;
        }
        view.close()?;
        let mut again = Vec::new();
        driver.export(Item::Layer(&id), &mut again)?;
        assert::that(
            tar == again,
            "the applied export is exported as the same bytes",
            "other bytes",
        )?;
        Ok(id)
    }

    /// The mounted container has become a layer: goes on in a child of it.
    fn go_on(&mut self, step: &Step, id: LayerId) -> Result<(), Stop> {
        self.world.take(step).map_err(Stop::broken)?;
        let number = self.world.current();
        self.layers
            .push((id.clone(), Arc::new(self.world.tree().below().clone())));
        self.fresh = true;
        self.containers[number] = self.context.container(Some(&id))?;
        Ok(())
    }

    /// Nothing that waits has changed: containers, and layers.
    fn end(&mut self) -> Result<(), Stop> {
        self.changes()?;
        for number in 0..self.containers.len() {
            if number == self.world.current() {
                continue;
            }
            let switch = u8::try_from(number).unwrap_or(u8::MAX);
            self.world
                .take(&Step::Turn(Turn::Switch(switch)))
                .map_err(Stop::broken)?;
            self.mount()?;
            self.look()?;
            self.container().unmount()?;
        }
        let driver = self.context.driver()?;
        for (id, model) in &self.layers {
            let view = driver.view(Item::Layer(id))?;
            context::matches("a layer", model, view.path(), driver.capabilities())?;
            view.close()?;
        }
        Ok(())
    }
}

/// Whether a time that was seen is the time. Measured when the driver is opened, and on a busy machine not always right for a
/// daemon that writes back later; one that makes up numbers anew writes times anew, too.
fn times_last(capabilities: &Capabilities) -> bool {
    capabilities.written_times_last && capabilities.inode_survives_remount
}
