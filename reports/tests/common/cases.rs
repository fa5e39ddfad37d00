//! The invented conformance results of the made-up run.

use reports::{CaseResult, Level, Outcome, Results};

use super::NATURES;

pub(super) fn cases(results: &mut Results) {
    let list = [
        (
            "siblings_are_isolated",
            "sharing",
            Level::Must,
            "Containers of one image do not see one another's writes.",
        ),
        (
            "small_file_costs_its_size",
            "sharing",
            Level::Should,
            "A 1 KiB file in a 1 GB image costs about 1 KiB.",
        ),
        (
            "rename_of_a_lower_directory",
            "copy-up",
            Level::Should,
            "A directory of a lower layer can be renamed, or stays where it was.",
        ),
        (
            "posix_acl_is_enforced",
            "copy-up",
            Level::Should,
            "An ACL is stored and enforced.",
        ),
        (
            "unlinked_lower_file_stays_gone",
            "whiteouts",
            Level::Must,
            "A deleted file of the image does not come back.",
        ),
    ];
    for nature in NATURES {
        for (case, theme, level, promise) in list {
            let (outcome, reason) = match (nature.name, case) {
                ("vfs@xfs", "small_file_costs_its_size") => {
                    (Outcome::Deviates, "every container is a full copy: 256 MiB")
                }
                ("zfs@zfs-fuse-0.7.0", "posix_acl_is_enforced") => {
                    (Outcome::NotApplicable, "declares no ACLs")
                }
                ("fuse-overlayfs@ext4", "rename_of_a_lower_directory") => {
                    (Outcome::Fail, "the source is gone")
                }
                ("zfs@zfs-fuse-0.7.0", "siblings_are_isolated") => {
                    (Outcome::Broken, "mount: timed out after 30 s")
                }
                ("fuse-overlayfs@ext4", "unlinked_lower_file_stays_gone") => {
                    (Outcome::Fail, "it came back after a remount")
                }
                _ => (Outcome::Pass, ""),
            };
            let failed = outcome == Outcome::Fail;
            results.cases.push(CaseResult {
                subject: nature.name.to_owned(),
                driver: nature.name.split('@').next().unwrap_or("").to_owned(),
                case: case.to_owned(),
                outcome,
                reason: reason.to_owned(),
                promise: promise.to_owned(),
                origin: "OCI image spec, layer.md".to_owned(),
                level,
                theme: theme.to_owned(),
                capability: (case == "rename_of_a_lower_directory")
                    .then(|| "rename_lower_dir".to_owned()),
                expected: failed.then(|| "EXDEV, source intact".to_owned()),
                actual: failed.then(|| "EXDEV, source gone".to_owned()),
                seconds: 0.02,
            });
        }
    }
}
