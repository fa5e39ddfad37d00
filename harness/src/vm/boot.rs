//! One boot: QEMU with the guest's kernel, a scratch disk and ports that are files, watched until it ends.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use drivers::sys::daemon::Daemon;

use super::image::Image;
use super::packages;
use super::place::Cache;
use crate::{interrupt, progress};

const LOOK: Duration = Duration::from_millis(200);
/// How much of the console is told when a guest is lost.
pub(super) const LAST_LINES: usize = 15;
/// With less room than this the scratch disk may be refused a write, at which QEMU stops the guest for good.
const LEAST_ROOM: u64 = 4 << 20;
/// What the guest hands back, by port; each is a file of that name.
const PORTS: [&str; 4] = ["progress", "records", "output", "status"];

/// How a guest's processors are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accel {
    /// The processor's own virtualization: nearly native times.
    Kvm,
    /// Emulated: some ten times slower, unevenly.
    Tcg,
}

/// What to boot.
#[derive(Debug)]
pub(crate) struct Boot<'a> {
    pub(super) image: &'a Image,
    /// The base, or the base and a suite.
    pub(super) initrd: &'a Path,
    pub(super) scratch: Option<&'a Path>,
    /// Where the ports' files and the console go.
    pub(super) dir: &'a Path,
    pub(super) accel: Accel,
    pub(super) cpus: u32,
    pub(super) memory_mib: u64,
    pub(super) limit: Duration,
    /// Whether what the console says is shown while it says it.
    pub(super) show: bool,
}

/// How a boot ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The guest's command ended with this code.
    Status(u8),
    /// The guest went down without one: a panic, or QEMU failed.
    Lost,
    /// It was ended at its limit.
    Late,
    /// It was ended because the disk that its own lies on is full.
    Full,
    /// It was ended because the user asked for that.
    Interrupted,
}

impl Boot<'_> {
    /// The file of a port, or `console`.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Boots, and waits for the end. `look` is called a few times a second.
    ///
    /// # Errors
    /// When QEMU cannot be started.
    pub(super) fn run(&self, cache: &Cache, mut look: impl FnMut()) -> anyhow::Result<Ended> {
        let (program, libraries) = packages::tool(cache, "usr/bin/qemu-system-x86_64");
        let share = cache.root("tools").join("usr/share");
        let line = self.line(&share);
        let line: Vec<&OsStr> = line.iter().map(OsStr::new).collect();
        let variables = [("LD_LIBRARY_PATH", OsStr::new(&libraries))];
        // It dies with this process, however that ends.
        let mut qemu = Daemon::spawn_in(self.dir, &program, &line, &variables, false)?;
        let mut console = Console::new(self.file("console"), self.show);
        let deadline = Instant::now() + self.limit;
        let mut cut = None;
        while !qemu.ended_within(LOOK) {
            console.follow();
            look();
            if interrupt::requested() {
                cut = Some(Ended::Interrupted);
            } else if Instant::now() >= deadline {
                cut = Some(Ended::Late);
            } else if self.scratch.is_some() && room(self.dir) < LEAST_ROOM {
                cut = Some(Ended::Full);
            }
            if cut.is_some() {
                break;
            }
        }
        let words = qemu.last_words();
        qemu.kill();
        console.follow();
        look();
        let status = std::fs::read_to_string(self.file("status")).unwrap_or_default();
        Ok(match (status.trim().parse(), cut) {
            (Ok(code), None) => Ended::Status(code),
            (_, Some(cut)) => cut,
            (Err(_), None) => {
                if !words.is_empty() {
                    progress::say(&format!("qemu: {words}"));
                }
                Ended::Lost
            }
        })
    }

    fn line(&self, share: &Path) -> Vec<String> {
        let memory = self.memory_mib.to_string();
        let (accel, cpu, told) = match self.accel {
            Accel::Kvm => ("kvm", "host", ""),
            // On a busy host an emulated timer is late, which the kernel would take for a broken one.
            Accel::Tcg => (
                "tcg,thread=multi",
                "max",
                " no_timer_check layerbench.emulated=tcg",
            ),
        };
        // A panic ends QEMU at once; entropy need not be waited for; the guest trusts its processors.
        let append = format!(
            "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on{told}"
        );
        let (kernel, initrd) = (self.image.kernel.display(), self.initrd.display());
        let cpus = self.cpus.to_string();
        let mut line: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| line.extend(words.iter().map(|word| (*word).to_owned()));
        add(&["-L", &share.join("qemu").display().to_string()]);
        add(&["-L", &share.join("seabios").display().to_string()]);
        add(&["-M", "q35", "-accel", accel, "-cpu", cpu]);
        add(&["-smp", &cpus, "-m", &memory]);
        add(&["-nodefaults", "-no-user-config", "-display", "none"]);
        add(&["-nic", "none", "-no-reboot", "-device", "virtio-rng-pci"]);
        add(&[
            "-kernel",
            &kernel.to_string(),
            "-initrd",
            &initrd.to_string(),
        ]);
        add(&["-append", &append]);
        add(&[
            "-serial",
            &format!("file:{}", self.file("console").display()),
        ]);
        add(&["-device", "virtio-serial-pci"]);
        for name in PORTS {
            let path = self.file(name);
            add(&[
                "-chardev",
                &format!("file,id={name},path={}", path.display()),
            ]);
            add(&[
                "-device",
                &format!("virtserialport,chardev={name},name={name}"),
            ]);
        }
        if let Some(scratch) = self.scratch {
            let drive = format!(
                "file={},format=raw,if=none,id=scratch,cache=unsafe,discard=unmap",
                scratch.display()
            );
            add(&["-drive", &drive, "-device", "virtio-blk-pci,drive=scratch"]);
        }
        line
    }
}

/// The bytes that are left where a directory is.
fn room(dir: &Path) -> u64 {
    rustix::fs::statvfs(dir).map_or(u64::MAX, |store| store.f_bavail * store.f_frsize)
}

/// The console's file, as far as it was shown.
#[derive(Debug)]
struct Console {
    path: PathBuf,
    at: u64,
    show: bool,
    /// The beginning of a line.
    rest: Vec<u8>,
}

impl Console {
    fn new(path: PathBuf, show: bool) -> Self {
        Self {
            path,
            at: 0,
            show,
            rest: Vec::new(),
        }
    }

    /// Shows what was said since.
    fn follow(&mut self) {
        let Ok(more) = read_from(&self.path, self.at) else {
            return;
        };
        self.at += more.len() as u64;
        self.rest.extend(more);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = plain(&line);
            if self.show && !line.is_empty() {
                progress::say(&line);
            }
        }
    }
}

/// What a file holds from `at` on.
pub(super) fn read_from(path: &Path, at: u64) -> anyhow::Result<Vec<u8>> {
    let context = || format!("could not read {}", path.display());
    let mut file = File::open(path).with_context(context)?;
    file.seek(SeekFrom::Start(at)).with_context(context)?;
    let mut more = Vec::new();
    file.read_to_end(&mut more).with_context(context)?;
    Ok(more)
}

/// A line of a console without what moves a cursor: the guest's words go to the user's terminal.
pub(super) fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // ESC [ parameters letter; ESC and one character otherwise.
            if chars.next() == Some('[') {
                chars.by_ref().find(char::is_ascii_alphabetic);
            }
        } else if !c.is_control() || c == '\t' {
            plain.push(c);
        }
    }
    plain.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_console_moves_the_users_cursor() {
        assert_eq!(
            plain(b"\x1b[2J\x1b[01;32mup\x1bc after\r 3 s\x07 \r\n"),
            "up after 3 s"
        );
        assert_eq!(plain(b"\x1b["), "");
        assert_eq!(plain(b"\xff\n"), "\u{fffd}");
    }

    #[test]
    fn a_console_is_followed_by_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("console");
        let mut console = Console::new(path.clone(), false);
        console.follow();
        std::fs::write(&path, "one\ntw").unwrap();
        console.follow();
        assert_eq!((console.at, console.rest.as_slice()), (6, &b"tw"[..]));
        std::fs::write(&path, "one\ntwo\n").unwrap();
        console.follow();
        assert!(console.rest.is_empty());
    }
}
