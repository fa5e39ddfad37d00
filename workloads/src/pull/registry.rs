//! What a registry adds to a pull, where the image of the run came from one: asking for it, downloading its blobs onto the
//! store, and all of it end to end, each layer unpacked while it is downloaded.
//!
//! It predicts how much of a pull from *this* registry no driver has a part in, and whether one download at once or several
//! serve better. It says nothing about another network: on the loopback, it is the CPU time of HTTP and TLS that shows.

use std::time::Instant;

use drivers::Result;

use super::workload::Place;
use crate::cell::Cell;
use crate::image::Image;
use crate::image::registry::Origin;
use crate::recorder::Metric;

/// Blobs downloaded at once: one, and what engines do by default (3 to 6).
const DOWNLOADS: [usize; 2] = [1, 4];

/// Starts and ends with the image there.
pub(super) fn measure(
    cell: &mut Cell<'_>,
    place: &Place<'_>,
    image: &Image,
    origin: &Origin,
) -> Result<()> {
    let (environment, dir) = (cell.environment, cell.plain);
    cell.recorder.caches(None);
    environment.sync()?;
    cell.recorder.time("resolve", || origin.resolve())?;
    for downloads in DOWNLOADS {
        cell.recorder
            .param("downloads", Some(downloads.to_string()));
        // Off the clock: a download begins with a connection and a token that are there.
        let contact = origin.resolve()?;
        let ((downloaded, files), took) = cell.recorder.time_until_durable(
            "download",
            || {
                let start = Instant::now();
                let downloaded = contact.download(dir, downloads)?;
                Ok((downloaded, start.elapsed()))
            },
            || environment.sync(),
        )?;
        drop(files);
        #[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
        let bytes = downloaded.bytes as f64;
        let rate = bytes / took.as_secs_f64().max(f64::MIN_POSITIVE);
        cell.recorder.value("download", Metric::Payload, bytes);
        cell.recorder.value("download", Metric::Throughput, rate);
        let verify = downloaded.verify.as_secs_f64();
        cell.recorder.value("download-verify", Metric::Time, verify);
    }
    place.remove(image, None)?;
    environment.sync()?;
    let downloads = DOWNLOADS[DOWNLOADS.len() - 1];
    cell.recorder.time_until_durable(
        "pull-registry",
        || {
            let contact = origin.resolve()?;
            contact.pull_arriving(image, dir, downloads, |image| place.pull(image))
        },
        || environment.sync(),
    )?;
    cell.recorder.param("downloads", None);
    Ok(())
}
