//! Times and shares as people say them.

use std::time::Duration;

/// `40 s`, `3 min 45 s`, `20 min`, `1 h 5 min`: to the second below ten minutes, to the minute above.
pub(crate) fn time(time: Duration) -> String {
    let seconds = (time.as_secs_f64()).round();
    if seconds < 1.0 {
        return format!("{:.2} s", time.as_secs_f64());
    }
    let with = |big: f64, unit: &str, small: f64, small_unit: &str| {
        if small < 1.0 {
            format!("{big} {unit}")
        } else {
            format!("{big} {unit} {small} {small_unit}")
        }
    };
    if seconds < 100.0 {
        format!("{seconds} s")
    } else if seconds < 600.0 {
        with((seconds / 60.0).floor(), "min", seconds % 60.0, "s")
    } else {
        let minutes = (seconds / 60.0).round();
        if minutes < 100.0 {
            format!("{minutes} min")
        } else {
            with((minutes / 60.0).floor(), "h", minutes % 60.0, "min")
        }
    }
}

/// `4.2 %`, `5 %`, `12 %` of a share (0.042).
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let whole = (percent - percent.round()).abs() < 0.05;
    if percent.abs() < 9.95 && !whole {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_exact_as_they_are_worth() {
        let of = |seconds| time(Duration::from_secs_f64(seconds));
        for (seconds, text) in [
            (0.25, "0.25 s"),
            (59.6, "60 s"),
            (99.0, "99 s"),
            (225.0, "3 min 45 s"),
            (120.0, "2 min"),
            (1200.0, "20 min"),
            (3900.0, "65 min"),
            (7500.0, "2 h 5 min"),
        ] {
            assert_eq!(of(seconds), text);
        }
    }

    #[test]
    fn shares_keep_two_digits() {
        assert_eq!(
            (percent(0.042), percent(0.117)),
            ("4.2 %".into(), "12 %".into())
        );
        assert_eq!(percent(0.05), "5 %");
    }
}
