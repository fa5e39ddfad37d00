//! What fio says of its jobs: its JSON, version 3.

use serde_json::Value;

/// One direction of one job.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// The job's name.
    pub(super) job: String,
    /// `read` or `write`.
    pub(super) direction: &'static str,
    /// Operations and bytes a second. fio counts a job's time in milliseconds: of a shorter one than 20 ms these would be
    /// wrong by more than 5 %.
    pub(super) speed: Option<(f64, f64)>,
    /// Seconds.
    pub(super) p50: f64,
    /// Seconds; only of 1,000 operations or more.
    pub(super) p99: Option<f64>,
}

/// See [`Said::speed`].
const LEAST_MS: f64 = 20.0;

/// A job that ended with an error: its name and the errno.
pub(super) type Failed = (String, i32);

/// Every direction of every job that moved something, and the jobs that failed; `None` when this is not what fio says.
pub(super) fn read(text: &[u8]) -> Option<(Vec<Said>, Vec<Failed>)> {
    // A warning may stand before the document.
    let start = text.iter().position(|&byte| byte == b'{')?;
    let json: Value = serde_json::from_slice(&text[start..]).ok()?;
    let (mut all, mut failed) = (Vec::new(), Vec::new());
    for job in json["jobs"].as_array()? {
        let name = job["jobname"].as_str()?;
        let errno = i32::try_from(job["error"].as_i64()?).ok()?;
        if errno != 0 {
            failed.push((name.to_owned(), errno));
            continue;
        }
        for direction in ["read", "write"] {
            let of = &job[direction];
            let operations = of["total_ios"].as_f64()?;
            if operations <= 0.0 {
                continue;
            }
            let quantile = |name: &str| Some(of["clat_ns"]["percentile"][name].as_f64()? / 1e9);
            all.push(Said {
                job: name.to_owned(),
                direction,
                speed: (of["runtime"].as_f64()? >= LEAST_MS)
                    .then(|| Some((of["iops"].as_f64()?, of["bw_bytes"].as_f64()?)))
                    .flatten(),
                p50: quantile("50.000000")?,
                p99: (operations >= 1000.0)
                    .then(|| quantile("99.000000"))
                    .flatten(),
            });
        }
    }
    Some((all, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"fio: a warning
{"fio version":"fio-3.33","jobs":[{"jobname":"mixed","error":0,
 "read":{"io_bytes":8192000,"total_ios":1000,"runtime":1998,"iops":500.5,"bw_bytes":4096000,
  "clat_ns":{"percentile":{"50.000000":2000,"99.000000":90000}}},
 "write":{"io_bytes":81920,"total_ios":10,"runtime":7,"iops":5.0,"bw_bytes":40960,
  "clat_ns":{"percentile":{"50.000000":3000,"99.000000":95000}}}},
 {"jobname":"direct-write","error":22,"read":{"total_ios":0},"write":{"total_ios":0}}]}"#;

    #[test]
    fn both_directions_of_a_job_are_read_and_its_error() {
        let (said, failed) = read(TEXT.as_bytes()).unwrap();
        assert_eq!(said.len(), 2);
        assert_eq!(said[0].direction, "read");
        assert_eq!(said[0].speed, Some((500.5, 4_096_000.0)));
        assert_eq!(said[1].speed, None, "7 ms are too short to tell");
        assert_eq!(said[0].p99, Some(9e-5));
        // Ten operations have no 99th percentile.
        assert_eq!((said[1].p50, said[1].p99), (3e-6, None));
        assert_eq!(failed, [("direct-write".to_owned(), 22)]);
        assert_eq!(read(b"fio: cannot start"), None);
        assert_eq!(read(b"{}"), None);
    }
}
