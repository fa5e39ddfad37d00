//! A root whose path holds `:`, `,`, spaces, quotes, a newline or 1500 bytes works like any other, also with eight layers.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use drivers::{Item, Kind, LayerId, Limits, Root};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check::{self, Checked};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{self, Spelling};
use crate::oracle::live;
use crate::oracle::model::Model;
use crate::oracle::op::{dir, file, remove};
use crate::oracle::seen;

/// The promise.
pub const CASE: Case = Case {
    name: "roots_may_be_called_anything",
    promise: "A root whose path holds `:`, `,`, spaces, quotes, a newline or 1500 bytes works like any other, also with eight layers.",
    why: "Layers are often told to the mechanism in one string of 4096 bytes with separators: a data root with a long or odd path then cannot be mounted, or mounts something else.",
    origin: "xfstests overlay/083, 086 (escaped colons); moby for-linux 1012, cri-o 6261, buildkit 4810, containers/storage 1159 (length of the root, page boundary)",
    covers: &["LC7", "DP2", "C78"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: Some("odd_root_names"),
    broken_by: &[Fault::Flipped("odd_root_names"), Fault::WriteThrough],
    run,
};

const LAYERS: usize = 8;

fn run(context: &mut Context<'_>) -> Verdict {
    let odd = PathBuf::from(OsStr::from_bytes(b"a:b,c d\\:e='\"$x\n\xc3\xbc"));
    let long: PathBuf = (0..6).map(|_| "l".repeat(249)).collect();
    let root = context.another_root(&long)?;
    let worked = use_root(context, &root);
    let ended = context.end_roots();
    worked?;
    ended?;

    let declared = context.capabilities()?.odd_root_names;
    let root = context.another_root(&odd)?;
    let opened = context.open_at(&root)?;
    let outcome = match opened {
        Err(error) => check::declared("odd_root_names", declared, false, error.to_string()),
        Ok(driver) => {
            driver.close()?;
            use_root(context, &root)
                .and_then(|()| check::declared("odd_root_names", declared, true, ""))
        }
    };
    // A refusal leaves nothing mounted there.
    context.end_roots()?;
    outcome
}

fn use_root(context: &mut Context<'_>, root: &Root) -> Checked {
    let at = context.directory()?;
    let mut ids = Vec::new();
    for _ in 0..LAYERS {
        ids.push((context.key()?, context.layer_id()?));
    }
    let key = context.key()?;
    let driver = context.open_at(root)??;
    let worked = (|| {
        let mut below = Model::default();
        let mut parent: Option<&LayerId> = None;
        for (number, (key, id)) in ids.iter().enumerate() {
            let mut model = below.clone();
            let ops = if number == 0 {
                vec![dir("d"), file("gone", "x"), file("n", "0")]
            } else {
                vec![
                    file(format!("d/{number}"), "x"),
                    file("n", number.to_string()),
                ]
            };
            model.apply(&ops).map_err(Stop::broken)?;
            layer::settle(&below, &mut model);
            let tar = layer::write(&below, &model, Spelling::default());
            driver.prepare(key, parent, Kind::Writable)?;
            driver.apply(key, &mut &tar[..], &Limits::default())?;
            driver.commit(key, id)?;
            (below, parent) = (model, Some(id));
        }
        driver.prepare(&key, parent, Kind::Writable)?;
        for round in 0..2 {
            let mount = driver.mount(&key, &at)?;
            if round == 0 {
                live::apply(
                    &at,
                    &[remove("gone"), file("n", "mine"), file("d/1", "mine")],
                )?;
            }
            look(&at)?;
            mount.unmount()?;
        }
        let view = driver.view(Item::Container(&key))?;
        look(view.path())?;
        view.close()?;
        driver.remove(Item::Container(&key))?;
        for (_, id) in ids.iter().rev() {
            driver.remove(Item::Layer(id))?;
        }
        Ok(())
    })();
    let closed = driver.close();
    worked.and(closed.map_err(Stop::from))
}

/// The container's tree: every layer's own file, the newest of what all have, and nothing that was deleted.
fn look(at: &Path) -> Checked {
    let names: Vec<String> = seen::read(at)?
        .keys()
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    let mut wanted: Vec<String> = (1..LAYERS).map(|n| format!("d/{n}")).collect();
    wanted.extend(["", "d", "n"].map(str::to_owned));
    wanted.sort();
    check::same("names", wanted, names)?;
    for name in ["n", "d/1"] {
        let text = std::fs::read_to_string(at.join(name))
            .map_err(|error| Stop::fail(name, error.to_string()))?;
        check::same(name, "mine", text.as_str())?;
    }
    Ok(())
}
