//! The life of records: reserve, publish, commit, move, remove, reopen.

use super::*;

fn layer(n: u8) -> LayerId {
    format!("sha256:{}", format!("{n:02x}").repeat(32))
        .parse()
        .unwrap()
}

fn key(name: &str) -> Key {
    name.parse().unwrap()
}

#[test]
fn names_parents_and_children_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store
        .reserve(&key("a"), None, Kind::Writable)
        .unwrap()
        .publish()
        .unwrap();
    assert_eq!(
        store
            .reserve(&key("a"), None, Kind::View)
            .unwrap_err()
            .kind(),
        ErrorKind::AlreadyExists
    );
    assert_eq!(
        store
            .reserve(&key("b"), Some(&layer(1)), Kind::View)
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
    store
        .commit(&key("a"), &layer(1), When::Now, |_| Ok(()))
        .unwrap();
    let slot = store
        .reserve(&key("b"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let refused = store
        .remove(Item::Layer(&layer(1)), |_, _| Ok(()))
        .unwrap_err();
    assert_eq!(
        refused.kind(),
        ErrorKind::InUse,
        "a child being made keeps its parent"
    );
    slot.publish().unwrap();

    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.list().len(), 2);
    assert_eq!(store.chain(Some(&layer(1))).unwrap().len(), 1);
    let in_use = store.mounted(Item::Container(&key("b"))).unwrap();
    assert_eq!(
        store
            .remove(Item::Container(&key("b")), |_, _| Ok(()))
            .unwrap_err()
            .kind(),
        ErrorKind::InUse
    );
    drop(in_use);
    store
        .remove(Item::Container(&key("b")), |_, dir| {
            std::fs::remove_dir(dir).attempt("x", dir)
        })
        .unwrap();
    store
        .remove(Item::Layer(&layer(1)), |_, dir| {
            std::fs::remove_dir(dir).attempt("x", dir)
        })
        .unwrap();
    assert!(store.list().is_empty() && store.orphans().unwrap().is_empty());
}

#[test]
fn a_container_layer_moves_onto_a_parent_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for name in ["a", "b"] {
        let slot = store.reserve(&key(name), None, Kind::Writable).unwrap();
        slot.publish().unwrap();
    }
    let absent = store.rebase(&key("b"), &layer(1), |_| Ok(())).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    store
        .commit(&key("a"), &layer(1), When::Now, |_| Ok(()))
        .unwrap();
    let in_use = store.mounted(Item::Container(&key("b"))).unwrap();
    let busy = store.rebase(&key("b"), &layer(1), |_| Ok(())).unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::InUse);
    drop(in_use);
    store.rebase(&key("b"), &layer(1), |_| Ok(())).unwrap();
    assert!(store.rebase(&key("b"), &layer(1), |_| Ok(())).is_err());
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    let moved = store.get("x", Item::Container(&key("b"))).unwrap();
    assert_eq!(moved.parent, Some(layer(1)), "it is on disk");
}

#[test]
fn an_unpublished_slot_frees_its_name_and_a_failed_seal_keeps_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    drop(store.reserve(&key("a"), None, Kind::Writable).unwrap());
    store
        .reserve(&key("a"), None, Kind::Writable)
        .unwrap()
        .publish()
        .unwrap();
    let refused = store.commit(&key("a"), &layer(1), When::Now, |_| {
        Err(Error::new(ErrorKind::Io, "seal"))
    });
    assert!(refused.is_err());
    assert!(store.get("x", Item::Container(&key("a"))).is_ok());
    std::fs::create_dir(store.dir(77)).unwrap();
    let entry = store.dir(77);
    drop(store);
    assert_eq!(Store::open(dir.path()).unwrap().orphans().unwrap(), [entry]);
}

#[test]
fn a_record_is_replaced_although_a_killed_process_left_half_of_a_replacement() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let slot = store.reserve(&key("a"), None, Kind::Writable).unwrap();
    let (serial, own) = (slot.serial(), slot.dir().to_owned());
    assert!(!store.is_recorded(serial));
    slot.publish().unwrap();
    symlink("half", own.join("item.new")).unwrap();
    store
        .commit(&key("a"), &layer(1), When::Now, |_| Ok(()))
        .unwrap();
    assert!(store.is_recorded(serial));
    assert!(std::fs::symlink_metadata(own.join("item.new")).is_err());
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.list()[0].layer, Some(layer(1)));
    // What is no record says so.
    std::fs::remove_file(own.join("item")).unwrap();
    symlink("{}", own.join("item")).unwrap();
    drop(store);
    let error = Store::open(dir.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn one_at_a_time_and_what_it_lent_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let second = Store::open(dir.path()).unwrap_err();
    assert_eq!(second.kind(), ErrorKind::InUse);
    let slot = store.reserve(&key("a"), None, Kind::Writable).unwrap();
    slot.publish().unwrap();
    let in_use = store.mounted(Item::Container(&key("a"))).unwrap();
    drop(store);
    Store::open(dir.path()).unwrap();
    drop(in_use);
}

#[test]
fn a_removal_that_failed_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (name, id) = (key("a"), layer(1));
    let fail = |_: &Entry, _: &Path| Err(Error::new(ErrorKind::InUse, "discard"));
    for item in [Item::Container(&name), Item::Layer(&id)] {
        let slot = store.reserve(&name, None, Kind::Writable).unwrap();
        let own = slot.dir().to_owned();
        slot.publish().unwrap();
        if let Item::Layer(id) = item {
            store.commit(&name, id, When::Now, |_| Ok(())).unwrap();
        }
        store.remove(item, fail).unwrap_err();
        assert!(store.list().is_empty() && own.exists());
        store.remove(item, fail).unwrap_err();
        store
            .remove(item, |_, dir| std::fs::remove_dir(dir).attempt("x", dir))
            .unwrap();
        assert!(!own.exists());
        let gone = store.remove(item, |_, _| Ok(())).unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
    }
}

/// The store of a driver whose commits wait for the disk.
fn syncing(dir: &Path) -> Store {
    Store::open(dir).unwrap().syncing_commits(true)
}

fn prepared(store: &Store, name: &str, parent: Option<&LayerId>) {
    let slot = store.reserve(&key(name), parent, Kind::Writable).unwrap();
    slot.publish().unwrap();
}

#[test]
fn what_is_put_off_is_a_layer_at_once_and_lasts_when_it_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let put_off = |store: &Store| {
        for (name, id, parent) in [("a", 1, None), ("b", 2, Some(1))] {
            prepared(store, name, parent.map(layer).as_ref());
            let later = When::Settled;
            store
                .commit(&key(name), &layer(id), later, |_| Ok(()))
                .unwrap();
        }
        prepared(store, "c", Some(&layer(2)));
        assert_eq!(store.chain(Some(&layer(2))).unwrap().len(), 2);
        assert_eq!(store.list().len(), 3);
    };
    let store = syncing(dir.path());
    put_off(&store);
    drop(store);

    let store = syncing(dir.path());
    // The first stood on nothing that was put off: it is a container layer still.
    let left: Vec<_> = store
        .list()
        .into_iter()
        .filter_map(|info| info.key)
        .collect();
    assert_eq!(left, [key("a")]);
    assert_eq!(store.orphans().unwrap().len(), 2);
    store
        .remove(Item::Container(&key("a")), |_, _| Ok(()))
        .unwrap();
    assert!(store.commits_waited().is_zero());
    put_off(&store);
    store.settle().unwrap();
    assert!(!store.commits_waited().is_zero());
    let all = store.list();
    drop(store);

    let store = syncing(dir.path());
    assert_eq!(store.list(), all);
}

#[test]
fn what_is_put_off_can_be_removed_and_leaves_nothing_to_settle() {
    let dir = tempfile::tempdir().unwrap();
    let store = syncing(dir.path());
    prepared(&store, "a", None);
    store
        .commit(&key("a"), &layer(1), When::Settled, |_| Ok(()))
        .unwrap();
    prepared(&store, "b", Some(&layer(1)));
    prepared(&store, "r", None);
    store.rebase(&key("r"), &layer(1), |_| Ok(())).unwrap();
    for name in ["b", "r"] {
        store
            .remove(Item::Container(&key(name)), |_, _| Ok(()))
            .unwrap();
    }
    store.remove(Item::Layer(&layer(1)), |_, _| Ok(())).unwrap();
    store.settle().unwrap();
    assert!(store.commits_waited().is_zero(), "nothing was waited for");
    drop(store);
    assert!(syncing(dir.path()).list().is_empty());
}

#[test]
fn a_commit_on_what_is_put_off_settles_it_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = syncing(dir.path());
    prepared(&store, "a", None);
    store
        .commit(&key("a"), &layer(1), When::Settled, |_| Ok(()))
        .unwrap();
    prepared(&store, "b", None);
    store.rebase(&key("b"), &layer(1), |_| Ok(())).unwrap();
    store
        .commit(&key("b"), &layer(2), When::Now, |_| Ok(()))
        .unwrap();
    let all = store.list();
    drop(store);
    let store = syncing(dir.path());
    assert_eq!(store.list(), all);
    assert_eq!(store.chain(Some(&layer(2))).unwrap().len(), 2);
}
