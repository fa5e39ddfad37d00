//! The cases, one file each, in a directory per theme; [`ALL`] has them in the order of themes and names.

use crate::case::Case;

pub mod archives;
pub mod attributes;
pub mod changes;
pub mod concurrency;
pub mod copy_up;
pub mod crash;
pub mod hard_links;
pub mod identity;
pub mod life_cycle;
pub mod open_files;
pub mod posix;
pub mod quota;
pub mod renames;
pub mod sharing;
pub mod special_files;
pub mod stacking;
pub mod whiteouts;

/// The cases of each theme, in the order of [`crate::Theme::ALL`].
const THEMES: &[&[&Case]] = &[
    stacking::CASES,
    whiteouts::CASES,
    copy_up::CASES,
    hard_links::CASES,
    attributes::CASES,
    renames::CASES,
    identity::CASES,
    open_files::CASES,
    special_files::CASES,
    posix::CASES,
    sharing::CASES,
    changes::CASES,
    life_cycle::CASES,
    concurrency::CASES,
    quota::CASES,
    crash::CASES,
    archives::CASES,
];

/// Every case, sorted by theme and name.
pub const ALL: &[&Case] = &joined::<{ count(THEMES) }>(THEMES);

const fn count(themes: &[&[&Case]]) -> usize {
    let (mut total, mut theme) = (0, 0);
    while theme < themes.len() {
        total += themes[theme].len();
        theme += 1;
    }
    total
}

const fn joined<const N: usize>(themes: &[&[&'static Case]]) -> [&'static Case; N] {
    let mut all = [themes[0][0]; N];
    let (mut at, mut theme) = (0, 0);
    while theme < themes.len() {
        let mut number = 0;
        while number < themes[theme].len() {
            all[at] = themes[theme][number];
            at += 1;
            number += 1;
        }
        theme += 1;
    }
    all
}
