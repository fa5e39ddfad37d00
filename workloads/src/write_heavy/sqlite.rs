//! A real SQLite database doing small transactions.

use std::path::Path;
use std::time::Instant;

use drivers::{Error, ErrorKind, Result};
use rusqlite::Connection;

use super::jobs::{histogram, record};
use crate::cell::Cell;

/// Transactions of one insert each, every one durable (`synchronous=FULL`). `journal` is `WAL` or `DELETE`.
///
/// # Errors
/// `Unsupported` when SQLite cannot use that journal here (write-ahead logs need shared memory mappings).
pub(super) fn transactions(
    cell: &mut Cell<'_>,
    phase: &str,
    dir: &Path,
    journal: &str,
) -> Result<()> {
    let path = dir.join(format!("{phase}.db"));
    let fail = |e: rusqlite::Error| {
        Error::new(ErrorKind::Unsupported, "use SQLite on")
            .path(&path)
            .because(e.to_string())
    };
    let mut connection = Connection::open(&path).map_err(fail)?;
    let got: String = connection
        .query_row(&format!("PRAGMA journal_mode={journal}"), [], |row| {
            row.get(0)
        })
        .map_err(fail)?;
    if !got.eq_ignore_ascii_case(journal) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("use SQLite with journal_mode={journal} on"),
        )
        .path(&path)
        .because(format!("it chose {got}")));
    }
    connection
        .execute_batch(
            "PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)",
        )
        .map_err(fail)?;
    let count = cell.scale.transactions;
    let body = [0x77_u8; 100];
    let mut latencies = histogram()?;
    let environment = cell.environment;
    let mut took = 0.0;
    let work = || {
        let start = Instant::now();
        for _ in 0..count {
            let began = Instant::now();
            let transaction = connection.transaction().map_err(fail)?;
            transaction
                .execute("INSERT INTO t (body) VALUES (?1)", [&body[..]])
                .map_err(fail)?;
            transaction.commit().map_err(fail)?;
            latencies
                .saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        took = start.elapsed().as_secs_f64();
        Ok(())
    };
    cell.recorder
        .time_until_durable(phase, work, || environment.sync())?;
    record(cell, phase, took, count, latencies);
    connection.close().map_err(|(_, e)| fail(e))?;
    Ok(())
}
