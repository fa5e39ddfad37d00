//! Every formula of `stats` against values that R computed: `reference/reference.R` made `reference/reference.txt`, which
//! also holds the samples.

use std::collections::BTreeMap;

use reports::stats::{
    Friedman, bootstrap, family, normal, quantile, signed_rank, student, unpaired,
};

/// The reference values: what was computed, of which sample, the numbers.
struct Reference {
    samples: BTreeMap<&'static str, Vec<f64>>,
    values: Vec<(&'static str, &'static str, Vec<f64>)>,
}

impl Reference {
    fn read() -> Self {
        let text = include_str!("reference/reference.txt");
        assert!(text.starts_with("# R version"));
        let mut read = Self {
            samples: BTreeMap::new(),
            values: Vec::new(),
        };
        for line in text.lines().skip(1) {
            let mut words = line.split_whitespace();
            let (what, name) = (words.next().unwrap(), words.next().unwrap());
            let numbers = words.map(|word| word.parse().unwrap()).collect();
            if what == "sample" {
                read.samples.insert(name, numbers);
            } else {
                read.values.push((what, name, numbers));
            }
        }
        read
    }

    /// The values of one kind, of which there are `count`, with the sample of the same name if there is one.
    fn of(&self, kind: &str, count: usize) -> Vec<(&str, &[f64], &[f64])> {
        let found: Vec<_> = self
            .values
            .iter()
            .filter(|(what, ..)| *what == kind)
            .map(|(_, name, values)| {
                let sample = self.samples.get(name).map_or(&[][..], Vec::as_slice);
                (*name, sample, values.as_slice())
            })
            .collect();
        assert_eq!(found.len(), count, "{kind}");
        found
    }

    fn sample(&self, name: &str) -> &[f64] {
        &self.samples[name]
    }
}

/// What is computed of a sample.
type Statistic<'a> = &'a dyn Fn(&[f64]) -> f64;

/// Equal to a relative 1e-9, or 1e-13 where R itself rounds.
fn near(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-9 * want.abs() + 1e-13
}

fn all_near(what: &str, got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (got, want) in got.iter().zip(want) {
        assert!(near(*got, *want), "{what}: {got}, R has {want}");
    }
}

#[test]
fn the_signed_rank_test_its_estimate_and_its_interval() {
    let reference = Reference::read();
    for (name, z, want) in reference.of("signed-rank", 9) {
        let range = signed_rank::interval(z).unwrap();
        let centre = signed_rank::hodges_lehmann(z).unwrap();
        let got = [
            signed_rank::p_value(z),
            centre,
            range.low,
            range.high,
            range.level,
        ];
        all_near(name, &got, want);
    }
    for (name, z, want) in reference.of("signed-rank-tied", 6) {
        // Counted sign by sign, and by the package `coin`.
        all_near(name, &[signed_rank::p_value(z); 2], want);
    }
    for (name, z, want) in reference.of("signed-rank-normal", 1) {
        assert!(z.len() > signed_rank::EXACT);
        let centre = signed_rank::hodges_lehmann(z).unwrap();
        all_near(
            name,
            &[signed_rank::p_value(z), centre],
            &[want[0], f64::midpoint(want[1], want[2])],
        );
    }
}

#[test]
fn the_rank_sum_test_its_estimate_and_its_interval() {
    let reference = Reference::read();
    for (name, _, want) in reference.of("rank-sum", 5) {
        let (a, b) = (
            reference.sample(&format!("a{name}")),
            reference.sample(&format!("b{name}")),
        );
        let shift = unpaired::shift(a, b).unwrap();
        let got = [
            unpaired::p_value(a, b),
            shift.estimate,
            shift.low,
            shift.high,
            shift.level,
        ];
        all_near(name, &got, want);
    }
    for (name, _, want) in reference.of("rank-sum-tied", 5) {
        let (a, b) = (
            reference.sample(&format!("ta{name}")),
            reference.sample(&format!("tb{name}")),
        );
        all_near(name, &[unpaired::p_value(a, b); 2], want);
    }
    for (name, _, want) in reference.of("rank-sum-normal", 1) {
        let (a, b) = (reference.sample("la"), reference.sample("lb"));
        assert!(a.len() + b.len() > unpaired::EXACT);
        all_near(name, &[unpaired::p_value(a, b)], want);
    }
}

#[test]
fn friedman_in_both_forms() {
    let reference = Reference::read();
    for (name, values, want) in reference.of("friedman", 8) {
        let k = want[0] as usize;
        let blocks: Vec<Vec<f64>> = values.chunks(k).map(<[f64]>::to_vec).collect();
        let test = Friedman::new(&blocks).unwrap();
        all_near(
            name,
            &[test.subjects as f64, test.chi_square, test.f, test.p],
            want,
        );
    }
    for (name, _, want) in reference.of("f", 30) {
        let p = reports::stats::friedman::upper_f(want[0], want[1] as usize, want[2] as usize);
        all_near(name, &[p], &want[3..]);
    }
}

#[test]
fn families() {
    for (name, p, want) in Reference::read().of("bh", 4) {
        all_near(name, &family::adjust(p), want);
    }
}

#[test]
fn bca_intervals_from_the_same_draws() {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let geometric = |x: &[f64]| mean(&x.iter().map(|x| x.ln()).collect::<Vec<_>>()).exp();
    let deviation = |x: &[f64]| quantile::deviation(x).unwrap();
    let statistics: [Statistic<'_>; 3] = [&mean, &geometric, &deviation];
    for ((name, sample, want), statistic) in
        Reference::read().of("bca", 3).into_iter().zip(statistics)
    {
        let n = sample.len();
        let mut state: u64 = 12345;
        let mut replicates: Vec<f64> = (0..999)
            .map(|_| {
                let drawn: Vec<f64> = (0..n)
                    .map(|_| {
                        state = 16807 * state % 2_147_483_647;
                        sample[usize::try_from(state).unwrap() % n]
                    })
                    .collect();
                statistic(&drawn)
            })
            .collect();
        let left_out: Vec<f64> = (0..n)
            .map(|out| {
                let mut rest = sample.to_vec();
                rest.remove(out);
                statistic(&rest)
            })
            .collect();
        let estimate = statistic(sample);
        let (low, high) = bootstrap::ends(
            estimate,
            &mut replicates,
            bootstrap::acceleration(&left_out),
        );
        all_near(name, &[estimate, low, high], want);
    }
}

#[test]
fn quantiles_and_tails() {
    let reference = Reference::read();
    for (_, _, want) in reference.of("t", 36) {
        all_near(
            "t",
            &[student::quantile(want[0], want[1] as usize)],
            &want[2..],
        );
    }
    for (_, _, want) in reference.of("normal", 12) {
        all_near(
            "normal",
            &[normal::cumulative(want[0]), normal::upper(want[0])],
            &want[1..],
        );
    }
    for (_, _, want) in reference.of("normal-quantile", 8) {
        all_near("normal quantile", &[normal::quantile(want[0])], &want[1..]);
    }
    for (name, sample, want) in reference.of("quantile", 1) {
        let got: Vec<f64> = [0.0, 0.05, 0.25, 0.5, 0.9, 0.99, 1.0]
            .iter()
            .map(|q| quantile::quantile(sample, *q).unwrap())
            .collect();
        all_near(name, &got, want);
    }
}
