//! pgbench: its tables, its transactions, and whether they were really done.

use std::path::Path;

use drivers::error::Attempt as _;
use drivers::sys::rooted::Running;
use drivers::{Error, ErrorKind, Result};
use hdrhistogram::Histogram;

use super::server::Programs;
use crate::bill::Bill;
use crate::cell::Cell;
use crate::processes;
use crate::recorder::Metric;

/// The longest transaction that is told from longer ones, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// Where pgbench keeps its log, inside the root.
const LOGS: &str = "dev/shm";
/// What the names of its logs begin with.
const PREFIX: &str = "layerbench";

/// Fills the tables and runs both kinds of transactions.
pub(super) fn all(
    cell: &mut Cell<'_>,
    programs: &Programs,
    root: &Path,
    server: &Running,
    bill: &mut Bill,
) -> Result<()> {
    let environment = cell.environment;
    let scale = cell.scale.postgres.postgres_scale;
    let fill = ["-i", "-q", "-s", &scale.to_string()].map(str::to_owned);
    cell.recorder.time_until_durable(
        "load",
        || programs.pgbench(root, server, &fill),
        || environment.sync(),
    )?;
    bill.add(&mut cell.recorder, "load", server);
    let rows = programs.query(root, server, "SELECT count(*) FROM pgbench_accounts")?;
    if rows != (u64::from(scale) * 100_000).to_string() {
        return Err(wrong(format!("it filled {rows} rows at scale {scale}")));
    }
    programs.query(root, server, "CHECKPOINT")?;
    // The checkpoint and the questions are nobody's.
    bill.skip(server);
    transactions(cell, programs, root, server, "transactions", &[])?;
    bill.add(&mut cell.recorder, "transactions", server);
    if let Some(bytes) = processes::memory(server) {
        #[expect(clippy::cast_precision_loss, reason = "bytes below 2^53")]
        cell.recorder
            .value("transactions", Metric::Memory, bytes as f64);
    }
    let done = u64::from(cell.scale.postgres.postgres_clients)
        * u64::from(cell.scale.postgres.postgres_transactions);
    // Every transaction adds the same to an account, a teller and a branch, and tells of it in the history.
    let sums = "SELECT count(*), sum(delta), (SELECT sum(abalance) FROM pgbench_accounts), \
                (SELECT sum(tbalance) FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches) \
                FROM pgbench_history";
    let answer = programs.query(root, server, sums)?;
    check_sums(&answer, done)?;
    bill.skip(server);
    transactions(cell, programs, root, server, "read-only", &["-S"])?;
    bill.add(&mut cell.recorder, "read-only", server);
    Ok(())
}

fn transactions(
    cell: &mut Cell<'_>,
    programs: &Programs,
    root: &Path,
    server: &Running,
    phase: &str,
    more: &[&str],
) -> Result<()> {
    let amounts = &cell.scale.postgres;
    let (clients, each) = (amounts.postgres_clients, amounts.postgres_transactions);
    let mut line: Vec<String> = [
        "-n",
        "-c",
        &clients.to_string(),
        "-t",
        &each.to_string(),
        "--log",
        "--log-prefix",
        PREFIX,
        "--random-seed",
        &(cell.seed % u64::from(u32::MAX)).to_string(),
    ]
    .map(str::to_owned)
    .into();
    line.extend(more.iter().map(|&flag| flag.to_owned()));
    let environment = cell.environment;
    let ended = cell.recorder.time_until_durable(
        phase,
        || programs.pgbench(root, server, &line),
        || environment.sync(),
    )?;
    let done = u64::from(clients) * u64::from(each);
    let rate = rate(&ended.output, done)?;
    let latencies = logs(&root.join(LOGS))?;
    if latencies.len() != done {
        let logged = latencies.len();
        return Err(wrong(format!("it logged {logged} of {done} transactions")));
    }
    cell.recorder.value(phase, Metric::Rate, rate);
    cell.recorder.latencies(phase, latencies);
    Ok(())
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Daemon, "believe pgbench").because(what)
}

/// Transactions per second as pgbench tells them, once it has done all that it was to do.
fn rate(output: &str, wanted: u64) -> Result<f64> {
    let after = |name: &str| {
        let line = output
            .lines()
            .find_map(|line| line.trim().strip_prefix(name));
        line.map(|rest| rest.trim().split([' ', '/']).next().unwrap_or_default())
    };
    let done = after("number of transactions actually processed:");
    if done != Some(wanted.to_string().as_str()) {
        let done = done.unwrap_or("nothing");
        return Err(wrong(format!("of {wanted} transactions it did {done}")));
    }
    after("tps =")
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| wrong("it told no transactions per second".to_owned()))
}

/// The balances agree, and the history is complete: no transaction was lost or done by halves.
fn check_sums(answer: &str, wanted: u64) -> Result<()> {
    let fields: Vec<&str> = answer.split('|').collect();
    let [count, sums @ ..] = fields.as_slice() else {
        return Err(wrong(format!("it answered {answer:?}")));
    };
    let agree = sums.len() == 4 && sums.iter().all(|sum| *sum == sums[0] && !sum.is_empty());
    if agree && *count == wanted.to_string() {
        return Ok(());
    }
    Err(wrong(format!(
        "after {wanted} transactions its tables say {answer:?}, which do not agree"
    )))
}

/// Reads and removes pgbench's logs.
fn logs(dir: &Path) -> Result<Histogram<u64>> {
    let mut latencies = Histogram::new_with_max(LONGEST, 3)
        .map_err(|e| Error::new(ErrorKind::Io, "make a histogram").because(e.to_string()))?;
    for entry in std::fs::read_dir(dir).attempt("list", dir)? {
        let path = entry.attempt("list", dir)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(PREFIX) {
            continue;
        }
        let text = std::fs::read_to_string(&path).attempt("read", &path)?;
        for line in text.lines() {
            let microseconds =
                latency(line).ok_or_else(|| wrong(format!("its log has the line {line:?}")))?;
            latencies.saturating_record(microseconds.saturating_mul(1000));
        }
        std::fs::remove_file(&path).attempt("remove", &path)?;
    }
    Ok(latencies)
}

/// A line of the log: client, number of the transaction, microseconds, number of the script, and when.
fn latency(line: &str) -> Option<u64> {
    line.split(' ').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "transaction type: <builtin: TPC-B (sort of)>\nnumber of clients: 2\n\
        number of transactions actually processed: 40/40\nnumber of failed transactions: 0 (0.000%)\n\
        latency average = 2.134 ms\ntps = 937.207592 (without initial connection time)\n";

    #[test]
    fn what_pgbench_says_is_read_and_less_than_asked_is_refused() {
        assert!((rate(OUTPUT, 40).unwrap() - 937.207_592).abs() < 1e-9);
        let error = rate(OUTPUT, 41).unwrap_err().to_string();
        assert!(error.contains("of 41 transactions it did 40"), "{error}");
        rate("", 1).unwrap_err();
        rate(&OUTPUT.replace("tps", "tpm"), 40).unwrap_err();
        assert_eq!(latency("0 199 2241 0 1175850568 995598"), Some(2241));
        assert_eq!(latency("0 199 skipped 0 1 2"), None);
    }

    #[test]
    fn balances_that_do_not_agree_are_told() {
        check_sums("40|-17|-17|-17|-17", 40).unwrap();
        for bad in [
            "39|-17|-17|-17|-17",
            "40|-17|-17|-17|-16",
            "40||||",
            "40|1",
            "",
        ] {
            let error = check_sums(bad, 40).unwrap_err();
            assert!(error.to_string().contains("40 transactions"), "{bad}");
        }
    }

    #[test]
    fn logs_are_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("layerbench.7", "0 1 1500 0 1 2\n0 2 2500 0 1 2\n");
        write("layerbench.7.1", "1 1 3500 0 1 2\n");
        write("PostgreSQL.123", "not text that is a log");
        let latencies = logs(dir.path()).unwrap();
        assert_eq!(latencies.len(), 3);
        assert!(latencies.value_at_quantile(0.5).abs_diff(2_500_000) <= 2500);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        write("layerbench.8", "nonsense\n");
        logs(dir.path()).unwrap_err();
    }
}
