//! `conform --userns` as root: the suite is asked by a second process, in a user namespace with 65 536 ids and none of
//! the host's privileges, as engines without root have it. This process makes the directory, waits, and takes the
//! records over.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::chown;

use anyhow::Context as _;
use drivers::sandbox::userns;
use reports::record::HostLine;
use reports::{Line, Results};

use crate::cli::ConformArgs;
use crate::records::{self, Records};
use crate::workplace::Workplace;
use crate::{exit, interrupt};

/// Set for the second process.
const VARIABLE: &str = "LAYERBENCH_INSIDE_USERNS";

/// Whether this is the second process.
pub(crate) fn is() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Whether a second process is needed: without root, every run is in a user namespace.
pub(crate) fn wanted(args: &ConformArgs) -> bool {
    args.userns && rustix::process::geteuid().is_root() && !is()
}

/// Asks in the second process and adds what it recorded.
pub(crate) fn ask(
    args: &ConformArgs,
    place: &Workplace,
    records: &mut Records,
) -> anyhow::Result<()> {
    let dir = place.directory("inside")?;
    chown(&dir, Some(userns::FIRST), Some(userns::FIRST))
        .with_context(|| format!("could not give {} away", dir.display()))?;
    let (work, out) = (dir.join("work"), dir.join("out"));
    let mut line: Vec<OsString> = vec!["conform".into()];
    let mut flag = |name: &str, value: &OsStr| line.extend([name.into(), value.to_owned()]);
    flag("--work", work.as_os_str());
    flag("--out", out.as_os_str());
    flag("--size", args.work.size.as_u64().to_string().as_ref());
    if let Some(limit) = args.case_timeout {
        let limit = format!("{}s", limit.as_secs().max(1));
        flag("--case-timeout", limit.as_ref());
    }
    for (name, values) in [
        ("--driver", &args.subjects.drivers),
        ("--case", &args.cases),
        ("--theme", &args.themes),
        ("--level", &args.levels),
    ] {
        for value in values {
            flag(name, value.as_ref());
        }
    }
    if let Some(backing) = &args.subjects.backing {
        flag("--backing", backing.as_ref());
    }
    let mut given = Ok(());
    let variables = [(VARIABLE, OsStr::new("1"))];
    let status =
        drivers::sys::command::interactive("/proc/self/exe".as_ref(), &line, &variables, |pid| {
            given = userns::give(pid);
        })?;
    given?;
    let code = status.code().unwrap_or(i32::from(exit::INTERNAL));
    let fine = [exit::OK, exit::FAILED, exit::INTERRUPTED].map(i32::from);
    if !fine.contains(&code) {
        let code = u8::try_from(code).unwrap_or(exit::INTERNAL);
        return Err(exit::coded(
            code,
            format!("in the user namespace the suite ended with {status}"),
        ));
    }
    let path = out.join(records::FILE);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("could not read {}", path.display()))?;
    let there = Results::from_lines(&text).with_context(|| format!("in {}", path.display()))?;
    records.push(Line::Host(HostLine { facts: there.host }))?;
    let subjects = there.subjects.into_iter().map(Line::Subject);
    let cases = there.cases.into_iter().map(Line::Case);
    subjects
        .chain(cases)
        .try_for_each(|line| records.push(line))?;
    // What was asked for is what was asked of this process; the count is of the work done there.
    if let Some(checks) = there.run.config.get("checks") {
        records.configured("checks", checks.clone())?;
    }
    records.configured("user_namespace_ids", userns::IDS.into())?;
    if there.end.is_some_and(|end| end.interrupted) {
        interrupt::request();
    }
    Ok(())
}
