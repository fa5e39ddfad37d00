//! Tied groups: whoever shares a letter was not told apart.
//!
//! The insert-and-absorb algorithm of Piepho ("An algorithm for a letter-based representation of all-pairwise
//! comparisons", 2004): it gives the same statement as the table of pairs, no more and no less.

/// The letters of `count` subjects, `a` for the group of the first. `apart(i, j)` with i < j says whether two were told
/// apart; being tied need not carry over from one pair to the next, hence `ab`. Beyond 26 groups letters are doubled.
pub fn letters(count: usize, apart: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let mut groups: Vec<Vec<bool>> = vec![vec![true; count]];
    for i in 0..count {
        for j in i + 1..count {
            if !apart(i, j) {
                continue;
            }
            let mut next = Vec::new();
            for group in groups {
                if group[i] && group[j] {
                    for out in [j, i] {
                        let mut part = group.clone();
                        part[out] = false;
                        next.push(part);
                    }
                } else {
                    next.push(group);
                }
            }
            groups = absorb(next);
        }
    }
    // Groups in the order of their first members, so that the first subject has an `a`.
    groups.sort_by(|a, b| b.cmp(a));
    (0..count)
        .map(|subject| {
            groups
                .iter()
                .enumerate()
                .filter(|(_, group)| group[subject])
                .map(|(at, _)| letter(at))
                .collect()
        })
        .collect()
}

/// Drops every group that another one contains.
fn absorb(groups: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
    let within = |small: &[bool], large: &[bool]| small.iter().zip(large).all(|(s, l)| *l || !*s);
    let mut kept: Vec<Vec<bool>> = Vec::new();
    for group in groups {
        if kept.iter().any(|other| within(&group, other)) {
            continue;
        }
        kept.retain(|other| !within(other, &group));
        kept.push(group);
    }
    kept
}

fn letter(at: usize) -> String {
    let of = char::from(b'a' + u8::try_from(at % 26).unwrap_or(0));
    std::iter::repeat_n(of, at / 26 + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_tied_need_not_carry_over() {
        assert_eq!(letters(3, |_, _| false), ["a", "a", "a"]);
        assert_eq!(letters(3, |_, _| true), ["a", "b", "c"]);
        // The ends are apart, the middle one is tied with both.
        assert_eq!(letters(3, |i, j| (i, j) == (0, 2)), ["a", "ab", "b"]);
        assert_eq!(letters(1, |_, _| true), ["a"]);
        assert!(letters(0, |_, _| true).is_empty());
    }

    #[test]
    fn letters_say_what_the_pairs_say() {
        // Every table of pairs of five subjects.
        let pairs: Vec<(usize, usize)> = (0..5)
            .flat_map(|i| (i + 1..5).map(move |j| (i, j)))
            .collect();
        for table in 0..1_usize << pairs.len() {
            let apart = |i, j| {
                let at = pairs.iter().position(|p| *p == (i, j)).unwrap();
                table >> at & 1 == 1
            };
            let got = letters(5, apart);
            assert!(got[0].contains('a'));
            for &(i, j) in &pairs {
                let share = got[i].chars().any(|c| got[j].contains(c));
                assert_eq!(share, !apart(i, j), "{table:b}: {got:?}");
            }
        }
    }
}
