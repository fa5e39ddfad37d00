//! Containers of one image do not see one another's writes, and the image does not see any.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{chmod, file, remove, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "siblings_are_isolated",
    promise: "Containers of one image do not see one another's writes, and the image does not see any.",
    why: "Two containers of one image must not see one another.",
    origin: "OCI layer.md (changing a snapshot must not affect its source); containers/storage bats",
    covers: &["LS5"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::SharedWrites, Fault::WriteThrough],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let top = context.layer(Some(&base), &[file("etc/motd", "hello")])?;
    let mut one = context.container(Some(&top))?;
    let mut two = context.container(Some(&top))?;
    let idle = context.container(Some(&top))?;
    one.apply(&[
        file("etc/passwd", "one"),
        file("one", "1"),
        remove("etc/motd"),
        chmod("var", 0o700),
    ])?;
    two.apply(&[
        write("etc/passwd", 0, "two"),
        file("two", "2"),
        remove("bin"),
        xattr("var", "user.two", "2"),
    ])?;
    one.check()?;
    two.check()?;
    idle.check()?;
    context.mount(&mut one)?;
    one.check()?;
    context.remove(two)?;
    one.check()?;
    idle.check()?;
    context.check_layer(&top)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
