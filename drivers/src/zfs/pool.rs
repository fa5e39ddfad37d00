//! The pool of one root: made on the root's store file, exported when the driver closes, imported when it opens again.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::bases::Bases;
use super::engine::{Engine, Tool};
use super::parse;
use crate::driver::Root;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::store::exclusive;
use crate::subject::Options;

/// The dataset outside every item.
pub(super) const PLAIN: &str = "plain";

/// An open pool. Dropping it exports it, and can only log a failure; [`Pool::close`] says whether it worked.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) engine: Arc<Engine>,
    pub(super) name: String,
    /// Where bases are mounted.
    pub(super) mountpoints: PathBuf,
    pub(super) bases: Mutex<Bases>,
    plain: PathBuf,
    devices: PathBuf,
    pub(super) flushes: AtomicU64,
    closed: AtomicBool,
    /// Two daemons on one pool would destroy it.
    _lock: OwnedFd,
}

impl Pool {
    /// Makes the root's pool, or imports it.
    ///
    /// # Errors
    /// `Unsupported` without a store file, `InUse` when another process has this root open.
    pub(super) fn open(engine: Arc<Engine>, root: &Root, options: &Options) -> Result<Arc<Self>> {
        let store_file = root.store_file.as_deref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "open the zfs driver")
                .path(&root.dir)
                .because("a pool is made on a file of its own")
                .hint("use the backing `pool`")
        })?;
        let dir = root.dir.canonicalize().attempt("resolve", &root.dir)?;
        let lock = exclusive(&dir.join("lock"))?;
        let devices = devices(&dir, store_file)?;
        let mountpoints = dir.join("m");
        std::fs::create_dir_all(&mountpoints).attempt("create the directory", &mountpoints)?;
        let (name, known) = pool_name(&dir, &root.run_id)?;
        let pool = Arc::new(Self {
            plain: mountpoints.join(PLAIN),
            bases: Mutex::new(Bases::default()),
            flushes: AtomicU64::new(0),
            // Until it is there, there is nothing to export.
            closed: AtomicBool::new(true),
            _lock: lock,
            engine,
            name,
            mountpoints,
            devices,
        });
        let imported = known && pool.import()?;
        if !imported {
            pool.create(options)?;
        }
        pool.closed.store(false, Ordering::Release);
        pool.engine.count_pool(true);
        if imported {
            pool.repair()?;
        } else {
            let plain = pool.dataset(PLAIN);
            pool.zfs(&["create", "-o", "canmount=noauto", &plain])?;
        }
        pool.mount_dataset(PLAIN, &pool.plain)?;
        Ok(pool)
    }

    fn create(&self, options: &Options) -> Result<()> {
        let device = self.devices.join("disk");
        let mountpoint = self.mountpoint();
        // With failmode=wait, whoever writes to a pool that lost its store waits for ever, and cannot be killed.
        let mut args = vec!["create", "-o", "cachefile=none"];
        args.extend(["-o", "failmode=continue", "-m", &mountpoint]);
        let own = ["canmount=off"]
            .into_iter()
            .chain(self.engine.quirks.properties.iter().copied());
        for property in own {
            args.extend(["-O", property]);
        }
        let asked: Vec<String> = options
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        for property in &asked {
            args.extend(["-O", property]);
        }
        let device = device.to_string_lossy();
        args.extend([self.name.as_str(), &device]);
        self.engine.call(Tool::Zpool, &args).map(drop)
    }

    /// Whether there was a pool to import.
    fn import(&self) -> Result<bool> {
        let devices = self.devices.to_string_lossy();
        // Forced: a process that was killed has not exported it, and the lock says that nobody else has it now.
        let mut args = vec!["import", "-f", "-o", "cachefile=none", "-d", &devices];
        if self.engine.quirks.modern_commands {
            args.push("-N");
        }
        args.push(&self.name);
        match self.engine.call(Tool::Zpool, &args) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sets what depends on where the root is now, and makes the plain dataset if a crash came before it.
    fn repair(&self) -> Result<()> {
        let mountpoint = format!("mountpoint={}", self.mountpoint());
        self.zfs(&["set", &mountpoint, &self.name])?;
        let plain = self.dataset(PLAIN);
        match self.zfs(&["create", "-o", "canmount=noauto", &plain]) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    fn mountpoint(&self) -> String {
        if self.engine.quirks.legacy_mounts {
            "legacy".to_owned()
        } else {
            self.mountpoints.to_string_lossy().into_owned()
        }
    }

    /// The plain dataset's directory.
    pub(super) fn plain_dir(&self) -> &Path {
        &self.plain
    }

    /// What is in effect.
    pub(super) fn facts(&self) -> Result<Vec<(String, String)>> {
        let mut facts = vec![("pool".to_owned(), self.name.clone())];
        let text = self
            .engine
            .call(Tool::Zpool, &["get", "version", self.name.as_str()])?;
        let version = parse::pool_property(&text, &self.name, "version")?;
        // `-` with feature flags.
        if version != "-" {
            facts.push(("pool_version".to_owned(), version));
        }
        let names = "recordsize,compression,checksum,atime";
        let text = self.zfs(&["get", "-H", "-o", "property,value", names, &self.name])?;
        facts.extend(
            text.lines()
                .filter_map(|line| line.split_once('\t'))
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        Ok(facts)
    }

    /// Empties the ARC of all that is of this pool: exports it and imports it again, which nothing else does for sure. Gives
    /// why not, where something is in use: the pool then stays as it was.
    ///
    /// # Errors
    /// When the pool does not come back; it is closed then.
    pub(super) fn empty_arc(&self) -> Result<Option<String>> {
        self.unmount_idle()?;
        // Held for as long as there is no pool, so that nobody mounts anything of it.
        let bases = self.bases();
        let mounted = bases.count();
        if mounted > 0 {
            return Ok(Some(format!(
                "{mounted} of the pool's datasets are mounted, so it cannot be exported to empty its ARC"
            )));
        }
        match self.unmount_dataset(PLAIN, &self.plain) {
            Err(error) if error.kind() == ErrorKind::InUse => {
                return Ok(Some(format!(
                    "the pool cannot be exported to empty its ARC: {error}"
                )));
            }
            other => other?,
        }
        let exported = self
            .engine
            .settle(Tool::Zpool, &["export", self.name.as_str()]);
        let kept = match exported {
            Ok(_) => {
                // Should it not come back, there is nothing to close.
                self.closed.store(true, Ordering::Release);
                if !self.import()? {
                    return Err(Error::new(ErrorKind::Corrupt, "import the pool again")
                        .path(&self.devices)
                        .because("it is not found where it was exported"));
                }
                self.closed.store(false, Ordering::Release);
                None
            }
            Err(error) if error.kind() == ErrorKind::InUse => Some(format!(
                "the pool cannot be exported to empty its ARC: {error}"
            )),
            Err(error) => return Err(error),
        };
        self.mount_dataset(PLAIN, &self.plain)?;
        drop(bases);
        Ok(kept)
    }

    /// Refuses when the module has suspended the pool: a command on it would wait in the kernel, and could not be killed.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn require_running(&self) -> Result<()> {
        // Told without taking a lock; there is no such file with zfs-fuse, whose daemon can be killed.
        let state = std::fs::read_to_string(format!("/proc/spl/kstat/zfs/{}/state", self.name));
        if state.is_ok_and(|state| state.trim() == "SUSPENDED") {
            let store = self.devices.join("disk");
            return Err(Error::new(ErrorKind::Io, "use the pool")
                .path(store.canonicalize().unwrap_or(store))
                .because(format!(
                    "{} is suspended: its store cannot be written to",
                    self.name
                ))
                .hint(format!(
                    "make room, or mend the disk, below the store; then: zpool clear {}",
                    self.name
                )));
        }
        Ok(())
    }

    /// Bytes that all datasets take together.
    pub(super) fn used_bytes(&self) -> Result<u64> {
        let text = self.zfs(&["get", "-Hp", "-o", "property,value", "used", &self.name])?;
        let [used] = parse::numbers(&text, ["used"])?;
        Ok(used)
    }

    /// Unmounts what is ours and exports the pool.
    ///
    /// # Errors
    /// `InUse` when something in it is still open; `Daemon` when the daemon is dead (its mounts are gone then).
    pub(super) fn close(&self) -> Result<()> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let unmounted = self.unmount_idle();
        let plain = self.unmount_dataset(PLAIN, &self.plain);
        self.engine
            .require_alive(format!("export the pool {}", self.name))?;
        unmounted.and(plain)?;
        self.require_running()?;
        self.engine
            .settle(Tool::Zpool, &["export", self.name.as_str()])?;
        self.engine.count_pool(false);
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!("{error}");
        }
    }
}

/// A directory with a link to the store file and nothing else: `zpool import` reads everything in a directory.
fn devices(dir: &Path, store_file: &Path) -> Result<PathBuf> {
    let store_file = store_file
        .canonicalize()
        .attempt("resolve the store file", store_file)?;
    let devices = dir.join("devices");
    std::fs::create_dir_all(&devices).attempt("create the directory", &devices)?;
    let link = devices.join("disk");
    match std::fs::remove_file(&link) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io("remove the link", &link, error));
        }
        _ => {}
    }
    std::os::unix::fs::symlink(&store_file, &link).attempt("create the link", &link)?;
    Ok(devices)
}

/// The pool's name, and whether it has been recorded before. It is recorded before the pool is made.
fn pool_name(dir: &Path, run_id: &str) -> Result<(String, bool)> {
    let path = dir.join("pool");
    match std::fs::read_to_string(&path) {
        Ok(name) if is_legal(&name) => Ok((name, true)),
        Ok(name) => Err(Error::new(ErrorKind::Corrupt, "read the pool's name")
            .path(&path)
            .because(format!("{name:?} is not a name of ours"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let name = new_name(dir, run_id);
            // Durable: a pool whose name is lost in a power cut is lost with it.
            File::create(&path)
                .and_then(|mut file| {
                    file.write_all(name.as_bytes())?;
                    file.sync_all()
                })
                .attempt("record the pool's name", &path)?;
            Ok((name, false))
        }
        Err(error) => Err(Error::io("read the pool's name", &path, error)),
    }
}

fn is_legal(name: &str) -> bool {
    name.starts_with("layerbench-")
        && name.len() <= 100
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Unique to the run by its id, and to the root by a digest of its path: a run may have several.
fn new_name(dir: &Path, run_id: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(dir.as_os_str().as_encoded_bytes());
    let run: String = run_id
        .trim_start_matches("layerbench-")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(64)
        .collect();
    format!("layerbench-{run}-{}", crate::ids::hex(&digest[..4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_and_differ_by_run_and_root() {
        let names = [
            new_name(Path::new("/a"), "layerbench-x1-7"),
            new_name(Path::new("/b"), "layerbench-x1-7"),
            new_name(Path::new("/a"), "other/../run"),
            new_name(Path::new("/a"), &"long".repeat(100)),
        ];
        assert!(names[0].starts_with("layerbench-x1-7-"), "{names:?}");
        for (i, name) in names.iter().enumerate() {
            assert!(is_legal(name), "{name}");
            assert!(!names[..i].contains(name), "{name}");
        }
        for bad in ["", "tank", "layerbench-/x", "layerbench-a b"] {
            assert!(!is_legal(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_recorded_name_is_kept_and_a_strange_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (name, known) = pool_name(dir.path(), "r").unwrap();
        assert!(!known);
        assert_eq!(pool_name(dir.path(), "s").unwrap(), (name, true));
        std::fs::write(dir.path().join("pool"), "rpool").unwrap();
        let error = pool_name(dir.path(), "r").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}
