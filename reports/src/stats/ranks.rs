//! Ranks, and the exact distribution of sums of them.

/// Twice the rank of each value, counted from 1 in ascending order and given in the order of the values; equal values
/// share the mean of their ranks (midranks), which doubled is a whole number. Infinities are the largest.
pub fn doubled(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let value = values[order[first]];
        let ties = order[first..]
            .iter()
            .take_while(|at| values[**at] <= value)
            .count();
        for at in &order[first..first + ties] {
            // Ranks first + 1 ..= first + ties: twice their mean.
            ranks[*at] = 2 * first + ties + 1;
        }
        first += ties;
    }
    ranks
}

/// The sizes of the groups of equal values, single ones included.
pub fn ties(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect()
}

/// P(sum of the ranks with a plus sign <= s) for every s, when every sign is a fair coin: the permutation distribution
/// of the signed-rank statistic for the ranks at hand, by adding them one by one.
pub fn signed_sums(ranks: &[usize]) -> Vec<f64> {
    let total: usize = ranks.iter().sum();
    let mut chance = vec![0.0; total + 1];
    chance[0] = 1.0;
    let mut reached = 0;
    for &rank in ranks {
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = if sum >= rank { chance[sum - rank] } else { 0.0 };
            chance[sum] = f64::midpoint(chance[sum], with);
        }
    }
    accumulate(chance)
}

/// P(sum of the ranks of a random choice of `chosen` <= s) for every s: the permutation distribution of the rank-sum
/// statistic for the ranks at hand.
#[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
pub fn chosen_sums(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let mut largest = ranks.to_vec();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    let width = largest.iter().take(chosen).sum::<usize>() + 1;
    // chance[c][s]: of having chosen c so far, with the sum s. Whether the next is chosen depends on how many are left.
    let mut chance = vec![vec![0.0; width]; chosen + 1];
    chance[0][0] = 1.0;
    for (seen, &rank) in ranks.iter().enumerate() {
        let left = (ranks.len() - seen) as f64;
        for count in (0..=chosen.min(seen + 1)).rev() {
            let stay = 1.0 - (chosen - count) as f64 / left;
            let (lower, upper) = chance.split_at_mut(count);
            let before = lower.last();
            let take = before.map_or(0.0, |_| (chosen + 1 - count) as f64 / left);
            for sum in (0..width).rev() {
                let with = match before {
                    Some(before) if sum >= rank => before[sum - rank] * take,
                    _ => 0.0,
                };
                upper[0][sum] = upper[0][sum] * stay.max(0.0) + with;
            }
        }
    }
    accumulate(chance.swap_remove(chosen))
}

fn accumulate(mut chance: Vec<f64>) -> Vec<f64> {
    let mut below = 0.0;
    for entry in &mut chance {
        below += *entry;
        *entry = below;
    }
    chance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_ranks_and_infinity_is_last() {
        assert_eq!(doubled(&[3.0, 1.0, f64::INFINITY, 1.0]), [6, 3, 8, 3]);
        assert_eq!(ties(&[3.0, 1.0, 2.0, 1.0]), [2, 1, 1]);
        assert!(doubled(&[]).is_empty());
    }

    #[test]
    fn choices_are_counted() {
        // Two of 1, 2, 3, 4: the sums 3 4 5 5 6 7, each once in six.
        let sums = chosen_sums(&[1, 2, 3, 4], 2);
        let want = [0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 5.0, 6.0];
        assert_eq!(sums.len(), want.len());
        for (got, want) in sums.iter().zip(want) {
            assert!((got - want / 6.0).abs() < 1e-12, "{sums:?}");
        }
        assert!((chosen_sums(&[2, 5, 9], 3)[16] - 1.0).abs() < 1e-12);
        assert!((chosen_sums(&[2, 5, 9], 0)[0] - 1.0).abs() < 1e-12);
    }
}
