//! The options of fuse-overlayfs, as its manual has them.

use crate::error::{Error, ErrorKind, Result};
use crate::projects::QUOTA;
use crate::subject::{OptionSpec, Options, SYNC};

/// What `layerbench list` shows.
pub(super) const SPECS: &[OptionSpec] = &[
    OptionSpec {
        name: "timeout",
        values: &[],
        doc: "seconds the kernel may cache names and attributes; the program's default is 1000000000",
    },
    OptionSpec {
        name: "volatile",
        values: &["off", "on"],
        doc: "on: fsync does nothing",
    },
    OptionSpec {
        name: "noxattrs",
        values: &["off", "on"],
        doc: "on: no extended attributes for users",
    },
    OptionSpec {
        name: "noacl",
        values: &["off", "on"],
        doc: "on: no POSIX ACLs",
    },
    OptionSpec {
        name: "static_nlink",
        values: &["off", "on"],
        doc: "on: every directory has a link count of 1, which saves counting its children",
    },
    OptionSpec {
        name: "writeback",
        values: &["on", "off"],
        doc: "off: every write reaches the daemon at once",
    },
    SYNC,
    QUOTA,
];

/// Checks the options and spells them for the program: `,timeout=1,volatile`.
///
/// # Errors
/// `BadInput`.
pub(super) fn arguments(options: &Options) -> Result<String> {
    options.check("fuse-overlayfs", SPECS)?;
    let mut text = String::new();
    for (name, value) in &options.0 {
        let spelled = match (name.as_str(), value.as_str()) {
            ("timeout", seconds) => {
                let legal = seconds
                    .parse::<f64>()
                    .is_ok_and(|s| s.is_finite() && s >= 0.0);
                if !legal {
                    return Err(Error::new(
                        ErrorKind::BadInput,
                        format!("set timeout={seconds} of fuse-overlayfs"),
                    )
                    .because("it takes a number of seconds"));
                }
                format!(",timeout={seconds}")
            }
            // The driver's own.
            ("sync" | "quota", _) => String::new(),
            ("noxattrs", "on") => ",noxattrs=1".to_owned(),
            ("writeback", "off") => ",writeback=0".to_owned(),
            (flag, "on") if flag != "writeback" => format!(",{flag}"),
            _ => String::new(),
        };
        text.push_str(&spelled);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_spelled_for_the_program_and_nothing_can_be_smuggled_in() {
        let read = |text: &str| {
            let spec: crate::SubjectSpec = format!("fuse-overlayfs{text}").parse().unwrap();
            arguments(&spec.options)
        };
        assert_eq!(read("").unwrap(), "");
        assert_eq!(
            read(",timeout=1.5,volatile=on,noxattrs=on,noacl=off,writeback=off").unwrap(),
            ",noxattrs=1,timeout=1.5,volatile,writeback=0"
        );
        for bad in [",timeout=soon", ",timeout=-1", ",lowerdir=/", ",volatile=1"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
