//! Unmounting a container while writes wait: its own, or those of others on the same store.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Driver, Result};

use super::ground;
use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::fixture;

/// Whose writes wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Nobody,
    Own,
    Others,
}

impl Whose {
    const ALL: [Self; 3] = [Self::Nobody, Self::Own, Self::Others];

    /// As the parameter `whose` says.
    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Own => "own",
            Self::Others => "others",
        }
    }
}

/// Each way once. On the control nothing is mounted.
pub(super) fn measure(cell: &mut Cell<'_>) -> Result<()> {
    let Ground::Driver(driver) = cell.ground else {
        return Ok(());
    };
    for whose in Whose::ALL {
        let outcome = one(cell, driver, whose);
        for name in ["whose", "dirty"] {
            cell.recorder.param(name, None);
        }
        outcome?;
    }
    Ok(())
}

fn one(cell: &mut Cell<'_>, driver: &dyn Driver, whose: Whose) -> Result<()> {
    let environment = cell.environment;
    let bytes = match whose {
        Whose::Nobody => 0,
        Whose::Own | Whose::Others => cell.scale.remove.remove_dirty_bytes,
    };
    let base = ground::base(driver)?;
    let key = key(cell, "unmount")?;
    let mut container = Container::start(driver, key, cell.scratch, Some(&base))?;
    let beside = cell.plain.join("dirty");
    environment.sync()?;
    match whose {
        Whose::Nobody => {}
        Whose::Own => write(&container.root().join("dirty"), bytes)?,
        Whose::Others => write(&beside, bytes)?,
    }
    let recorder = &mut cell.recorder;
    recorder.param("whose", Some(whose.name().to_owned()));
    recorder.param("dirty", Some(bytes.to_string()));
    let unmounted =
        recorder.time_until_durable("unmount", || container.unmount(), || environment.sync());
    if whose == Whose::Others {
        std::fs::remove_file(&beside).attempt("remove", &beside)?;
    }
    unmounted?;
    container.finish()
}

/// Writes a file and does not wait for the disk.
fn write(path: &Path, bytes: u64) -> Result<()> {
    let op = "write";
    let mut file = File::create(path).attempt(op, path)?;
    let mut source = fixture::random(bytes);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = source.read(&mut buffer).attempt(op, path)?;
        if n == 0 {
            return Ok(());
        }
        file.write_all(&buffer[..n]).attempt(op, path)?;
    }
}
