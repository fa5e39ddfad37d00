//! Tells lies: runs work in a thread of its own to which some system calls lie.

use std::collections::BTreeMap;
use std::thread;

use conformance::lies::Lie;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// Runs `work` in a thread to which the lie is told; without one, in a thread just like it.
///
/// # Panics
/// When the kernel does not take the filter: a test without its lie must not pass.
pub(crate) fn under(lie: Option<&Lie>, work: &mut (dyn FnMut() + Send)) {
    let filter = filter(lie).expect("the lie can be told");
    thread::scope(|scope| {
        scope.spawn(|| {
            apply_filter(&filter).expect("the kernel takes the filter");
            work();
        });
    });
}

fn filter(lie: Option<&Lie>) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules = BTreeMap::new();
    // Without one: a filter all the same, that finds nothing to lie about.
    let mut errno = 0;
    if let Some(lie) = lie {
        errno = u32::from(lie.errno);
        for &call in lie.calls {
            rules.insert(call, conditions(lie)?);
        }
    }
    SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        std::env::consts::ARCH.try_into()?,
    )?
    .try_into()
}

/// No rule matches any argument.
fn conditions(lie: &Lie) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let Some(argument) = lie.when else {
        return Ok(Vec::new());
    };
    let bits = SeccompCondition::new(
        argument.index,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(argument.mask),
        argument.value,
    )?;
    Ok(vec![SeccompRule::new(vec![bits])?])
}
