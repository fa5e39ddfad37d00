//! Reads what `zfs`, `zpool` and the package manager print. Strict: what is not understood is an error, never a guess.

use crate::error::{Error, ErrorKind, Result};

fn odd(what: &'static str, line: &str) -> Error {
    Error::new(ErrorKind::Daemon, what).because(format!("the line {line:?} is not understood"))
}

/// Numbers from `zfs get -Hp -o property,value`, in the order asked for.
pub(super) fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Result<[u64; N]> {
    let op = "read the properties of a dataset";
    let mut found = [None; N];
    for line in text.lines() {
        let (name, value) = line.split_once('\t').ok_or_else(|| odd(op, line))?;
        let slot = names
            .iter()
            .position(|wanted| *wanted == name)
            .ok_or_else(|| odd(op, line))?;
        let value: u64 = value.parse().map_err(|_| odd(op, line))?;
        if found[slot].replace(value).is_some() {
            return Err(odd(op, line));
        }
    }
    let mut numbers = [0; N];
    for (number, (found, name)) in numbers.iter_mut().zip(found.iter().zip(names)) {
        *number = found.ok_or_else(|| {
            Error::new(ErrorKind::Daemon, op).because(format!("{name} is not among them"))
        })?;
    }
    Ok(numbers)
}

/// What a pool holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inventory {
    /// The serials of the items' datasets.
    pub(super) serials: Vec<u64>,
    /// Snapshots and clones made for a glance, in no order.
    pub(super) glances: Vec<String>,
}

/// Reads the names of `zfs list -H -o name -t all -r POOL`.
pub(super) fn inventory(text: &str, pool: &str) -> Result<Inventory> {
    let op = "read the list of datasets";
    let mut inventory = Inventory::default();
    for line in text.lines() {
        let rest = line.strip_prefix(pool).ok_or_else(|| odd(op, line))?;
        if rest.is_empty() {
            continue;
        }
        let name = rest.strip_prefix('/').ok_or_else(|| odd(op, line))?;
        if let Some((_, snapshot)) = name.split_once('@') {
            if number(snapshot, super::glance::PREFIX).is_some() {
                inventory.glances.push(line.to_owned());
            }
            continue;
        }
        if number(name, super::glance::PREFIX).is_some() {
            inventory.glances.push(line.to_owned());
            continue;
        }
        // Nested datasets go with the item they are in.
        if name.contains('/') || name == super::pool::PLAIN {
            continue;
        }
        inventory
            .serials
            .push(number(name, 'e').ok_or_else(|| odd(op, line))?);
    }
    Ok(inventory)
}

fn number(name: &str, prefix: char) -> Option<u64> {
    name.strip_prefix(prefix)?.parse().ok()
}

/// The value column of `zpool get PROPERTY POOL`, which has a header and no `-H` in zfs-fuse.
pub(super) fn pool_property(text: &str, pool: &str, name: &str) -> Result<String> {
    let op = "read the properties of a pool";
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    if header
        .split_whitespace()
        .ne(["NAME", "PROPERTY", "VALUE", "SOURCE"])
    {
        return Err(odd(op, header));
    }
    let line = lines.next().unwrap_or_default();
    let fields: Vec<&str> = line.split_whitespace().collect();
    match (fields.as_slice(), lines.next()) {
        ([p, n, value, _], None) if *p == pool && *n == name => Ok((*value).to_owned()),
        _ => Err(odd(op, line)),
    }
}

/// The upstream part of a package's or module's version: `1:0.7.0-25+b1` is `0.7.0`.
pub(super) fn upstream_version(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.split_once(':').map_or(text, |(_, rest)| rest);
    let version: &str = text.split(['-', '+', '~']).next()?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'.';
    (version.starts_with(|c: char| c.is_ascii_digit()) && version.bytes().all(legal))
        .then(|| version.to_owned())
}

/// Whether a mount of the dataset is in the text of /proc/PID/mountinfo.
pub(super) fn is_mounted(mountinfo: &str, dataset: &str) -> bool {
    mountinfo
        .lines()
        .filter_map(|line| line.split_once(" - "))
        .filter_map(|(_, filesystem)| filesystem.split(' ').nth(1))
        .any(|source| source == dataset)
}

/// What a failed `zfs` or `zpool` means, by its words (`LC_ALL=C`).
pub(super) fn failure(stderr: &str) -> ErrorKind {
    const MEANINGS: &[(&str, ErrorKind)] = &[
        ("is busy", ErrorKind::InUse),
        ("umount failed", ErrorKind::InUse),
        ("unmount failed", ErrorKind::InUse),
        ("could not unmount", ErrorKind::InUse),
        ("already exists", ErrorKind::AlreadyExists),
        ("does not exist", ErrorKind::NotFound),
        ("no such pool", ErrorKind::NotFound),
        ("is currently suspended", ErrorKind::Io),
        ("I/O error", ErrorKind::Io),
        ("out of space", ErrorKind::NoSpace),
        ("No space left", ErrorKind::NoSpace),
        ("quota exceeded", ErrorKind::NoSpace),
        ("permission denied", ErrorKind::PermissionDenied),
        ("Permission denied", ErrorKind::PermissionDenied),
    ];
    MEANINGS
        .iter()
        .find(|(words, _)| stderr.contains(words))
        .map_or(ErrorKind::Daemon, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_order_asked_for() {
        let text = "used\t86016\nreferenced\t10629120\n";
        assert_eq!(
            numbers(text, ["referenced", "used"]).unwrap(),
            [10_629_120, 86016]
        );
    }

    #[test]
    fn odd_numbers_are_refused() {
        for bad in [
            "",
            "used\t1",
            "used\t1\nreferenced\t-\n",
            "used\t1\nreferenced\t10.1M\n",
            "used\t1\nused\t1\nreferenced\t1\n",
            "used 1\nreferenced 1\n",
            "used\t1\nreferenced\t1\nquota\t0\n",
            "used\t1\nreferenced\t1\tx\n",
        ] {
            assert!(numbers(bad, ["used", "referenced"]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_inventory_is_read_and_nested_datasets_left_to_their_parent() {
        let text = "p\np/plain\np/e1\np/e1@layer\np/e12\np/e12@v3\np/v3\np/e12/own\np/e12/own@x\n";
        let found = inventory(text, "p").unwrap();
        assert_eq!(found.serials, [1, 12]);
        assert_eq!(found.glances, ["p/e12@v3", "p/v3"]);
        assert_eq!(inventory("", "p").unwrap(), Inventory::default());
        for bad in ["q\n", "pp/e1\n", "p/x1\n", "p/e\n", "p/e-1\n", "p@snap\n"] {
            assert!(inventory(bad, "p").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_pool_property_is_read() {
        let text = "NAME  PROPERTY  VALUE    SOURCE\np-1   version   23       default\n";
        assert_eq!(pool_property(text, "p-1", "version").unwrap(), "23");
        for bad in [
            "",
            "NAME PROPERTY VALUE SOURCE\n",
            "p-1 version 23 default\n",
        ] {
            assert!(pool_property(bad, "p-1", "version").is_err(), "{bad:?}");
        }
        assert!(pool_property(text, "p-2", "version").is_err());
    }

    #[test]
    fn versions_lose_their_packaging() {
        for (text, version) in [
            ("0.7.0-25+b1", Some("0.7.0")),
            ("1:0.7.2.2-14.fc29\n", Some("0.7.2.2")),
            ("2.3.2-2~bpo12+2\n", Some("2.3.2")),
            ("2.2.0~rc3", Some("2.2.0")),
            ("", None),
            ("unknown", None),
            ("0.7/../x", None),
        ] {
            assert_eq!(upstream_version(text).as_deref(), version, "{text:?}");
        }
    }

    #[test]
    fn a_mounted_dataset_is_found_by_its_whole_name() {
        let text = "67 63 0:43 / /m/e1 rw,relatime - fuse.zfs p/e12 rw,user_id=0\n";
        assert!(is_mounted(text, "p/e12"));
        assert!(!is_mounted(text, "p/e1"));
        assert!(!is_mounted("p/e1\n", "p/e1"));
    }

    #[test]
    fn failures_are_told_apart() {
        for (words, kind) in [
            ("cannot destroy 'p/f1': dataset is busy", ErrorKind::InUse),
            (
                "umount: /mnt: target is busy.\ncannot unmount '/mnt': umount failed: umount child process failed",
                ErrorKind::InUse,
            ),
            (
                "cannot create 'p/e1': dataset already exists",
                ErrorKind::AlreadyExists,
            ),
            (
                "cannot open 'p/e6': dataset does not exist",
                ErrorKind::NotFound,
            ),
            (
                "cannot import 'p': no such pool available",
                ErrorKind::NotFound,
            ),
            ("cannot create 'p/e1': out of space", ErrorKind::NoSpace),
            (
                "cannot open 'p': pool I/O is currently suspended",
                ErrorKind::Io,
            ),
            ("internal error: out of memory", ErrorKind::Daemon),
        ] {
            assert_eq!(failure(words), kind, "{words}");
        }
    }
}
