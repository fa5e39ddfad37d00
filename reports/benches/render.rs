//! How long the page of the largest run takes: `cargo bench -p layerbench-reports --bench render`.
//!
//! Five drivers, sixty rows, thirty rounds. The tests hold its memory and its size; time is for a quiet machine to say.

#[path = "../tests/big/mod.rs"]
mod big;

use criterion::{Criterion, criterion_group, criterion_main};

fn pages(criterion: &mut Criterion) {
    let results = big::results();
    let name = "report.html of 5 drivers, 60 rows, 30 rounds";
    criterion.bench_function(name, |bench| {
        bench.iter(|| reports::render(&results));
    });
    criterion.bench_function("of that, the analysis", |bench| {
        bench.iter(|| reports::Analysis::new(&results));
    });
}

criterion_group!(benches, pages);
criterion_main!(benches);
