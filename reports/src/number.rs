//! Numbers as people read them: three significant digits, one unit to a column, ratios as "1.18x slower".

use crate::metric::Direction;
use crate::stats::{Interval, Paired};

/// Three significant digits, never an exponent, no trailing zeros behind the point of whole hundreds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "digits of a float are few"
)]
pub fn three(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if magnitude >= 3 {
        let step = 10_f64.powi(magnitude - 2);
        return format!("{:.0}", (value / step).round() * step);
    }
    let decimals = (2 - magnitude).clamp(0, 9) as usize;
    let text = format!("{value:.decimals$}");
    // 9.999 rounds up into the next magnitude: one digit too many.
    if text
        .trim_start_matches(['-', '0', '.'])
        .chars()
        .filter(char::is_ascii_digit)
        .count()
        > 3
        && decimals > 0
    {
        return format!("{value:.0$}", decimals - 1);
    }
    text
}

/// A unit to write values in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// What is written behind the numbers: `ms`.
    pub unit: &'static str,
    /// How much one of it is in the record's unit.
    pub size: f64,
}

const TIME: [Scale; 4] = [
    Scale {
        unit: "s",
        size: 1.0,
    },
    Scale {
        unit: "ms",
        size: 1e-3,
    },
    Scale {
        unit: "µs",
        size: 1e-6,
    },
    Scale {
        unit: "ns",
        size: 1e-9,
    },
];
const BYTES: [Scale; 4] = [
    Scale {
        unit: "GiB",
        size: 1_073_741_824.0,
    },
    Scale {
        unit: "MiB",
        size: 1_048_576.0,
    },
    Scale {
        unit: "KiB",
        size: 1024.0,
    },
    Scale {
        unit: "B",
        size: 1.0,
    },
];
const SPEED: [Scale; 4] = [
    Scale {
        unit: "GiB/s",
        size: 1_073_741_824.0,
    },
    Scale {
        unit: "MiB/s",
        size: 1_048_576.0,
    },
    Scale {
        unit: "KiB/s",
        size: 1024.0,
    },
    Scale {
        unit: "B/s",
        size: 1.0,
    },
];
const RATE: [Scale; 1] = [Scale {
    unit: "per s",
    size: 1.0,
}];
const COUNT: [Scale; 1] = [Scale {
    unit: "",
    size: 1.0,
}];

impl Scale {
    /// The one scale in which all these values of a record's unit read well: the largest unit that keeps the smallest
    /// value above 0 at 1 (times: 0.1) or more, but never one that makes the largest look like 100,000 and more.
    pub fn of(unit: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let scales: &[Self] = match unit {
            "s" => &TIME,
            "B" => &BYTES,
            "B/s" => &SPEED,
            "1/s" => &RATE,
            _ => &COUNT,
        };
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for value in values.into_iter().filter(|value| *value > 0.0) {
            least = least.min(value);
            most = most.max(value);
        }
        // Nothing is no gibibyte.
        if most == 0.0 && unit == "B" {
            return scales[scales.len() - 1];
        }
        // 0.44 s reads well, 0.25 GiB does not.
        let floor = if unit == "s" { 0.1 } else { 1.0 };
        let fine = scales.iter().find(|s| least / s.size >= floor);
        let coarse = scales.iter().find(|s| most / s.size >= 1.0);
        match (fine, coarse) {
            (Some(fine), _) if most / fine.size < 1e5 => *fine,
            (_, Some(coarse)) => *coarse,
            (Some(only), None) => *only,
            (None, None) => scales[scales.len() - 1],
        }
    }

    /// The number alone.
    pub fn number(self, value: f64) -> String {
        three(value / self.size)
    }

    /// The number with its unit.
    pub fn with_unit(self, value: f64) -> String {
        format!("{} {}", self.number(value), self.unit)
            .trim_end()
            .to_owned()
    }
}

/// One value with the unit that suits it.
pub fn alone(unit: &str, value: f64) -> String {
    Scale::of(unit, [value]).with_unit(value)
}

/// `4 KiB`, `256 MiB`: a size given in bytes as text; other texts stay.
pub fn size(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(bytes) => {
            let scale = BYTES
                .iter()
                .find(|s| bytes / s.size >= 1.0)
                .unwrap_or(&BYTES[3]);
            let number = bytes / scale.size;
            if number.fract() == 0.0 {
                return format!("{number} {}", scale.unit);
            }
            scale.with_unit(bytes)
        }
        Err(_) => text.to_owned(),
    }
}

/// A ratio with its interval and the rounds behind it: `1.18x [1.10, 1.26], n = 12`.
pub fn ratio(pair: &Paired) -> String {
    let interval = pair
        .interval
        .map(|i| format!(" [{}, {}]", three(i.low), three(i.high)))
        .unwrap_or_default();
    format!("{}x{interval}, n = {}", three(pair.ratio), pair.rounds)
}

/// A comparison in words: `1.18x slower`, with its interval `[1.1, 1.26]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// `1.18x slower`; `same` when it rounds to 1.
    pub words: String,
    /// `[1.1, 1.26]`; empty when there is none.
    pub interval: String,
    /// The confidence of the interval in percent, when it is not 95.
    pub odd_level: Option<String>,
}

impl Times {
    /// Words for a comparison of a metric in `unit`.
    pub fn new(pair: &Paired, unit: &str, direction: Direction) -> Self {
        let turned = pair.ratio < 1.0;
        let ratio = if turned { 1.0 / pair.ratio } else { pair.ratio };
        let word = match (unit, direction, turned) {
            ("s", _, false) | (_, Direction::More, true) => "slower",
            ("s", _, true) | (_, Direction::More, false) => "faster",
            (_, _, false) => "more",
            (_, _, true) => "less",
        };
        let number = three(ratio);
        let words = if number == "1.00" {
            "1.00x".to_owned()
        } else {
            format!("{number}x {word}")
        };
        let ends = |i: Interval| {
            if turned {
                (1.0 / i.high, 1.0 / i.low)
            } else {
                (i.low, i.high)
            }
        };
        let interval = pair
            .interval
            .map(ends)
            .map(|(low, high)| format!("[{}, {}]", three(low), three(high)));
        let odd_level = pair
            .interval
            .filter(|i| i.level < 0.95)
            .map(|i| format!("{} %", three(i.level * 100.0)));
        Self {
            words,
            interval: interval.unwrap_or_default(),
            odd_level,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_whatever_the_size() {
        for (value, want) in [
            (0.0, "0"),
            (1.0, "1.00"),
            (1.184, "1.18"),
            (9.999, "10.0"),
            (99.95, "100"),
            (123.4, "123"),
            (1234.0, "1230"),
            (98_765.0, "98800"),
            (0.001_234, "0.00123"),
            (-2.5, "-2.50"),
        ] {
            assert_eq!(three(value), want);
        }
    }

    #[test]
    fn a_column_has_one_unit() {
        let scale = Scale::of("s", [0.002, 0.5, 1.4]);
        assert_eq!(scale.with_unit(0.002), "2.00 ms");
        assert_eq!(scale.with_unit(1.4), "1400 ms");
        assert_eq!(Scale::of("s", [0.2, 12.0]).unit, "s");
        assert_eq!(Scale::of("B", [0.0, 4096.0]).with_unit(4096.0), "4.00 KiB");
        assert_eq!(Scale::of("s", []).unit, "s");
        assert_eq!(Scale::of("B", [0.0]).unit, "B");
        assert_eq!(Scale::of("s", [1e-7, 2.0]).unit, "s");
        assert_eq!(alone("1", 3.0), "3.00");
        assert_eq!(size("65536"), "64 KiB");
        assert_eq!(size("1500"), "1.46 KiB");
    }

    #[test]
    fn ratios_are_words() {
        let mut pair = Paired {
            rounds: 6,
            ratio: 1.25,
            interval: Some(Interval {
                low: 1.1,
                high: 1.5,
                level: 0.97,
            }),
            p: 0.03,
            detectable: None,
        };
        let times = Times::new(&pair, "s", Direction::Less);
        assert_eq!(
            (times.words.as_str(), times.interval.as_str()),
            ("1.25x slower", "[1.10, 1.50]")
        );
        pair.ratio = 0.5;
        pair.interval = Some(Interval {
            low: 0.25,
            high: 0.8,
            level: 0.75,
        });
        let times = Times::new(&pair, "B/s", Direction::More);
        assert_eq!(
            (times.words.as_str(), times.interval.as_str()),
            ("2.00x slower", "[1.25, 4.00]")
        );
        assert_eq!(times.odd_level.as_deref(), Some("75.0 %"));
        assert_eq!(Times::new(&pair, "B", Direction::Less).words, "2.00x less");
    }
}
