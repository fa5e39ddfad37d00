//! What goes wrong is told, and leaves nothing.

use drivers::{Backing, ErrorKind, Host, Support};
use workloads::Workload;
use workloads::cell::Scale;

use crate::common::{begin, on_store, tiny};

/// More than fits into the store of these tests.
const SMALL_STORE: u64 = 32 << 20;

fn too_much() -> Scale {
    let mut scale = Scale::smoke();
    scale.build.build_artifact_bytes = 40 << 20;
    scale.diff.diff_files = vec![10_000];
    scale.remove.remove_layer_files = 10_000;
    scale
}

#[test]
fn a_full_store_ends_a_cell_with_its_reason_and_nothing_is_left() {
    let host = Host::detect();
    if !host.root || host.user_namespace {
        return;
    }
    let turn = begin("full");
    let run = &turn.run;
    let image = tiny(run.dir());
    let scale = too_much();
    let all: [&Workload; 3] = [
        &workloads::build::WORKLOAD,
        &workloads::diff::WORKLOAD,
        &workloads::removal::WORKLOAD,
    ];
    let mut asked = 0;
    for backend in drivers::ALL {
        let ready = matches!(backend.probe(&host), Support::Ready(_));
        if !ready || backend.backings()[0] != Backing::Ext4 || asked == 1 {
            continue;
        }
        asked += 1;
        let store = (Backing::Ext4, SMALL_STORE);
        on_store(run, &host, *backend, store, &image, &|place| {
            let environment = place.environment();
            for workload in all {
                for control in [false, true] {
                    let mut cell = place.cell(control, &scale, &environment);
                    let before = place.driver.list().unwrap().len();
                    let error = (workload.run)(&mut cell).unwrap_err();
                    assert_eq!(
                        error.kind(),
                        ErrorKind::NoSpace,
                        "{}: {error}",
                        workload.name
                    );
                    assert_eq!((place.containers(), place.left()), (0, vec![]), "{error}");
                    let fixtures = place.driver.list().unwrap().len() - before;
                    // The image of the run, or a base.
                    assert!(fixtures <= 3, "{}: {fixtures} items left", workload.name);
                }
            }
        });
    }
    turn.end();
}
