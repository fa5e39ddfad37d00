//! What an archive of very many entries costs in memory.

use std::io::Read;

use tar::{EntryType, Header};

use super::ground::{Ground, Tar};
use crate::unpack::{Below, Deletions, Limits, Stage, apply};

/// Entries unpacked by the test. `LAYERBENCH_ENTRIES=1000000` asks for more.
const ENTRIES: u64 = 20_000;

/// Empty files with long names, a thousand in a directory, made as they are read.
struct Entries {
    next: u64,
    end: u64,
    block: Vec<u8>,
}

impl Read for Entries {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.block.is_empty() && self.next < self.end {
            let mut header = Header::new_ustar();
            let name = format!("d{:04}/{:090}", self.next / 1000, self.next);
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(EntryType::Regular);
            header.set_mode(0o644);
            header.set_size(0);
            header.set_cksum();
            self.block = header.as_bytes().to_vec();
            self.next += 1;
        }
        let n = into.len().min(self.block.len());
        into[..n].copy_from_slice(&self.block[..n]);
        self.block.drain(..n);
        Ok(n)
    }
}

/// Kilobytes that this process has had at most.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

#[test]
#[ignore = "needs a process of its own: many_entries_need_little_memory runs it"]
#[expect(clippy::print_stdout, reason = "the number asked for by hand")]
fn in_a_process_of_its_own() {
    let end = std::env::var("LAYERBENCH_ENTRIES").map_or(ENTRIES, |text| text.parse().unwrap());
    let ground = Ground::new();
    // With something below: then it must be known what the archive has made.
    ground.lowest(&Tar::new().file("low", "").done()).unwrap();
    let stage = Stage {
        dir: ground.stage(),
        below: Below::Merged,
        deletions: Deletions::Remove,
        keep_owners: true,
    };
    let before = peak_kb();
    let mut entries = Entries {
        next: 0,
        end,
        block: Vec::new(),
    };
    let applied = apply(&stage, &mut entries, &Limits::default()).unwrap();
    let grown = peak_kb() - before;
    println!("{end} entries: {grown} KiB more at the peak");
    assert_eq!(applied.entries, end);
    // One buffer, the open directories, and a hash of each name.
    assert!(grown < 4096 + end * 64 / 1024, "{grown} KiB");
}

#[test]
fn many_entries_need_little_memory() {
    let name = "unpack::tests::memory::in_a_process_of_its_own";
    let args = ["--exact", "--ignored", "--nocapture", name].map(std::ffi::OsStr::new);
    let out = crate::sys::command::run(
        &std::env::current_exe().unwrap(),
        &args,
        std::time::Duration::from_secs(120),
    )
    .unwrap();
    let out = String::from_utf8_lossy(&out).into_owned();
    assert!(out.contains("1 passed"), "{out}");
}
