//! Axes: where a value lies between the ends, and which values get a tick.

/// An axis of values above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Ticks at powers of two: bytes.
    binary: bool,
}

/// Beyond this ratio of the largest to the smallest value a linear axis hides the small ones.
const LINEAR_UP_TO: f64 = 8.0;

impl Axis {
    /// An axis for these values: linear from 0, or logarithmic where they differ much. Values not above 0 are ignored.
    pub fn fit(values: impl IntoIterator<Item = f64>) -> Self {
        let axis = Self::log(values);
        if axis.1 <= LINEAR_UP_TO {
            let high = axis.2;
            let step = nice_step(high / 5.0);
            return Self {
                low: 0.0,
                high: (high / step).ceil() * step,
                log: false,
                binary: false,
            };
        }
        axis.0
    }

    /// A linear axis from one value to another, which may lie below 0.
    pub fn linear(low: f64, high: f64) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() && high > low {
            (low, high)
        } else if low.is_finite() {
            (low - 0.5, low + 0.5)
        } else {
            (0.0, 1.0)
        };
        Self {
            low,
            high,
            log: false,
            binary: false,
        }
    }

    /// A logarithmic axis whatever the values.
    pub fn logarithmic(values: impl IntoIterator<Item = f64>) -> Self {
        Self::log(values).0
    }

    /// A logarithmic axis for values of a record's unit: bytes have ticks at powers of two.
    pub fn of(unit: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let axis = Self::logarithmic(values);
        if unit != "B" {
            return axis;
        }
        Self {
            low: axis.low.log2().floor().exp2(),
            high: axis.high.log2().ceil().exp2(),
            binary: true,
            ..axis
        }
    }

    fn log(values: impl IntoIterator<Item = f64>) -> (Self, f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for value in values.into_iter().filter(|v| *v > 0.0 && v.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if high <= 0.0 {
            (low, high) = (1.0, 10.0);
        }
        let axis = Self {
            low: below(low * 0.999_999),
            high: above(high * 1.000_001),
            log: true,
            binary: false,
        };
        (axis, high / low, high)
    }

    /// Where a value lies, from 0 (low end) to 1 (high end).
    pub fn place(self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }

    /// Whether it is logarithmic.
    pub fn is_log(self) -> bool {
        self.log
    }

    /// Values that get a tick, at most a dozen.
    pub fn ticks(self) -> Vec<f64> {
        if !self.log {
            let step = nice_step((self.high - self.low) / 5.0);
            let first = (self.low / step - 1e-9).ceil();
            return (0..=12)
                .map(|i| (first + f64::from(i)) * step)
                .take_while(|t| *t <= self.high + 1e-3 * step)
                // Rounding must not make a zero of its own.
                .map(|t| if t.abs() < 1e-9 * step { 0.0 } else { t })
                .collect();
        }
        if self.binary {
            return self.powers_of_two();
        }
        let decades = (self.high / self.low).log10();
        let within: &[f64] = if decades <= 2.0 {
            &[1.0, 2.0, 5.0]
        } else if decades <= 3.5 {
            &[1.0, 3.0]
        } else {
            &[1.0]
        };
        let mut ticks = Vec::new();
        let mut decade = 10_f64.powf(self.low.log10().floor());
        while decade <= self.high && ticks.len() < 24 {
            ticks.extend(within.iter().map(|m| m * decade));
            decade *= 10.0;
        }
        ticks.retain(|t| *t >= self.low * 0.999 && *t <= self.high * 1.001);
        ticks
    }
}

impl Axis {
    /// At most eight powers of two, KiB and MiB among them where they are not neighbours.
    fn powers_of_two(self) -> Vec<f64> {
        let (low, high) = (self.low.log2(), self.high.log2());
        let step = [1.0, 2.0, 5.0, 10.0, 20.0]
            .into_iter()
            .find(|step| (high - low) / step < 8.0)
            .unwrap_or(40.0);
        let first = (low / step).ceil();
        (0..8)
            .map(|i| (first + f64::from(i)) * step)
            .take_while(|power| *power <= high)
            .map(f64::exp2)
            .collect()
    }
}

const MANTISSAS: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

/// The largest of 1, 2, 5 x 10^n not above a value.
fn below(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    MANTISSAS
        .iter()
        .rev()
        .map(|m| m * decade)
        .find(|t| *t <= value)
        .unwrap_or(decade)
}

/// The smallest of 1, 2, 5 x 10^n not below a value.
fn above(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    MANTISSAS
        .iter()
        .map(|m| m * decade)
        .find(|t| *t >= value)
        .unwrap_or(decade * 10.0)
}

fn nice_step(rough: f64) -> f64 {
    above(rough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_size_start_at_zero() {
        let axis = Axis::fit([1.2, 3.4]);
        assert!(!axis.is_log());
        assert_eq!(axis.ticks(), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(axis.place(2.0), 0.5);
    }

    #[test]
    fn values_of_many_sizes_are_logarithmic() {
        let axis = Axis::fit([0.0021, 1.9]);
        assert!(axis.is_log());
        assert_eq!(axis.place(0.002), 0.0);
        assert_eq!(axis.place(2.0), 1.0);
        assert!(
            axis.ticks().len() <= 12 && axis.ticks().len() >= 3,
            "{:?}",
            axis.ticks()
        );
    }

    #[test]
    fn a_linear_axis_may_begin_below_zero() {
        let axis = Axis::linear(-7.0, 7.0);
        assert_eq!(axis.ticks(), [-5.0, 0.0, 5.0]);
        assert_eq!(axis.place(0.0), 0.5);
        assert_eq!(
            Axis::linear(10.0, 18.0).ticks(),
            [10.0, 12.0, 14.0, 16.0, 18.0]
        );
        for axis in [
            Axis::linear(3.0, 3.0),
            Axis::linear(f64::INFINITY, f64::NEG_INFINITY),
        ] {
            assert!(
                axis.place(3.0).is_finite() && !axis.ticks().is_empty(),
                "{axis:?}"
            );
        }
    }

    #[test]
    fn bytes_have_ticks_at_powers_of_two() {
        let axis = Axis::of("B", [40_000.0, 4e7]);
        let kib: Vec<f64> = axis.ticks().iter().map(|tick| tick / 1024.0).collect();
        assert_eq!(kib, [16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0]);
        assert_eq!(
            Axis::of("B", [700.0, 1500.0]).ticks(),
            [256.0, 512.0, 1024.0, 2048.0]
        );
        assert!(!Axis::of("B", []).ticks().is_empty());
        assert_eq!(Axis::of("s", [1.0, 50.0]), Axis::logarithmic([1.0, 50.0]));
    }

    #[test]
    fn nothing_and_nonsense_still_give_an_axis() {
        for values in [&[][..], &[0.0, -1.0], &[5.0], &[f64::NAN, f64::INFINITY]] {
            let axis = Axis::fit(values.iter().copied());
            assert!(
                !axis.ticks().is_empty() && axis.place(1.0).is_finite(),
                "{values:?}"
            );
        }
    }
}
