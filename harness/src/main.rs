//! layerbench: which container storage driver, and is it correct?

fn main() {}
