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
    store.commit(&key("a"), &layer(1), |_| Ok(())).unwrap();
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
    store.commit(&key("a"), &layer(1), |_| Ok(())).unwrap();
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
    let refused = store.commit(&key("a"), &layer(1), |_| {
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
    store.commit(&key("a"), &layer(1), |_| Ok(())).unwrap();
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
            store.commit(&name, id, |_| Ok(())).unwrap();
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
