//! Starts while other containers are there.

use std::time::{Duration, Instant};

use drivers::{Driver, LayerId, Result};

use super::{one, serial};
use crate::cell::Cell;
use crate::container::{Container, key};
use crate::recorder::Metric;

/// Containers are made for so long; then those that are there have to do, and it is told.
const FILL_LIMIT: Duration = Duration::from_secs(60);

/// One start with none, then with as many as the scale says.
pub(super) fn measure(cell: &mut Cell<'_>, driver: &dyn Driver, base: &LayerId) -> Result<()> {
    let each = cell.scale.start_scale.start_scale_each;
    cell.recorder.param("live", Some("0".to_owned()));
    let (name, scratch) = (cell.name.clone(), cell.scratch);
    let start = |live: u32, n: u32| {
        one(
            driver,
            format!("{name}-l{live}-{n}").parse()?,
            scratch,
            base,
        )
    };
    serial(cell, "live", each, |n| start(0, n))?;
    for live in cell.scale.start_scale.start_scale_live.clone() {
        cell.recorder.param("live", Some(live.to_string()));
        let there = fill(cell, driver, base, live)?;
        if there.len() < live as usize {
            let reason = format!(
                "{} containers were mounted after {} s; {live} would take too long",
                there.len(),
                FILL_LIMIT.as_secs()
            );
            cell.recorder.cannot("live", reason);
            // What is many for this driver is too many from here on.
            drain(there)?;
            break;
        }
        serial(cell, "live", each, |n| start(live, n))?;
        cell.recorder.time("drain", || drain(there))?;
    }
    cell.recorder.param("live", None);
    Ok(())
}

fn fill<'d>(
    cell: &mut Cell<'_>,
    driver: &'d dyn Driver,
    base: &LayerId,
    live: u32,
) -> Result<Vec<Container<'d>>> {
    let keys: Vec<_> = (0..live)
        .map(|n| key(cell, &format!("f{live}-{n}")))
        .collect::<Result<_>>()?;
    let scratch = cell.scratch;
    let began = Instant::now();
    let make = || {
        let mut there = Vec::with_capacity(keys.len());
        for key in keys {
            there.push(Container::start(driver, key, scratch, Some(base))?);
            if began.elapsed() > FILL_LIMIT {
                break;
            }
        }
        Ok(there)
    };
    let there = cell.recorder.time("fill", make)?;
    if !cell.recorder.is_counted() {
        #[expect(clippy::cast_precision_loss, reason = "a number of containers")]
        let rate = there.len() as f64 / began.elapsed().as_secs_f64();
        cell.recorder.value("fill", Metric::Rate, rate);
    }
    Ok(there)
}

fn drain(there: Vec<Container<'_>>) -> Result<()> {
    // The last one first: nothing is left to others when one fails.
    let ends = there.into_iter().rev().map(Container::finish);
    ends.fold(Ok(()), Result::and)
}
